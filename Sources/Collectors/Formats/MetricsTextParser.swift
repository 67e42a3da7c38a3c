import GatewayCore

extension MetricsText {
    /// Which rules a text must keep.
    package enum Grammar: Sendable {
        /// Prometheus' text format 0.0.4 with what its own reader lets pass (blanks, comments, no order of
        /// families), and OpenMetrics' exemplars and float timestamps, which exporters mix in.
        case prometheus
        /// OpenMetrics 1.0 to the letter.
        case openMetrics
    }

    /// Reads a whole exposition, or says at which line it stops being one.
    package static func parse(
        _ bytes: [UInt8], as grammar: Grammar = .prometheus
    ) throws(MetricsTextError) -> MetricsText {
        var parser = MetricsTextParser(bytes: bytes, strict: grammar == .openMetrics)
        try parser.readAll()
        if grammar == .openMetrics { try OpenMetricsRules(parser.result).check() }
        return parser.result
    }
}

/// Reads lines; what it understood stands in `result`.
struct MetricsTextParser {
    let bytes: [UInt8]
    /// OpenMetrics: one space between words, no blank lines, no free comments, `# EOF` at the end.
    let strict: Bool
    var at = 0
    var line = 1
    var ended = false
    /// A `#` line stands between the last sample and here.
    var interrupted = true
    /// The name read last, where it was a bare one.
    var lastName = 0..<0
    /// That of the last sample, and the last other one: a histogram's buckets have a label that its sum has not.
    var shape = SampleShape()
    var otherShape = SampleShape()
    var result: MetricsText
    /// The last family of each name's hash.
    var familyIndex: [UInt64: Int] = [:]

    /// The busiest engine has some thousands; more is no scrape, and would keep others waiting.
    static let sampleLimit = 200_000

    init(bytes: [UInt8], strict: Bool) {
        self.bytes = bytes
        self.strict = strict
        result = MetricsText(bytes: bytes)
        result.samples.reserveCapacity(bytes.count / 80)
        familyIndex.reserveCapacity(bytes.count / 400)
    }

    mutating func readAll() throws(MetricsTextError) {
        guard bytes.count < Int(UInt32.max) else { throw failure("the text is over 4 GiB") }
        while at < bytes.count {
            try readLine()
            // readLine stops at the line's end; a last line may do without its newline.
            if at < bytes.count { at += 1 }
            line += 1
        }
        if strict, !ended { throw failure("the text does not end in # EOF") }
    }

    private mutating func readLine() throws(MetricsTextError) {
        if ended { throw failure("text after # EOF") }
        let start = at
        skipBlanks()
        if strict, at > start { throw failure("a line begins with a blank") }
        guard at < bytes.count, bytes[at] != 0x0a else {
            if strict { throw failure("a blank line") }
            return
        }
        if bytes[at] == UInt8(ascii: "#") {
            interrupted = true
            try readComment()
        } else {
            try readSample()
        }
    }

    // MARK: samples

    private mutating func readSample() throws(MetricsTextError) {
        let bare = readName()
        let start = bare.lowerBound
        if !bare.isEmpty {
            if Self.isDigit(bytes[start]) {
                throw failure("a metric name must not begin with a digit: \(excerpt(start))")
            }
            if let labels = repeatedLabels() { return try readValue(labels, name: bare) }
        }
        swap(&shape, &otherShape)
        shape.values.removeAll(keepingCapacity: true)
        let (labels, quoted) = try readLabelsIfAny()
        guard let name = bare.isEmpty ? quoted : bare else {
            throw failure("expected a metric name, found \(excerpt(start))")
        }
        try readSeparator(
            after: "the metric's name and labels", required: strict || labels.isEmpty && at == name.upperBound
        )
        shape.place = bare.isEmpty ? 0..<0 : bare.upperBound..<at
        shape.labels = labels
        try readValue(labels, name: name)
    }

    /// A bare name, or nothing. Mostly it is the one before, or begins with it.
    mutating func readName() -> Range<Int> {
        let start = at
        if !lastName.isEmpty, bytes.isSame(lastName, in: bytes, at: start) { at += lastName.count }
        while at < bytes.count, Self.isNameByte(bytes[at]) { at += 1 }
        lastName = start..<at
        return lastName
    }

    /// Moves to the value where the line's labels are those of a line before but for what stands between their quotes.
    /// - Returns: nil, and nothing moved, where they differ in more.
    private mutating func repeatedLabels() -> Range<Int>? {
        let start = at
        var found = bytes.withSpan { shape.end(of: start, in: $0) }
        if found == nil {
            found = bytes.withSpan { otherShape.end(of: start, in: $0) }
            if found != nil { swap(&shape, &otherShape) }
        }
        guard let found else { return nil }
        at = found.end
        return found.labels
    }

    private mutating func readLabelsIfAny() throws(MetricsTextError) -> (
        labels: Range<Int>, name: Range<Int>?
    ) {
        if !strict { skipBlanks() }
        var labels = at..<at
        guard at < bytes.count, bytes[at] == UInt8(ascii: "{") else { return (labels, nil) }
        let name = try readLabels(range: &labels)
        return (labels, name)
    }

