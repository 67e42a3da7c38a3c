/// Chained hashes of a prompt's blocks: equal chains mean equal prefixes.
///
/// Four lanes of folded 64 x 64 bit multiplies, the shape of wyhash (Wang Yi, 2019), keyed by a secret of the process so
/// that nobody outside can make collisions.
package struct PromptHash: Sendable {
    /// Bytes in a block: some 64 tokens of English text.
    package static let blockBytes = 256
    /// Longer prompts are matched up to here: 1 MB.
    package static let blockLimit = 4096

    private static let primes: InlineArray<4, UInt64> = [
        0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db, 0x8ebc_6af0_9c88_c6e3, 0x5899_65cc_7537_4cc3,
    ]

    /// The secret of this process.
    private let key: UInt64
    package init(key: UInt64) { self.key = key }

    /// Appends one hash for each full block of the prompt.
    /// - Parameter root: what must be equal besides the text: model, adapter, the tenant's salt.
    package func append(blocksOf prompt: RawSpan, root: UInt64, to chain: inout [UInt64]) {
        let blocks = min(prompt.byteCount / Self.blockBytes, Self.blockLimit)
        var hash = root ^ key
        for block in 0..<blocks {
            hash = Self.block(prompt, block &* Self.blockBytes, hash)
            chain.append(hash)
        }
    }

    private static func block(_ bytes: RawSpan, _ start: Int, _ seed: UInt64) -> UInt64 {
        var a = seed
        var b = seed ^ primes[1]
        var c = seed ^ primes[2]
        var d = seed ^ primes[3]
        var offset = start
        let end = start &+ blockBytes
        while offset < end {
            a = fold(bytes.word(offset) ^ primes[0], bytes.word(offset &+ 8) ^ a)
            b = fold(bytes.word(offset &+ 16) ^ primes[1], bytes.word(offset &+ 24) ^ b)
            c = fold(bytes.word(offset &+ 32) ^ primes[2], bytes.word(offset &+ 40) ^ c)
            d = fold(bytes.word(offset &+ 48) ^ primes[3], bytes.word(offset &+ 56) ^ d)
            offset &+= 64
        }
        return fold(a ^ c ^ primes[0], b ^ d ^ seed)
    }

    @inline(__always) private static func fold(_ x: UInt64, _ y: UInt64) -> UInt64 {
        let product = x.multipliedFullWidth(by: y)
        return product.high ^ product.low
    }

    /// A hash of short bytes (a model's name, a session's id). Not keyed: equal in every process.
    package static func of(_ bytes: RawSpan, _ range: Range<Int>) -> UInt64 {
        var hash: UInt64 = primes[0] ^ UInt64(range.count)
        for index in range { hash = fold(hash ^ UInt64(bytes.byte(index)), primes[1]) }
        return hash
    }

    package static func of(text: String) -> UInt64 {
        var hash: UInt64 = primes[0] ^ UInt64(text.utf8.count)
        for byte in text.utf8 { hash = fold(hash ^ UInt64(byte), primes[1]) }
        return hash
    }

    package static func combine(_ a: UInt64, _ b: UInt64) -> UInt64 { fold(a ^ primes[2], b ^ primes[3]) }
}
