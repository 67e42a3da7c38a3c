import CLinux

/// Checked reading of bytes with integer offsets, and the kernels that run over a checked range.
extension RawSpan {
    @inlinable @inline(__always) package func byte(_ index: Int) -> UInt8 {
        unsafe unsafeLoad(fromByteOffset: index, as: UInt8.self)
    }

    @inlinable @inline(__always) package func word(_ index: Int) -> UInt64 {
        unsafe unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
    }

    /// The first place of a byte in a range (memchr).
    @inline(__always) package func first(_ wanted: UInt8, in range: Range<Int>) -> Int? {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        guard !range.isEmpty else { return nil }
        return unsafe withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress,
                let found = unsafe memchr(base + range.lowerBound, Int32(wanted), range.count)
            else { return nil }
            return unsafe UnsafeRawPointer(found) - base
        }
    }

    /// The first place of a short pattern in a range (memmem).
    package func first(_ pattern: StaticString, in range: Range<Int>) -> Int? {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        guard !range.isEmpty else { return nil }
        return unsafe withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress,
                let found = unsafe memmem(
                    base + range.lowerBound, range.count, pattern.utf8Start, pattern.utf8CodeUnitCount)
            else { return nil }
            return unsafe UnsafeRawPointer(found) - base
        }
    }

    /// The quote that ends a string of ASCII; nil where an escape, a control character or anything wider comes first, or no
    /// quote at all.
    package func plainStringEnd(from start: Int) -> Int? {
        precondition(start >= 0)
        var at = start
        while at &+ 8 <= byteCount {
            let place = word(at).firstNotPlain
            if place < 8 { return byte(at &+ place) == 0x22 ? at &+ place : nil }
            at &+= 8
        }
        while at < byteCount, case let c = byte(at), c >= 0x20, c < 0x80, c != 0x5C {
            if c == 0x22 { return at }
            at &+= 1
        }
        return nil
    }

    /// The last place of eight bytes, as one little-endian word, in a range.
    package func last(_ wanted: UInt64, in range: Range<Int>) -> Int? {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        let first = SIMD16(repeating: UInt8(truncatingIfNeeded: wanted))
        let second = SIMD16(repeating: UInt8(truncatingIfNeeded: wanted &>> 8))
        var end = range.upperBound &- 7
        // Sixteen places at a time, as long as none begins with the first two.
        while end &- 16 >= range.lowerBound {
            let begins = (sixteen(end &- 16) .== first) .& (sixteen(end &- 15) .== second)
            if any(begins), let at = lastStep(wanted, in: (end &- 16)..<end) { return at }
            end &-= 16
        }
        return lastStep(wanted, in: range.lowerBound..<max(range.lowerBound, end))
    }

    /// The last of the places at which the word stands.
    private func lastStep(_ wanted: UInt64, in places: Range<Int>) -> Int? {
        var at = places.upperBound &- 1
        while at >= places.lowerBound {
            if word(at) == wanted { return at }
            at &-= 1
        }
        return nil
    }

    @inline(__always) private func sixteen(_ index: Int) -> SIMD16<UInt8> {
        unsafe unsafeLoadUnaligned(fromByteOffset: index, as: SIMD16<UInt8>.self)
    }

    /// Whether the bytes at `offset` are exactly the pattern.
    @inline(__always)
    package func has(_ pattern: StaticString, at offset: Int) -> Bool {
        let n = pattern.utf8CodeUnitCount
        guard offset >= 0, offset &+ n <= byteCount else { return false }
        return unsafe withUnsafeBytes { unsafe memcmp($0.baseAddress! + offset, pattern.utf8Start, n) == 0 }
    }

    /// Whether a range equals the pattern in ASCII without regard to case. The pattern is in lower case.
    @inline(__always)
    package func equals(_ range: Range<Int>, lowercased pattern: StaticString) -> Bool {
        let n = pattern.utf8CodeUnitCount
        guard range.count == n, range.lowerBound >= 0, range.upperBound <= byteCount else { return false }
        let wanted = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(pattern.utf8Start), byteCount: n)
        let at = range.lowerBound
        if n >= 8 {
            var step = 0
            while step &+ 8 < n {
                guard Self.isSame(word(at &+ step), lowercased: wanted.word(step)) else { return false }
                step &+= 8
            }
            return Self.isSame(word(at &+ n &- 8), lowercased: wanted.word(n &- 8))
        }
        for step in 0..<n
        where !Self.isSame(UInt64(byte(at &+ step)), lowercased: UInt64(wanted.byte(step))) {
            return false
        }
        return true
    }

    /// Eight bytes against eight of a pattern in lower case: only under its letters may a bit differ.
    @inline(__always)
    private static func isSame(_ word: UInt64, lowercased pattern: UInt64) -> Bool {
        word | (pattern &>> 1 & pattern & 0x2020_2020_2020_2020) == pattern
    }

    /// Whether two ranges are equal in ASCII without regard to case.
    package func equals(_ one: Range<Int>, _ other: Range<Int>) -> Bool {
        guard one.count == other.count else { return false }
        for step in 0..<one.count {
            let a = byte(one.lowerBound &+ step)
            let b = byte(other.lowerBound &+ step)
            let isLetter = (a | 0x20) >= 0x61 && (a | 0x20) <= 0x7A
            guard a == b || isLetter && a | 0x20 == b | 0x20 else { return false }
        }
        return true
    }

    /// Whether a range equals the bytes at a place of another span.
    package func equals(_ range: Range<Int>, in other: RawSpan, at place: Int) -> Bool {
        guard range.lowerBound >= 0, range.upperBound <= byteCount, place >= 0,
            place &+ range.count <= other.byteCount
        else { return false }
        guard !range.isEmpty else { return true }
        return unsafe withUnsafeBytes { mine in
            unsafe other.withUnsafeBytes { theirs in
                unsafe memcmp(
                    mine.baseAddress! + range.lowerBound, theirs.baseAddress! + place, range.count) == 0
            }
        }
    }

    /// Whether a range equals the bytes at a place of an array.
    @inline(__always)
    package func equals(_ range: Range<Int>, in array: [UInt8], at place: Int) -> Bool {
        equals(range, in: unsafe array.span.bytes, at: place)
    }

    /// Whether a range is UTF-8 (RFC 3629: no surrogates, no overlong forms). ASCII is passed over eight bytes at a time.
    package func isUTF8(_ range: Range<Int>) -> Bool {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        var at = range.lowerBound
        let end = range.upperBound
        while at < end {
            if at &+ 8 <= end, word(at) & 0x8080_8080_8080_8080 == 0 {
                at &+= 8
                continue
            }
            let first = byte(at)
            if first < 0x80 {
                at &+= 1
                continue
            }
            let count = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
            guard first >= 0xC2, first <= 0xF4, at &+ count <= end else { return false }
            let second = byte(at &+ 1)
            let lowest: UInt8 = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80
            let highest: UInt8 = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF
            guard second >= lowest, second <= highest else { return false }
            for place in 2..<max(2, count) where byte(at &+ place) & 0xC0 != 0x80 { return false }
            at &+= count
        }
        return true
    }

    /// The text of a range; invalid UTF-8 becomes replacement characters.
    package func text(_ range: Range<Int>) -> String {
        guard range.lowerBound >= 0, range.upperBound <= byteCount, !range.isEmpty else { return "" }
        return unsafe withUnsafeBytes { unsafe String(decoding: $0[range], as: UTF8.self) }
    }

    package func array(_ range: Range<Int>) -> [UInt8] {
        guard range.lowerBound >= 0, range.upperBound <= byteCount, !range.isEmpty else { return [] }
        return unsafe withUnsafeBytes { unsafe Array($0[range]) }
    }
}