    /// From the value to the line's end.
    private mutating func readValue(_ labels: Range<Int>, name: Range<Int>) throws(MetricsTextError) {
        let valueStart = at
        let value = try readNumber("value")
        let valueEnd = at
        let timestamp = try readTimestamp()
        if timestamp != nil { result.hasTimestamps = true }
        try append(
            MetricSample(
                value: value, timestamp: timestamp, labelsStart: UInt32(labels.lowerBound),
                labelsEnd: UInt32(labels.upperBound), valueStart: UInt32(valueStart),
                valueEnd: UInt32(valueEnd)), name: name)
        try readExemplar()
        guard at >= bytes.count || bytes[at] == 0x0a else {
            throw failure("expected the end of the line, found \(excerpt(at))")
        }
    }

    private mutating func append(_ sample: MetricSample, name: Range<Int>) throws(MetricsTextError) {
        let index = result.samples.count
        guard index < Self.sampleLimit else {
            throw failure("more than \(Self.sampleLimit) samples")
        }
        result.samples.append(sample)
        let last = result.runs.count - 1
        guard interrupted || !isName(ofRun: last, name) else {
            result.runs[last].samples = result.runs[last].samples.lowerBound..<(index + 1)
            return
        }
        interrupted = false
        result.runs.append(
            SampleRun(
                nameStart: UInt32(name.lowerBound), nameEnd: UInt32(name.upperBound),
                samples: index..<(index + 1), line: line))
    }

    private func isName(ofRun index: Int, _ name: Range<Int>) -> Bool {
        let run = result.runs[index]
        return name.count == Int(run.nameEnd - run.nameStart)
            && bytes.isSame(name, in: bytes, at: Int(run.nameStart))
    }

    private mutating func readTimestamp() throws(MetricsTextError) -> Double? {
        guard at < bytes.count, bytes[at] != 0x0a, try readGap(before: "a timestamp") else { return nil }
        guard bytes[at] != UInt8(ascii: "#") else { return nil }
        let timestamp = try readNumber("timestamp")
        guard timestamp.isFinite else { throw failure("a timestamp must be a finite number") }
        _ = try readGap(before: "an exemplar")
        return timestamp
    }

    private mutating func readExemplar() throws(MetricsTextError) {
        guard at < bytes.count, bytes[at] == UInt8(ascii: "#") else { return }
        at += 1
        try readSeparator(after: "#", required: true)
        guard at < bytes.count, bytes[at] == UInt8(ascii: "{") else {
            throw failure("expected an exemplar's { after #, found \(excerpt(at))")
        }
        var labels = at..<at
        let known = shape.values.count
        _ = try readLabels(range: &labels)
        shape.values.removeLast(shape.values.count - known)
        try readSeparator(after: "an exemplar's labels", required: strict)
        let value = try readNumber("exemplar's value")
        var timestamp: Double?
        if try readGap(before: "an exemplar's timestamp") {
            timestamp = try readNumber("exemplar's timestamp")
            guard timestamp?.isFinite == true else { throw failure("a timestamp must be a finite number") }
            if try readGap(before: "the end of the line") {
                throw failure("expected the end of the line, found \(excerpt(at))")
            }
        }
        result.exemplars.append(
            MetricExemplar(
                sample: result.samples.count - 1, value: value, timestamp: timestamp,
                labelsStart: UInt32(labels.lowerBound), labelsEnd: UInt32(labels.upperBound)))
    }

    // MARK: words

    /// True when another word follows on this line; blanks are behind.
    private mutating func readGap(before what: String) throws(MetricsTextError) -> Bool {
        let start = at
        skipBlanks()
        let more = at < bytes.count && bytes[at] != 0x0a
        guard strict else { return more }
        if at == start { return false }
        guard more, at == start + 1, bytes[start] == 0x20 else {
            throw failure("expected one space before \(what)")
        }
        return true
    }

    private mutating func readSeparator(after what: String, required: Bool) throws(MetricsTextError) {
        let start = at
        skipBlanks()
        if strict, at != start + 1 || bytes[start] != 0x20 {
            throw failure("expected one space after \(what), found \(excerpt(start))")
        }
        if required, at == start { throw failure("expected a blank after \(what), found \(excerpt(start))") }
    }

    private mutating func readNumber(_ what: String) throws(MetricsTextError) -> Double {
        let start = at
        while at < bytes.count, bytes[at] > 0x20 { at += 1 }
        guard let number = MetricNumber.parse(bytes, start..<at) else {
            throw failure("expected a \(what), found \(excerpt(start))")
        }
        return number
    }

    mutating func skipBlanks() {
        while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x09 { at += 1 }
    }

    @inline(__always) static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    /// A letter, digit, underscore or colon.
    @inline(__always) static func isNameByte(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- UInt8(ascii: "a") < 26 || isDigit(byte) || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: ":")
    }

    func failure(_ reason: String) -> MetricsTextError { MetricsTextError(line: line, reason: reason) }

    /// What stands at a place, short and printable, for an error's text.
    func excerpt(_ start: Int) -> String {
        guard start < bytes.count else { return "the end of the text" }
        guard bytes[start] != 0x0a else { return "the end of the line" }
        var stop = start
        while stop < bytes.count, bytes[stop] != 0x0a, stop - start < 40 { stop += 1 }
        let printable = bytes[start..<stop].map { $0 >= 0x20 && $0 < 0x7f ? $0 : UInt8(ascii: "?") }
        return "\"\(String(decoding: printable, as: UTF8.self))\""
    }
}
