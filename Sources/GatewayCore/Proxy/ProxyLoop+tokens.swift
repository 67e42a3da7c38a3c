/// Tokens: what a finished answer tells of its prompt's tokens ties the prompt's text to the blocks of KV events.
extension ProxyLoop {
    mutating func learnTokens(_ fd: Int32) {
        guard !shared.presence.isEmpty, clients[fd].record.usesIDs, !clients[fd].record.promptIDs.isEmpty,
            clients[fd].bodyByteCount > 0, case .model(let model) = matchModel(fd)
        else { return }
        let name = model.map { fleet.models[$0].hash } ?? 0
        hashPrompt(of: fd)
        guard shared.presence.wantsTokens(of: chain) else { return }
        let facts = clients[fd].facts
        let salt = clients[fd].withBody {
            facts.cacheSalt.isEmpty ? 0 : PromptHash.of($0, facts.cacheSalt.range)
        }
        let ids = clients[fd].record.promptIDs.withBytes { Self.numbers($0) }
        shared.presence.learn(
            chain, blockBytes: shared.hash.blockBytes, textBytes: facts.promptBytes, model: name,
            salt: salt, ids: ids)
    }

    /// Decimal numbers with commas, and perhaps spaces, between them.
    private static func numbers(_ bytes: RawSpan) -> [UInt32] {
        var numbers: [UInt32] = []
        var number: UInt32 = 0
        var hasDigit = false
        for index in 0..<bytes.byteCount {
            let byte = bytes.byte(index)
            if (0x30...0x39).contains(byte) {
                number = number &* 10 &+ UInt32(byte - 0x30)
                hasDigit = true
            } else if byte == 0x2C {
                numbers.append(number)
                number = 0
                hasDigit = false
            }
        }
        if hasDigit { numbers.append(number) }
        return numbers
    }
}
