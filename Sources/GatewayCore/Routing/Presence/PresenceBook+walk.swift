/// How much of a prompt each node holds.
extension PresenceBook {
    /// Sets the tokens that each feed holds, at `nodes[feed]` in `tokens`; a feed that tells nothing leaves what is there.
    ///
    /// A node that holds a block's last position and held the block before holds what is between, since engines evict from a
    /// prompt's end: vLLM frees the last block first (`v1/core/kv_cache_manager.py`, 0.32), SGLang takes leaves. So most nodes
    /// cost one look for each block of text; the place where one ends is found to the position.
    mutating func walk(
        _ chain: [UInt64], parts: KVPresence.Parts, nodes: [Int], into tokens: inout [Int32]
    ) -> LearnedText {
        var learned = LearnedText()
        for index in classes.indices {
            let reached = walk(chain, parts, classes[index], nodes, &tokens)
            if index == 0 || reached.blocks > learned.blocks { learned = reached }
        }
        return learned
    }

    private mutating func walk(
        _ chain: [UInt64], _ parts: KVPresence.Parts, _ group: StrideClass, _ nodes: [Int],
        _ tokens: inout [Int32]
    ) -> LearnedText {
        alive = group.members
        var reached = LearnedText()
        var last = 0
        var isAnyAlive = true
        for key in chain {
            guard isAnyAlive, let place = texts.find(key) else { break }
            let record = texts[place]
            let position = Int(record.end) / group.stride * group.stride
            reached.blocks += 1
            reached.tokens = position * PositionTable.step
            guard position >= record.first else { continue }
            isAnyAlive = goOn(to: position, of: record, group.stride, since: last, nodes, &tokens)
            last = position
        }
        guard isAnyAlive else { return reached }
        let isBegun = goOn(alongPartsOf: reached.blocks, parts, group.stride, &last, nodes, &tokens, &reached)
        guard isBegun || reached.blocks > 0 else { return reached }
        reached.isWhole = reached.isWhole && reached.blocks == chain.count
        for word in 0..<words { report(alive[word], word, held: last, nodes, &tokens) }
        return reached
    }

    /// Goes on within the block behind those that are learned: to the last part of it that is.
    /// - Returns: whether any of it is learned.
    private mutating func goOn(
        alongPartsOf block: Int, _ parts: KVPresence.Parts, _ stride: Int, _ last: inout Int, _ nodes: [Int],
        _ tokens: inout [Int32], _ reached: inout LearnedText
    ) -> Bool {
        var count = 0
        var previous: UInt64?
        var deepest: Int?
        reached.isWhole = true
        while let key = parts(block, count, previous) {
            guard let place = texts.find(key) else {
                reached.isWhole = false
                break
            }
            deepest = place
            previous = key
            count += 1
        }
        guard let deepest else { return false }
        let record = texts[deepest]
        let position = Int(record.end) / stride * stride
        if position >= record.first, position > last {
            _ = goOn(to: position, of: record, stride, since: last, nodes, &tokens)
            last = position
        }
        return true
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
