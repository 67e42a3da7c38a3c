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
    private let isChecked: Bool

    /// - Parameter isChecked: the lines were walked before and found sound: only their ends are looked for.
    package init(from position: Int, isChecked: Bool = false) {
        self.position = position
        self.isChecked = isChecked
    }

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
        if isChecked {
            let colon = bytes.first(0x3A, in: position..<end) ?? end
            defer { position = newline &+ 1 }
            return .field(
                HeaderField(name: position..<colon, value: bytes.trimmed(min(colon &+ 1, end)..<end)))
        }
        let first = bytes.byte(position)
        guard first != 0x20, first != 0x09 else { return .malformed("folded header lines are not accepted") }
        guard let colon = bytes.first(0x3A, in: position..<end), colon > position else {
            return .malformed("a header line needs a name, a colon and a value")
        }
        let name = position..<colon
        guard bytes.isToken(name) else {
            return .malformed("a header name has a character that is not allowed in it")
        }
        let value = bytes.trimmed((colon &+ 1)..<end)
        guard !bytes.hasControl(in: value) else {
            return .malformed("a header value has a control character")
        }
        position = newline &+ 1
        return .field(HeaderField(name: name, value: value))
    }

    /// Whether a Connection field of the head from `start` on names a field, which is then for this hop only (RFC 9110
    /// section 7.6.1). There may be several such fields.
    package static func isNamedByConnection(_ name: Range<Int>, from start: Int, in bytes: RawSpan) -> Bool {
        var lines = HeaderLines(from: start, isChecked: true)
        while case .field(let field) = lines.next(in: bytes) {
            if bytes.equals(field.name, lowercased: "connection"), bytes.list(field.value, contains: name) {
                return true
            }
        }
        return false
    }

    /// A control character other than the tab: what a lenient reader behind the gateway might take for the end of a line.
    static func isControl(_ c: UInt8) -> Bool { c < 0x20 && c != 0x09 || c == 0x7F }

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

    /// Whether all bytes are token characters. Letters and dashes, of which most names are, are told eight at a time.
    func isToken(_ range: Range<Int>) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let high = ones &* 0x80
        var at = range.lowerBound
        while at < range.upperBound {
            let word = word(at, before: range.upperBound, filler: 0x61)
            let lower = word | ones &* 0x20
            let letters = (lower &+ ones &* 0x1F) & ~(lower &+ ones &* 0x05)
            let dashes = ~((word ^ ones &* 0x2D) &+ ones &* 0x7F)
            if word & high != 0 || (letters | dashes) & high != high {
                for place in at..<Swift.min(at &+ 8, range.upperBound)
                where !HeaderLines.isToken(byte(place)) {
                    return false
                }
            }
            at &+= 8
        }
        return true
    }

    /// Eight bytes from a place on; those from `end` on, or that aren't there, are the filler.
    @inline(__always)
    private func word(_ at: Int, before end: Int, filler: UInt8) -> UInt64 {
        let fill = UInt64(filler) &* 0x0101_0101_0101_0101
        let count = end &- at
        if at &+ 8 <= byteCount {
            guard count < 8 else { return word(at) }
            let mask = (1 as UInt64) &<< UInt64(count &* 8) &- 1
            return word(at) & mask | fill & ~mask
        }
        var word = fill
        for place in 0..<Swift.min(count, 8) {
            let shift = UInt64(place &* 8)
            word = word & ~(0xFF &<< shift) | UInt64(byte(at &+ place)) &<< shift
        }
        return word
    }

    /// Whether a control character other than the tab is among the bytes.
    func hasControl(in range: Range<Int>) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var at = range.lowerBound
        while at < range.upperBound {
            let word = word(at, before: range.upperBound, filler: 0x61)
            let deletes = word ^ ones &* 0x7F
            let low = (word &- ones &* 0x20) & ~word | (deletes &- ones) & ~deletes
            if low & (ones &* 0x80) != 0 {
                for place in at..<Swift.min(at &+ 8, range.upperBound)
                where HeaderLines.isControl(byte(place)) {
                    return true
                }
            }
            at &+= 8
        }
        return false
    }

    /// The last element of a comma-separated list, white space around it left out.
    func lastElement(of range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        while let comma = first(0x2C, in: start..<range.upperBound) { start = comma &+ 1 }
        return trimmed(start..<range.upperBound)
    }

    /// Without spaces and tabs at its ends.
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
