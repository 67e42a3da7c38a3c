/// Appends numbers and texts to bytes, in the form that `ByteReader` reads.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    /// LEB128: seven bits a byte, low ones first, the high bit says that more follow.
    mutating func number(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func number(_ value: UInt32) { number(UInt64(value)) }
    mutating func number(_ value: UInt16) { number(UInt64(value)) }

    /// A number that is never negative.
    mutating func count(_ value: Int) { number(UInt64(value)) }

    /// Zigzag: 0, -1, 1, -2 become 0, 1, 2, 3, so that small numbers of both signs are short.
    mutating func whole(_ value: Int) { number(UInt64(bitPattern: Int64((value << 1) ^ (value >> 63)))) }

    mutating func bool(_ value: Bool) { bytes.append(value ? 1 : 0) }

    /// How many bytes of the bit pattern are left without the zeros at its low end, then these: 0 takes 1 byte, small
    /// whole numbers 3, any other 9.
    mutating func double(_ value: Double) {
        let bits = value.bitPattern
        let kept = bits == 0 ? 0 : 8 - bits.trailingZeroBitCount / 8
        bytes.append(UInt8(kept))
        for index in 0..<kept { bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(56 - 8 * index))) }
    }

    mutating func text(_ value: String) {
        count(value.utf8.count)
        bytes.append(contentsOf: value.utf8)
    }

    mutating func raw(_ value: some Sequence<UInt8>) { bytes.append(contentsOf: value) }

    /// Room for a count that is known later.
    mutating func reserveCount() -> Int {
        bytes.append(contentsOf: [0, 0])
        return bytes.count - 2
    }

    mutating func setCount(_ count: UInt16, at place: Int) {
        bytes[place] = UInt8(truncatingIfNeeded: count)
        bytes[place + 1] = UInt8(count >> 8)
    }
}
