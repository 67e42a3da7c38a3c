/// A set of ASCII characters, asked in the same few instructions whichever they are.
struct ByteSet: Sendable {
    /// Bits of 0x00 to 0x3F, and of 0x40 to 0x7F.
    private let low: UInt64
    private let high: UInt64

    static let digits = ByteSet(low: 0x03FF_0000_0000_0000, high: 0)
    /// Letters, digits, `-`, `.`, `_` and `~` (unreserved in RFC 3986): names of hosts, containers and services.
    static let unreserved = ByteSet(low: 0x03FF_6000_0000_0000, high: 0x47FF_FFFE_87FF_FFFE)
    /// Digits, `a` to `f` in both cases, `:` and `.`: an address of IPv6.
    static let address = ByteSet(low: 0x07FF_4000_0000_0000, high: 0x0000_007E_0000_007E)
    /// tchar of RFC 9110 section 5.6.2.
    static let token = ByteSet(low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE)
    /// Visible but for `#` and `\`.
    static let target = ByteSet(low: 0xFFFF_FFF6_0000_0000, high: 0x7FFF_FFFF_EFFF_FFFF)

    @inline(__always) func contains(_ c: UInt8) -> Bool {
        c < 0x80 && (c & 0x40 == 0 ? low : high) &>> UInt64(c & 0x3F) & 1 != 0
    }
}

extension RawSpan {
    /// The first place in a range of a byte that is not in a set.
    @inline(__always) func first(in range: Range<Int>, outside set: ByteSet) -> Int? {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        var at = range.lowerBound
        while at < range.upperBound {
            guard set.contains(byte(at)) else { return at }
            at &+= 1
        }
        return nil
    }
}
