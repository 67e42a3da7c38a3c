// The prompt as the engine's cache sees it.
extension BodyFacts {
    /// Of all that becomes the prompt.
    package var promptBytes: Int { prompt.range.count + system.range.count + tools.range.count }

    /// Appends the prompt's blocks in the order in which chat templates put its parts, whatever the body's own: tools,
    /// system, messages. A longer conversation begins with the chain of the shorter one.
    /// - Parameter model: hash of the name asked for, which may be an adapter's.
    package func appendChain(_ body: RawSpan, model: UInt64, hash: PromptHash, to chain: inout [UInt64]) {
        guard !prompt.isEmpty, prompt.range.upperBound <= body.byteCount else { return }
        var root = hash.root(model: model)
        for (place, salt) in [cacheSalt, extraKey, adapter].enumerated() where !salt.isEmpty {
            root = PromptHash.combine(root ^ UInt64(place), PromptHash.of(body, salt.range))
        }
        for part in [tools, system] where Self.isSet(part, body) {
            root = hash.append(wholePart: body.extracting(part.range), root: root, to: &chain)
        }
        hash.append(blocksOf: body.extracting(prompt.range), root: root, to: &chain)
    }

    /// Neither left out nor null nor empty.
    private static func isSet(_ value: ByteRange, _ bytes: RawSpan) -> Bool {
        value.range.count > 2 && bytes.byte(value.range.lowerBound) != 0x6E
    }
}
