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

    /// Where the next line begins.
    package private(set) var position: Int

    package init(from position: Int) { self.position = position }

    package mutating func next(in bytes: RawSpan) -> Step {
        let colon = bytes.tokenEnd(from: position)
        guard colon < bytes.byteCount else { return .incomplete }
        guard colon > position, bytes.byte(colon) == 0x3A else { return withoutName(bytes, colon) }
        let end = bytes.firstControl(from: colon &+ 1)
        guard end &+ 1 < bytes.byteCount else { return endsEarly(bytes, end) }
        guard bytes.byte(end) == 0x0D, bytes.byte(end &+ 1) == 0x0A else {
            return .malformed(
                bytes.byte(end) == 0x0A
                    ? "a header line must end in CR LF" : "a header value has a control character")
        }
        let name = position..<colon
        position = end &+ 2
        return .field(HeaderField(name: name, value: bytes.trimmed((colon &+ 1)..<end)))
    }

    /// The blank line, or what is wrong with a line that has no name and colon.
    private mutating func withoutName(_ bytes: RawSpan, _ end: Int) -> Step {
        switch bytes.byte(end) {
        case 0x0A: return .malformed("a header line must end in CR LF")
        case 0x0D where end == position:
            guard end &+ 1 < bytes.byteCount else { return .incomplete }
            guard bytes.byte(end &+ 1) == 0x0A else { return .malformed("a header line must end in CR LF") }
            position = end &+ 2
            return .end(position)
        case 0x0D, 0x3A: return .malformed("a header line needs a name, a colon and a value")
        case 0x20 where end == position, 0x09 where end == position:
            return .malformed("folded header lines are not accepted")
        default: return .malformed("a header name has a character that is not allowed in it")
        }
    }

    /// A value whose end is the last byte, or has not come.
    private func endsEarly(_ bytes: RawSpan, _ end: Int) -> Step {
        guard end < bytes.byteCount, bytes.byte(end) != 0x0D else { return .incomplete }
        return .malformed(
            bytes.byte(end) == 0x0A
                ? "a header line must end in CR LF" : "a header value has a control character")
    }

    /// Whether a Connection field of the head from `start` on names a field, which is then for this hop only (RFC 9110
    /// section 7.6.1). There may be several such fields.
    static func isNamedByConnection(_ name: Range<Int>, from start: Int, in bytes: RawSpan) -> Bool {
        var lines = HeaderLines(from: start)
        while case .field(let field) = lines.next(in: bytes) {
            if bytes.equals(field.name, lowercased: "connection"), bytes.list(field.value, contains: name) {
                return true
            }
        }
        return false
    }

    /// A control character other than the tab: what a lenient reader behind the gateway might take for the end of a line.
    static func isControl(_ c: UInt8) -> Bool { c < 0x20 && c != 0x09 || c == 0x7F }
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

    /// The first byte from a place on that is no token character. Letters and dashes, of which most names are, are told
    /// eight at a time.
    fileprivate func tokenEnd(from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let high = ones &* 0x80
        var at = start
        while at &+ 8 <= byteCount {
            let word = word(at)
            let lower = word | ones &* 0x20
            let letters = (lower &+ ones &* 0x1F) & ~(lower &+ ones &* 0x05)
            let dashes = ~((word ^ ones &* 0x2D) &+ ones &* 0x7F)
            // A sum that carries spoils the bytes behind it only, and the first one is all that is asked for.
            let others = (~(letters | dashes) | word) & high
            if others == 0 {
                at &+= 8
                continue
            }
            at &+= others.trailingZeroBitCount &>> 3
            guard ByteSet.token.contains(byte(at)) else { return at }
            at &+= 1
        }
        while at < byteCount, ByteSet.token.contains(byte(at)) { at &+= 1 }
        return at
    }

    /// The first control character other than the tab from a place on.
    fileprivate func firstControl(from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var at = start
        while at &+ 8 <= byteCount {
            let word = word(at)
            let deletes = word ^ ones &* 0x7F
            let low = (word &- ones &* 0x20) & ~word | (deletes &- ones) & ~deletes
            let controls = low & (ones &* 0x80)
            if controls == 0 {
                at &+= 8
                continue
            }
            at &+= controls.trailingZeroBitCount &>> 3
            guard byte(at) == 0x09 else { return at }
            at &+= 1
        }
        while at < byteCount, !HeaderLines.isControl(byte(at)) { at &+= 1 }
        return at
    }

    /// The last element of a comma-separated list, white space around it left out.
    func lastElement(of range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        while let comma = first(0x2C, in: start..<range.upperBound) { start = comma &+ 1 }
        return trimmed(start..<range.upperBound)
    }

    /// Without spaces and tabs at its ends.
    @inline(__always)
    fileprivate func trimmed(_ range: Range<Int>) -> Range<Int> {
        var lower = range.lowerBound
        var upper = range.upperBound
        while lower < upper, byte(lower) == 0x20 || byte(lower) == 0x09 { lower &+= 1 }
        while upper > lower, byte(upper &- 1) == 0x20 || byte(upper &- 1) == 0x09 { upper &-= 1 }
        return lower..<upper
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
            if isWanted(trimmed(start..<end)) { return true }
            start = end &+ 1
        }
        return false
    }
}
