extension UInt64 {
    /// Of wyhash (Wang Yi, 2019).
    package static let hashPrimes: InlineArray<4, UInt64> = [
        0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db, 0x8ebc_6af0_9c88_c6e3, 0x5899_65cc_7537_4cc3,
    ]

    /// The halves of the 128-bit product laid over each other.
    @inline(__always) package func folded(by other: UInt64) -> UInt64 {
        let product = multipliedFullWidth(by: other)
        return product.high ^ product.low
    }
}

extension RawSpan {
    /// The hash of a range that follows on what `seed` is the hash of: four lanes of folded multiplies, the shape of wyhash.
    /// The range is checked once.
    package func blockHash(at start: Int, count: Int, seed: UInt64) -> UInt64 {
        precondition(start >= 0 && count >= 0 && start <= byteCount && count <= byteCount - start)
        return unsafe withUnsafeBytes { bytes in
            let primes = UInt64.hashPrimes
            var a = seed
            var b = seed ^ primes[1]
            var c = seed ^ primes[2]
            var d = seed ^ primes[3]
            guard var at = unsafe bytes.baseAddress.map({ unsafe $0 + start }) else {
                return (a ^ c ^ primes[0]).folded(by: b ^ d ^ seed)
            }
            var left = count
            while left >= 64 {
                let words = unsafe at.loadUnaligned(as: SIMD8<UInt64>.self)
                a = (words[0] ^ primes[0]).folded(by: words[1] ^ a)
                b = (words[2] ^ primes[1]).folded(by: words[3] ^ b)
                c = (words[4] ^ primes[2]).folded(by: words[5] ^ c)
                d = (words[6] ^ primes[3]).folded(by: words[7] ^ d)
                unsafe at += 64
                left &-= 64
            }
            while left > 0 {
                a = unsafe (a ^ UInt64(at.load(as: UInt8.self))).folded(by: primes[1])
                unsafe at += 1
                left &-= 1
            }
            return (a ^ c ^ primes[0]).folded(by: b ^ d ^ seed)
        }
    }
}
