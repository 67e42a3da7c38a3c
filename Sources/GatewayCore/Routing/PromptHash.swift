/// Chained hashes of a prompt's blocks: equal chains mean equal prefixes.
///
/// Keyed by a secret of the process, so that nobody outside can make collisions.
package struct PromptHash: Sendable {
    /// Longer prompts are matched up to here.
    package static let promptBytes = 1 << 20

    /// Where two prompts part within a block is found to so many bytes: about the 16 tokens of an engine's smallest block.
    package static let partBytes = 64

    /// The secret of this process.
    private let key: UInt64
    package let blockBytes: Int

    /// - Parameter blockBytes: a multiple of 64.
    package init(key: UInt64, blockBytes: Int) {
        self.key = key
        self.blockBytes = max(64, blockBytes)
    }

    package var blockLimit: Int { Self.promptBytes / blockBytes }

    /// Where the chains of a model begin.
    package func root(model: UInt64) -> UInt64 { model ^ key }

    /// Appends one hash for each full block of the prompt.
    /// - Parameter root: what must be equal besides the text, made from `root(model:)`.
    package func append(blocksOf prompt: RawSpan, root: UInt64, to chain: inout [UInt64]) {
        let blocks = min(prompt.byteCount / blockBytes, blockLimit - chain.count)
        var hash = root
        // A block's own hash waits for no other: a core works on several at a time.
        for block in 0..<max(0, blocks) {
            let own = prompt.blockHash(at: block &* blockBytes, count: blockBytes, seed: key)
            hash = Self.combine(own, hash)
            chain.append(hash)
        }
    }

    /// Appends the hashes of a part that stands before the text that grows: its last block may be a short one.
    /// Returns the root of what follows.
    package func append(wholePart part: RawSpan, root: UInt64, to chain: inout [UInt64]) -> UInt64 {
        var hash = root
        for start in stride(from: 0, to: part.byteCount, by: blockBytes) {
            let count = min(blockBytes, part.byteCount - start)
            hash = part.blockHash(at: start, count: count, seed: hash ^ UInt64(blockBytes - count))
            if chain.count < blockLimit { chain.append(hash) }
        }
        return hash
    }

    /// The hash of a block's text up to the end of one of its parts.
    /// - Parameters:
    ///   - part: from 0 on, each of `partBytes`.
    ///   - seed: the hash of what stands before the block, or at the part before.
    /// - Returns: nil: the block itself ends there, or the text ends before.
    package func part(_ part: Int, of text: RawSpan, block start: Int, seed: UInt64) -> UInt64? {
        let at = start &+ part &* Self.partBytes
        guard (part &+ 1) &* Self.partBytes < blockBytes, at &+ Self.partBytes <= text.byteCount else {
            return nil
        }
        return text.blockHash(at: at, count: Self.partBytes, seed: seed)
    }

    /// A hash of short bytes (a model's name, a session's id). Not keyed: equal in every process.
    package static func of(_ bytes: RawSpan, _ range: Range<Int>) -> UInt64 {
        var hash: UInt64 = UInt64.hashPrimes[0] ^ UInt64(range.count)
        for index in range { hash = (hash ^ UInt64(bytes.byte(index))).folded(by: UInt64.hashPrimes[1]) }
        return hash
    }

    package static func of(text: String) -> UInt64 {
        var hash: UInt64 = UInt64.hashPrimes[0] ^ UInt64(text.utf8.count)
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)).folded(by: UInt64.hashPrimes[1]) }
        return hash
    }

    package static func combine(_ a: UInt64, _ b: UInt64) -> UInt64 {
        (a ^ UInt64.hashPrimes[2]).folded(by: b ^ UInt64.hashPrimes[3])
    }
}
