/// How much of a prompt each node holds.
extension PresenceBook {
    /// Sets the tokens that each feed holds, at `nodes[feed]` in `tokens`; a feed that tells nothing leaves what is there.
    ///
    /// A node that holds a block's last position and held the block before holds what is between, since engines evict from a
    /// prompt's end: vLLM frees the last block first (`v1/core/kv_cache_manager.py`, 0.32), SGLang takes leaves. So most nodes
    /// cost one look for each block of text; the place where one ends is found to the position.
    /// - Returns: how far the text is learned, in its own blocks and in tokens.
    mutating func walk(_ chain: [UInt64], nodes: [Int], into tokens: inout [Int32]) -> (
        blocks: Int, tokens: Int
    ) {
        guard let first = chain.first, texts.find(first) != nil else { return (0, 0) }
        var learned = (blocks: 0, tokens: 0)
        for index in classes.indices {
            let reached = walk(chain, classes[index], nodes, &tokens)
            if reached.blocks > learned.blocks { learned = reached }
        }
        return learned
    }

    private mutating func walk(
        _ chain: [UInt64], _ group: StrideClass, _ nodes: [Int], _ tokens: inout [Int32]
    ) -> (blocks: Int, tokens: Int) {
        alive = group.members
        var reached = (blocks: 0, tokens: 0)
        var last = 0
        var isAnyAlive = true
        for key in chain {
            guard isAnyAlive, let place = texts.find(key) else { break }
            let record = texts[place]
            reached = (reached.blocks + 1, Int(record.end) * PositionTable.step)
            let position = Int(record.end) / group.stride * group.stride
            guard position >= record.first else { continue }
            isAnyAlive = goOn(to: position, of: record, group.stride, since: last, nodes, &tokens)
            last = position
        }
        for word in 0..<words {
            report(alive[word], word, held: last, nodes, &tokens)
        }
        return reached
    }

    /// Drops the feeds that do not hold a position, and reports where they end. False when none is left.
    private mutating func goOn(
        to position: Int, of record: TextRecord, _ stride: Int, since last: Int, _ nodes: [Int],
        _ tokens: inout [Int32]
    ) -> Bool {
        let place = positions.find(record.hash(at: position))
        var isAnyAlive = false
        for word in 0..<words {
            let holders = place.map { positions.holders($0, word) } ?? 0
            let ended = alive[word] & ~holders
            alive[word] &= holders
            if alive[word] != 0 { isAnyAlive = true }
            if ended != 0 {
                findEnd(ended, word, before: position, record, stride, since: last, nodes, &tokens)
            }
        }
        return isAnyAlive
    }

    /// Which of a record's earlier positions these feeds hold.
    private func findEnd(
        _ feeds: UInt64, _ word: Int, before end: Int, _ record: TextRecord, _ stride: Int, since last: Int,
        _ nodes: [Int], _ tokens: inout [Int32]
    ) {
        var left = feeds
        var held = last
        var position = (record.first + stride - 1) / stride * stride
        while position < end, left != 0 {
            let place = positions.find(record.hash(at: position))
            let holders = place.map { positions.holders($0, word) } ?? 0
            report(left & ~holders, word, held: held, nodes, &tokens)
            left &= holders
            held = position
            position += stride
        }
        report(left, word, held: held, nodes, &tokens)
    }

    private func report(
        _ bits: UInt64, _ word: Int, held position: Int, _ nodes: [Int], _ tokens: inout [Int32]
    ) {
        var left = bits
        while left != 0 {
            let feed = word &* 64 &+ left.trailingZeroBitCount
            left &= left &- 1
            // Of a cache that is known in part, nothing held is nothing known.
            guard feeds[feed].status.isLive, position > 0 || feeds[feed].status.isWhole,
                nodes[feed] < tokens.count
            else { continue }
            tokens[nodes[feed]] = Int32(clamping: position &* PositionTable.step)
        }
    }
}
