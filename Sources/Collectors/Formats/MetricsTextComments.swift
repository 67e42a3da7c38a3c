import GatewayCore

extension MetricsTextParser {
    private enum Declaration { case type, help, unit }

    /// A line that begins with `#`: a declaration, `# EOF`, or a free comment.
    mutating func readComment() throws(MetricsTextError) {
        let start = at
        let end = bytes.withSpan { $0.first(0x0a, in: start..<$0.byteCount) } ?? bytes.count
        defer { at = end }
        if strict, end - start == 5, has("# EOF", at: start) {
            ended = true
            return
        }
        guard let (kind, rest) = declaration(start: start, end: end) else {
            if strict { throw failure("neither a declaration nor a sample: \(excerpt(start))") }
            return
        }
        try readDeclaration(kind, rest..<end)
    }

    /// The kind of a declaration and where its name begins.
    private func declaration(start: Int, end: Int) -> (Declaration, Int)? {
        var word = start + 1
        while word < end, bytes[word] == 0x20 || bytes[word] == 0x09 { word += 1 }
        if strict, word != start + 2 { return nil }
        var stop = word
        while stop < end, bytes[stop] > 0x20 { stop += 1 }
        let kind: Declaration
        switch (stop - word, stop > word ? bytes[word] : 0) {
        case (4, UInt8(ascii: "T")) where has("TYPE", at: word): kind = .type
        case (4, UInt8(ascii: "H")) where has("HELP", at: word): kind = .help
        case (4, UInt8(ascii: "U")) where has("UNIT", at: word): kind = .unit
        default: return nil
        }
        if strict {
            guard stop < end, bytes[stop] == 0x20 else { return nil }
            return (kind, stop + 1)
        }
        while stop < end, bytes[stop] == 0x20 || bytes[stop] == 0x09 { stop += 1 }
        return (kind, stop)
    }

    private func has(_ text: StaticString, at place: Int) -> Bool {
        bytes.withSpan { $0.has(text, at: place) }
    }

    private mutating func readDeclaration(_ kind: Declaration, _ range: Range<Int>) throws(MetricsTextError) {
        var stop = range.lowerBound
        if !strict, stop < range.upperBound, bytes[stop] == UInt8(ascii: "\"") {
            stop += 1
            while stop < range.upperBound, bytes[stop] != UInt8(ascii: "\"") { stop += 1 }
            guard stop < range.upperBound else { throw failure("a quoted name without its closing quote") }
            let inside = (range.lowerBound + 1)..<stop
            return try declare(kind, name: inside, text: textAfter(stop + 1, range.upperBound))
        }
        at = range.lowerBound
        let name = readName()
        stop = name.upperBound
        guard !name.isEmpty, stop == range.upperBound || bytes[stop] == 0x20 || bytes[stop] == 0x09 else {
            throw failure("expected a metric name in a declaration, found \(excerpt(range.lowerBound))")
        }
        if strict, stop == range.upperBound || bytes[stop] != 0x20 {
            throw failure("expected one space after the name in a declaration")
        }
        try declare(kind, name: name, text: textAfter(stop, range.upperBound))
    }

    private func textAfter(_ start: Int, _ end: Int) -> Range<Int> {
        var at = min(start, end)
        if strict { return min(at + 1, end)..<end }
        while at < end, bytes[at] == 0x20 || bytes[at] == 0x09 { at += 1 }
        return at..<end
    }

    private mutating func declare(
        _ kind: Declaration, name: Range<Int>, text: Range<Int>
    ) throws(MetricsTextError) {
        let index = family(name)
        result.families[index].lines = result.families[index].lines.lowerBound...line
        switch kind {
        case .help:
            try refuseSecond("HELP", of: result.families[index].help)
            result.families[index].help = text
        case .unit:
            try refuseSecond("UNIT", of: result.families[index].unit)
            result.families[index].unit = text
        case .type:
            try refuseSecond("TYPE", of: result.families[index].type)
            result.families[index].type = try type(text)
        }
    }

    private func refuseSecond(_ word: String, of known: Any?) throws(MetricsTextError) {
        if strict, known != nil { throw failure("a second # \(word) of one family") }
    }

    private func type(_ range: Range<Int>) throws(MetricsTextError) -> MetricType {
        var end = range.upperBound
        while !strict, end > range.lowerBound, bytes[end - 1] <= 0x20 { end -= 1 }
        let word = String(decoding: bytes[range.lowerBound..<end], as: UTF8.self)
        guard let type = MetricType(rawValue: word), !(strict && type == .untyped) else {
            throw failure("no metric type is called \(excerpt(range.lowerBound))")
        }
        return type
    }

    /// The index of the family of this name, new if there is none yet.
    private mutating func family(_ name: Range<Int>) -> Int {
        let last = result.families.count - 1
        // Its HELP and TYPE mostly stand together.
        if last >= 0, isFamily(last, name) { return last }
        let hash = bytes[name].reduce(MetricsText.hashSeed, MetricsText.hash)
        if let found = familyIndex[hash], isFamily(found, name) { return found }
        familyIndex[hash] = result.families.count
        result.families.append(MetricFamily(name: name, lines: line...line))
        return result.families.count - 1
    }

    private func isFamily(_ index: Int, _ name: Range<Int>) -> Bool {
        let other = result.families[index].name
        return name.count == other.count && bytes.isSame(name, in: bytes, at: other.lowerBound)
    }
}
