/// Which tokens lie behind which text.
///
/// Engines tell a prompt's token ids but not where in the text each stands. A record begins with an even spread of the tokens
/// over the text's bytes; other prompts that begin alike then correct it, since the tokens that two prompts share end where
/// their texts part, within one block.
extension PresenceBook {
    /// A prompt's text and tokens together.
    struct Prompt {
        var chain: [UInt64]
        /// Of a block of the chain.
        var blockBytes: Int
        /// Bytes that the engine puts before the text that is in blocks.
        var headBytes: Int
        /// Bytes of the text that is in blocks.
        var textBytes: Int
        /// Of the tokens up to each position, from position 1 on.
        var hashes: [UInt64]
    }

    func isLearned(_ chain: [UInt64]) -> Bool { chain.last.map { texts.find($0) != nil } ?? true }

    mutating func learn(_ prompt: Prompt) {
        let hashes = prompt.hashes
        var (known, position) = confirm(prompt)
        if known > 0, known < prompt.chain.count {
            position = correct(prompt, block: known - 1, from: position)
        }
        let textBytes = Double(max(1, prompt.textBytes - known * prompt.blockBytes))
        let head = known > 0 ? 0 : Double(max(0, prompt.headBytes))
        let rest = Double(hashes.count - position)
        for block in known..<prompt.chain.count {
            let bytes = head + Double((block + 1 - known) * prompt.blockBytes)
            let share = min(1, bytes / (head + textBytes))
            let end = max(position, min(hashes.count, Int((Double(position) + rest * share).rounded(.down))))
            let start = block == known ? position : endOf(prompt.chain[block - 1])
            texts.set(prompt.chain[block], to: TextRecord(hashes, from: start, to: max(start, end)))
        }
        for hash in hashes { positions.learn(hash) }
    }

    private func endOf(_ key: UInt64) -> Int { texts.find(key).map { Int(texts[$0].end) } ?? 0 }

    /// Goes along the blocks that are learned. One whose tokens are not this prompt's reached too far: it is cut back, and those
    /// behind it are learned anew.
    /// - Returns: how many blocks hold, and the position at their end.
    private mutating func confirm(_ prompt: Prompt) -> (blocks: Int, position: Int) {
        var end = 0
        for (index, key) in prompt.chain.enumerated() {
            guard let place = texts.find(key) else { return (index, end) }
            let record = texts[place]
            var agreed = end
            for position in stride(from: record.first, through: Int(record.end), by: 1) {
                guard position <= prompt.hashes.count,
                    prompt.hashes[position - 1] == record.hash(at: position)
                else { break }
                agreed = position
            }
            guard agreed == Int(record.end) || record.first > Int(record.end) else {
                texts.set(key, to: TextRecord(prompt.hashes, from: end, to: agreed))
                return (index + 1, agreed)
            }
            texts.touch(place)
            end = Int(record.end)
        }
        return (prompt.chain.count, end)
    }

    /// The texts part behind a block: the tokens that both have end within the next block, so this block's end is no further
    /// back than a block's worth of tokens from there.
    /// - Returns: the position at the block's end.
    private mutating func correct(_ prompt: Prompt, block: Int, from position: Int) -> Int {
        var shared = position
        while shared < prompt.hashes.count, positions.knows(prompt.hashes[shared]) { shared += 1 }
        let all = prompt.headBytes + prompt.textBytes
        let perBlock = (prompt.hashes.count * prompt.blockBytes + all - 1) / max(1, all)
        let least = min(prompt.hashes.count, shared - perBlock)
        guard least > position else { return position }
        let start = block > 0 ? endOf(prompt.chain[block - 1]) : 0
        texts.set(prompt.chain[block], to: TextRecord(prompt.hashes, from: start, to: least))
        return least
    }
}
