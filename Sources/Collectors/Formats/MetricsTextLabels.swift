import GatewayCore

extension MetricsTextParser {
    /// Reads `{...}` and gives the place between the braces.
    /// - Returns: the metric's own name when it stands quoted among the labels (Prometheus 3, UTF-8 names).
    mutating func readLabels(range: inout Range<Int>) throws(MetricsTextError) -> Range<Int>? {
        at += 1
        let start = at
        var quotedName: Range<Int>?
        var first = true
        while true {
            skipLabelBlanks()
            guard at < bytes.count, bytes[at] != 0x0a else { throw failure("the labels' } is missing") }
            if bytes[at] == UInt8(ascii: "}") { break }
            let (name, quoted) = try readLabelName()
            skipLabelBlanks()
            if at < bytes.count, bytes[at] == UInt8(ascii: "=") {
                at += 1
                skipLabelBlanks()
                shape.values.append(try readQuoted("label value"))
            } else if quoted, first, !strict {
                quotedName = name
            } else {
                throw failure("expected = after a label's name, found \(excerpt(at))")
            }
            first = false
            try readLabelEnd()
        }
        range = start..<at
        at += 1
        return quotedName
    }

    /// A comma, or nothing before the closing brace.
    private mutating func readLabelEnd() throws(MetricsTextError) {
        skipLabelBlanks()
        guard at < bytes.count else { throw failure("the labels' } is missing") }
        if bytes[at] == UInt8(ascii: "}") { return }
        guard bytes[at] == UInt8(ascii: ",") else {
            throw failure("expected , or } after a label, found \(excerpt(at))")
        }
        at += 1
        if strict, at < bytes.count, bytes[at] == UInt8(ascii: "}") {
            throw failure("a comma without a label after it")
        }
    }

    private mutating func readLabelName() throws(MetricsTextError) -> (Range<Int>, quoted: Bool) {
        if bytes[at] == UInt8(ascii: "\""), !strict { return (try readQuoted("name"), true) }
        let start = at
        while at < bytes.count, Self.isNameByte(bytes[at]), bytes[at] != UInt8(ascii: ":") { at += 1 }
        guard at > start, !Self.isDigit(bytes[start]) else {
            throw failure("expected a label's name, found \(excerpt(start))")
        }
        return (start..<at, false)
    }

    /// The inside of a quoted string.
    private mutating func readQuoted(_ what: String) throws(MetricsTextError) -> Range<Int> {
        let open = at
        guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else {
            throw failure("expected a quoted \(what), found \(excerpt(at))")
        }
        at += 1
        let start = at
        if let end = bytes.withSpan({ $0.plainStringEnd(from: start) }) {
            at = end + 1
            return start..<end
        }
        var wide: UInt8 = 0
        while at < bytes.count {
            let byte = bytes[at]
            if byte == UInt8(ascii: "\"") { break }
            if byte == 0x0a { at = bytes.count }
            wide |= byte
            at += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        guard at < bytes.count else { throw failure("a \(what) without its closing quote: \(excerpt(open))") }
        let inside = start..<at
        at += 1
        if wide >= 0x80, String(validating: bytes[inside], as: UTF8.self) == nil {
            throw failure("a \(what) that is not UTF-8: \(excerpt(open))")
        }
        return inside
    }

    private mutating func skipLabelBlanks() {
        if !strict { skipBlanks() }
    }
}
