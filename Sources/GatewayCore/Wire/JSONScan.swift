/// Walks JSON bytes without building a tree. It checks structure as far as it must to find its way, not every rule.
package struct JSONScan: Sendable {
    package var offset: Int
    package init(at offset: Int = 0) { self.offset = offset }

    package mutating func skipSpace(_ bytes: RawSpan) {
        while offset < bytes.byteCount {
            switch bytes.byte(offset) {
            case 0x20, 0x0A, 0x0D, 0x09: offset &+= 1
            default: return
            }
        }
    }

    /// Takes one expected byte after white space.
    package mutating func take(_ wanted: UInt8, _ bytes: RawSpan) -> Bool {
        skipSpace(bytes)
        guard offset < bytes.byteCount, bytes.byte(offset) == wanted else { return false }
        offset &+= 1
        return true
    }

    /// At a quote: moves behind the closing one and gives the range between them; nil when it does not close.
    package mutating func string(_ bytes: RawSpan) -> Range<Int>? {
        guard take(0x22, bytes) else { return nil }
        let start = offset
        guard let end = Self.stringEnd(bytes, from: start) else { return nil }
        offset = end &+ 1
        return start..<end
    }

    /// Moves over any value and gives its range; nil when it does not end or cannot be one.
    package mutating func value(_ bytes: RawSpan) -> Range<Int>? {
        skipSpace(bytes)
        let start = offset
        guard start < bytes.byteCount else { return nil }
        switch bytes.byte(start) {
        case 0x22:
            guard string(bytes) != nil else { return nil }
        case 0x7B, 0x5B:
            guard container(bytes) else { return nil }
        case 0x2D, 0x30...0x39, 0x74, 0x66, 0x6E:
            while offset < bytes.byteCount, Self.isOfLiteral(bytes.byte(offset)) { offset &+= 1 }
            guard offset == bytes.byteCount || Self.mayFollow(bytes.byte(offset)) else { return nil }
        default: return nil
        }
        return start..<offset
    }

    /// Of objects and arrays within each other; serde_json, which TGI and routers in Rust read with, has the same limit.
    package static let depthLimit = 128

    /// Moves over an object or array by its brackets outside of strings, each closed by its like.
    private mutating func container(_ bytes: RawSpan) -> Bool {
        var depth = 0
        var kinds: UInt128 = 0
        while offset < bytes.byteCount {
            let c = bytes.byte(offset)
            switch c {
            case 0x22:
                guard let end = Self.stringEnd(bytes, from: offset &+ 1) else { return false }
                offset = end &+ 1
                continue
            case 0x7B, 0x5B:
                guard depth < Self.depthLimit else { return false }
                depth &+= 1
                kinds = kinds << 1 | (c == 0x7B ? 1 : 0)
            case 0x7D, 0x5D:
                guard kinds & 1 == (c == 0x7D ? 1 : 0) else { return false }
                depth &-= 1
                kinds >>= 1
                if depth == 0 {
                    offset &+= 1
                    return true
                }
            default: break
            }
            offset &+= 1
        }
        return false
    }

    /// What numbers, true, false and null are made of.
    private static func isOfLiteral(_ c: UInt8) -> Bool {
        switch c {
        case 0x30...0x39, 0x61...0x7A, 0x2D, 0x2E, 0x2B, 0x45: true
        default: false
        }
    }

    /// What may stand behind a value.
    private static func mayFollow(_ c: UInt8) -> Bool { c == 0x2C || c == 0x7D || c == 0x5D || c <= 0x20 }

    /// The closing quote. Names and short values, as most are, end within sixteen bytes.
    package static func stringEnd(_ bytes: RawSpan, from start: Int) -> Int? {
        var at = start
        while at &- start < 16, at &+ 8 <= bytes.byteCount {
            let place = at &+ bytes.word(at).firstQuoteOrBackslash
            if place < at &+ 8 { return bytes.byte(place) == 0x22 ? place : farStringEnd(bytes, from: place) }
            at &+= 8
        }
        return farStringEnd(bytes, from: at)
    }

    /// The next quote with an even number of backslashes before it, of which none stands before `start`.
    private static func farStringEnd(_ bytes: RawSpan, from start: Int) -> Int? {
        var from = start
        while let quote = bytes.first(0x22, in: from..<bytes.byteCount) {
            var slash = quote
            while slash > start, bytes.byte(slash &- 1) == 0x5C { slash &-= 1 }
            if (quote &- slash) & 1 == 0 { return quote }
            from = quote &+ 1
        }
        return nil
    }

    /// The text of a string's inside with its escapes resolved; a broken escape becomes a replacement character.
    package static func unescaped(_ bytes: RawSpan, _ range: Range<Int>) -> String {
        var units: [UInt16] = []
        var index = range.lowerBound
        var plain = index
        while let slash = bytes.first(0x5C, in: index..<range.upperBound), slash &+ 1 < range.upperBound {
            units += Array(bytes.text(plain..<slash).utf16)
            let (unit, next) = escape(bytes, slash &+ 1, range.upperBound)
            units.append(unit)
            index = next
            plain = next
        }
        units += Array(bytes.text(plain..<max(plain, range.upperBound)).utf16)
        return String(decoding: units, as: UTF16.self)
    }

    /// The character behind a backslash, and where it ends.
    private static func escape(_ bytes: RawSpan, _ at: Int, _ end: Int) -> (UInt16, Int) {
        switch bytes.byte(at) {
        case 0x62: return (0x08, at &+ 1)
        case 0x66: return (0x0C, at &+ 1)
        case 0x6E: return (0x0A, at &+ 1)
        case 0x72: return (0x0D, at &+ 1)
        case 0x74: return (0x09, at &+ 1)
        case 0x75:
            guard at &+ 5 <= end, let unit = UInt16(bytes.text((at &+ 1)..<(at &+ 5)), radix: 16) else {
                return (0xFFFD, at &+ 1)
            }
            return (unit, at &+ 5)
        case let c where c < 0x80: return (UInt16(c), at &+ 1)
        default: return (0xFFFD, at)
        }
    }

    /// A non-negative integer literal at the start of a range, up to its end or what may follow a value; nil for
    /// anything else, `1.0` and `1e3` too.
    package static func integer(_ bytes: RawSpan, _ range: Range<Int>) -> Int? {
        var value = 0
        var digits = 0
        for index in range {
            let c = bytes.byte(index)
            guard c >= 0x30, c <= 0x39 else {
                guard mayFollow(c) else { return nil }
                break
            }
            value = value &* 10 &+ Int(c &- 0x30)
            digits &+= 1
            if digits > 15 { return nil }
        }
        return digits > 0 ? value : nil
    }
}
