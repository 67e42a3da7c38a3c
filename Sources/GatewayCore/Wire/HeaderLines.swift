/// One header field as offsets into the head.
package struct HeaderField: Sendable {
    package var name: Range<Int>
    package var value: Range<Int>
}

/// Walks the field lines of an HTTP/1.1 head (RFC 9112 section 5), strictly: CRLF only, no folding, no space before
/// the colon, token characters in names, no control characters in values.
package struct HeaderLines: Sendable {
    package enum Step: Sendable {
        case field(HeaderField)
        /// The blank line; the offset just behind it.
        case end(Int)
        case incomplete
        case malformed(StaticString)
    }

    private var position: Int
    package init(from position: Int) { self.position = position }

    package mutating func next(in bytes: RawSpan) -> Step {
        guard let newline = bytes.first(0x0A, in: position..<bytes.byteCount) else { return .incomplete }
        guard newline > position, bytes.byte(newline &- 1) == 0x0D else {
            return .malformed("a header line must end in CR LF")
        }
        let end = newline &- 1
        if end == position {
            position = newline &+ 1
            return .end(position)
        }
        let first = bytes.byte(position)
        guard first != 0x20, first != 0x09 else { return .malformed("folded header lines are not accepted") }
        guard let colon = bytes.first(0x3A, in: position..<end), colon > position else {
            return .malformed("a header line needs a name, a colon and a value")
        }
        let name = position..<colon
        for index in name where !Self.isToken(bytes.byte(index)) {
            return .malformed("a header name has a character that is not allowed in it")
        }
        var lower = colon &+ 1
        var upper = end
        while lower < upper, bytes.byte(lower) == 0x20 || bytes.byte(lower) == 0x09 { lower &+= 1 }
        while upper > lower, bytes.byte(upper &- 1) == 0x20 || bytes.byte(upper &- 1) == 0x09 { upper &-= 1 }
        for index in lower..<upper {
            let c = bytes.byte(index)
            if c < 0x20 && c != 0x09 || c == 0x7F {
                return .malformed("a header value has a control character")
            }
        }
        position = newline &+ 1
        return .field(HeaderField(name: name, value: lower..<upper))
    }

    /// tchar of RFC 9110 section 5.6.2.
    static func isToken(_ c: UInt8) -> Bool {
        switch c {
        case 0x61...0x7A, 0x41...0x5A, 0x30...0x39, 0x2D, 0x5F: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2E, 0x5E, 0x60, 0x7C, 0x7E: true
        default: false
        }
    }
}

extension RawSpan {
    /// Reads a Content-Length: digits only; nil for anything else or more than 2^53.
    func decimal(_ range: Range<Int>) -> Int? {
        guard !range.isEmpty, range.count <= 16 else { return nil }
        var value = 0
        for index in range {
            let c = byte(index)
            guard c >= 0x30, c <= 0x39 else { return nil }
            value = value * 10 + Int(c &- 0x30)
        }
        return value
    }

    /// Whether a comma-separated list holds a token, without regard to case.
    func list(_ range: Range<Int>, contains token: StaticString) -> Bool {
        listHas(range) { equals($0, lowercased: token) }
    }

    /// The same for a token that stands elsewhere in these bytes.
    func list(_ range: Range<Int>, contains token: Range<Int>) -> Bool {
        listHas(range) { equals($0, token) }
    }

    private func listHas(_ range: Range<Int>, _ isWanted: (Range<Int>) -> Bool) -> Bool {
        var start = range.lowerBound
        while start < range.upperBound {
            let end = first(0x2C, in: start..<range.upperBound) ?? range.upperBound
            var lower = start
            var upper = end
            while lower < upper, byte(lower) == 0x20 || byte(lower) == 0x09 { lower &+= 1 }
            while upper > lower, byte(upper &- 1) == 0x20 || byte(upper &- 1) == 0x09 { upper &-= 1 }
            if isWanted(lower..<upper) { return true }
            start = end &+ 1
        }
        return false
    }
}
