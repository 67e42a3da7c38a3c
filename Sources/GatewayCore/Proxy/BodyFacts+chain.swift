// The prompt as the engine's cache sees it.
extension BodyFacts {
    /// Of all that becomes the prompt.
    package var promptBytes: Int { prompt.range.count + headBytes }

    /// Of what templates put before the text that grows.
    private var headBytes: Int { system.range.count + tools.range.count }

    /// Appends the prompt's blocks in the order in which chat templates put its parts, whatever the body's own: tools,
    /// system, messages. A longer conversation begins with the chain of the shorter one.
    /// - Parameter model: hash of the name asked for, which may be an adapter's.
    package func appendChain(_ body: RawSpan, model: UInt64, hash: PromptHash, to chain: inout [UInt64]) {
        guard !prompt.isEmpty, prompt.range.upperBound <= body.byteCount else { return }
        let root = appendHead(body, model: model, hash: hash, to: &chain)
        hash.append(blocksOf: body.extracting(prompt.range), root: root, to: &chain)
    }

    /// Appends the blocks of tools and system; returns the root of the messages'.
    private func appendHead(
        _ body: RawSpan, model: UInt64, hash: PromptHash, to chain: inout [UInt64]
    ) -> UInt64 {
        var root = root(body, model: model, hash: hash)
        for part in [tools, system] where Self.isSet(part, body) {
            root = hash.append(wholePart: body.extracting(part.range), root: root, to: &chain)
        }
        return root
    }

    private func root(_ body: RawSpan, model: UInt64, hash: PromptHash) -> UInt64 {
        var root = hash.root(model: model)
        for (place, salt) in [cacheSalt, extraKey, adapter].enumerated() where !salt.isEmpty {
            root = PromptHash.combine(root ^ UInt64(place), PromptHash.of(body, salt.range))
        }
        return root
    }

    /// The hash at the end of a part of a block, for where a prompt leaves a known one.
    /// - Parameters:
    ///   - chain: of this prompt.
    ///   - block: its place in the chain, or the one behind the last.
    ///   - previous: the hash at the part before; nil: it is the block's first.
    /// - Returns: nil: there is no such part.
    package func partHash(
        _ body: RawSpan, model: UInt64, hash: PromptHash, chain: [UInt64], block: Int, part: Int,
        after previous: UInt64?
    ) -> UInt64? {
        guard chain.count < hash.blockLimit, !prompt.isEmpty else { return nil }
        let text = body.extracting(prompt.range)
        let place = block - (chain.count - text.byteCount / hash.blockBytes)
        guard place >= 0 else { return nil }
        let seed = previous ?? (block > 0 ? chain[block - 1] : root(body, model: model, hash: hash))
        return hash.part(part, of: text, block: place * hash.blockBytes, seed: seed)
    }

    /// The places of the prompt's text, and of what follows it, that tokens are tied to.
    /// - Parameter answer: what stands behind the prompt when the conversation goes on.
    package func marks(
        _ body: RawSpan, answer: borrowing ByteQueue, model: UInt64, hash: PromptHash
    ) -> [TextMark] {
        guard !prompt.isEmpty, prompt.range.upperBound <= body.byteCount else { return [] }
        var head: [UInt64] = []
        let root = appendHead(body, model: model, hash: hash, to: &head)
        var marks = head.enumerated().map { index, key in
            TextMark(key: key, bytes: min(headBytes, (index + 1) * hash.blockBytes), endsBlock: true)
        }
        var text = ByteQueue()
        text.append(body, prompt.range)
        answer.withBytes { text.append($0) }
        text.withBytes {
            hash.append(marksOf: $0, behind: headBytes, blocks: head.count, root: root, to: &marks)
        }
        return marks
    }

    /// Neither left out nor null nor empty.
    private static func isSet(_ value: ByteRange, _ bytes: RawSpan) -> Bool {
        value.range.count > 2 && bytes.byte(value.range.lowerBound) != 0x6E
    }
}
