/// The forms of a request target (RFC 9112 section 3.2) and what they come to at a gateway that serves one authority.
enum RequestTarget {
    /// Path and query; also `*`.
    case origin(Range<Int>)
    /// `http://authority/path?query`; the path may be empty.
    case absolute(authority: Range<Int>, path: Range<Int>)
    case refused(status: Int, reason: StaticString)

    /// - Parameter method: CONNECT has a form of its own, and only OPTIONS may ask `*`.
    init(_ bytes: RawSpan, _ range: Range<Int>, method: Range<Int>) {
        let at = range.lowerBound
        if method.count == 7, bytes.has("CONNECT", at: method.lowerBound) {
            self = .refused(status: 501, reason: "CONNECT is not spoken here: this is no tunnel")
        } else if let index = bytes.firstOutsideTarget(range) {
            self = .refused(
                status: 400,
                reason: bytes.byte(index) == 0x23
                    ? "a request's target has no fragment"
                    : "the request's target has a character that must be percent-encoded")
        } else if bytes.byte(at) == 0x2F {
            self = .origin(range)
        } else if range.count > 7, bytes.equals(at..<(at + 7), lowercased: "http://") {
            self = Self.absolute(bytes, (at + 7)..<range.upperBound)
        } else if range.count == 1, bytes.byte(at) == 0x2A, method.count == 7,
            bytes.has("OPTIONS", at: method.lowerBound)
        {
            self = .origin(range)
        } else {
            self = .refused(status: 400, reason: "the request's target must be a path or an http:// URL")
        }
    }

    private static func absolute(_ bytes: RawSpan, _ rest: Range<Int>) -> RequestTarget {
        let end = rest.first { bytes.byte($0) == 0x2F || bytes.byte($0) == 0x3F } ?? rest.upperBound
        guard isAuthority(bytes, rest.lowerBound..<end) else {
            return .refused(status: 400, reason: "the authority of the request's target is malformed")
        }
        return .absolute(authority: rest.lowerBound..<end, path: end..<rest.upperBound)
    }

    /// A name or an address with or without a port: no user, no path, no list (RFC 3986 section 3.2, without userinfo,
    /// which RFC 9110 section 4.2.4 forbids).
    static func isAuthority(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        var end = range.upperBound
        while end > range.lowerBound, ByteSet.digits.contains(bytes.byte(end - 1)) { end -= 1 }
        let hasPort = end > range.lowerBound && bytes.byte(end - 1) == 0x3A
        let host = range.lowerBound..<(hasPort ? end - 1 : range.upperBound)
        guard let first = host.first, range.upperBound - end <= 5 || !hasPort else { return false }
        if bytes.byte(first) == 0x5B {
            guard host.count > 3, bytes.byte(host.upperBound - 1) == 0x5D else { return false }
            let address = (host.lowerBound + 1)..<(host.upperBound - 1)
            return bytes.first(in: address, outside: .address) == nil
        }
        return bytes.first(in: host, outside: .unreserved) == nil
    }
}

extension RawSpan {
    /// The first byte that a target may not have: what is not visible ASCII, and what readers take differently, a
    /// fragment's `#` and a backslash that some read as a slash. Eight are looked at at a time.
    fileprivate func firstOutsideTarget(_ range: Range<Int>) -> Int? {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var at = range.lowerBound
        while at &+ 8 <= range.upperBound {
            let word = word(at)
            let (hash, slash, delete) = (word ^ ones &* 0x23, word ^ ones &* 0x5C, word ^ ones &* 0x7F)
            let low = (word &- ones &* 0x21) & ~word
            let equal = (hash &- ones) & ~hash | (slash &- ones) & ~slash | (delete &- ones) & ~delete
            if (low | equal | word) & (ones &* 0x80) != 0 { break }
            at &+= 8
        }
        return first(in: at..<range.upperBound, outside: .target)
    }
}