extension [UInt8] {
    /// The bytes, for the length of the call.
    @inlinable @inline(__always) package func withSpan<R>(_ body: (RawSpan) throws -> R) rethrows -> R {
        unsafe try body(span.bytes)
    }

    /// Whether a range equals the bytes at a place of another array.
    package func isSame(_ range: Range<Int>, in other: [UInt8], at place: Int) -> Bool {
        unsafe span.bytes.equals(range, in: other, at: place)
    }

    /// How many bytes from a place on are those of a span at another.
    package func sameCount(_ places: PartialRangeFrom<Int>, as other: RawSpan, at place: Int) -> Int {
        let mine = unsafe span.bytes
        let count = Swift.min(mine.byteCount - places.lowerBound, other.byteCount - place)
        precondition(places.lowerBound >= 0 && place >= 0 && count >= 0)
        let step = 512
        var same = 0
        while same &+ step <= count,
            mine.equals(
                (places.lowerBound &+ same)..<(places.lowerBound &+ same &+ step), in: other,
                at: place &+ same)
        { same &+= step }
        while same &+ 8 <= count {
            let difference = mine.word(places.lowerBound &+ same) ^ other.word(place &+ same)
            guard difference == 0 else { return same &+ difference.trailingZeroBitCount &>> 3 }
            same &+= 8
        }
        while same < count, mine.byte(places.lowerBound &+ same) == other.byte(place &+ same) { same &+= 1 }
        return same
    }
}

extension UInt64 {
    /// Of its eight bytes, the lowest first, which is the first quote, backslash, control character or byte beyond ASCII; 8:
    /// none.
    @inline(__always)
    fileprivate var firstNotPlain: Int {
        (quotesAndBackslashes | (self &- Self.ones &* 0x20) & ~self | self).firstHit
    }

    /// Of its eight bytes, the lowest first, which is the first quote or backslash; 8: none.
    @inline(__always) var firstQuoteOrBackslash: Int { quotesAndBackslashes.firstHit }

    @inline(__always) private static var ones: UInt64 { 0x0101_0101_0101_0101 }

    /// The high bit of a byte is set where it is one; a borrow spoils only what is behind the first.
    @inline(__always) private var quotesAndBackslashes: UInt64 {
        let quotes = self ^ Self.ones &* 0x22
        let slashes = self ^ Self.ones &* 0x5C
        return (quotes &- Self.ones) & ~quotes | (slashes &- Self.ones) & ~slashes
    }

    @inline(__always) private var firstHit: Int {
        (self & (Self.ones &* 0x80)).trailingZeroBitCount &>> 3
    }
}
