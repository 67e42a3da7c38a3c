/// Everything that is known of what nodes hold, behind the mutex of `KVPresence`.
struct PresenceBook: Sendable {
    /// A block of one engine, by the engine's own name for it.
    struct Block: Sendable {
        /// Hash of the prompt's tokens up to the block's end.
        var hash: TokenHash
        /// Tokens up to there.
        var tokens: UInt32
        /// vLLM keeps equal blocks of two prompts that were computed at once, and tells of each.
        var copies: UInt32
    }

    /// The events of one node.
    struct Feed: Sendable {
        var status = KVFeedStatus()
        var blocks: [UInt64: Block] = [:]
        /// The group of a hybrid model that is followed: the first one that was told of.
        var group: Int?
        /// Positions between two ends of blocks; 1 until the block size is told, nil: no position is ever at an end.
        var stride: Int? = 1
    }

    /// Feeds whose blocks end at the same positions.
    struct StrideClass: Sendable {
        var stride: Int
        /// A bit for each feed.
        var members: [UInt64]
    }

    static let adapterLimit = 1024
    /// Of one feed's dictionary.
    static let bytesPerBlock = 48

    let key: UInt64
    let words: Int
    let blockLimit: Int
    var feeds: [Feed]
    var positions: PositionTable
    var texts: TextTable
    var classes: [StrideClass] = []
    /// `PromptHash.of` the names of adapters that events told of.
    var adapters: Set<UInt64> = []
    /// Scratch of a walk.
    var alive: [UInt64] = []

    /// - Parameter bytes: of memory at most, in all.
    init(feeds count: Int, key: UInt64, bytes: Int) {
        self.key = key
        words = (count + 63) / 64
        feeds = Array(repeating: Feed(), count: count)
        // Half for positions, a quarter for texts, a quarter for the engines' names; no more than for 2 million tokens a node.
        let positionBytes = PositionTable.bytesPerPosition(feeds: count)
        let positions = min(count * 131_072, bytes / 2 / positionBytes)
        let texts = min(count * 262_144, bytes / 4 / TextTable.bytesPerBlock)
        self.positions = PositionTable(positions: positions / 2, feeds: count)
        self.texts = TextTable(blocks: texts / 2)
        blockLimit = count == 0 ? 0 : min(262_144, bytes / 4 / count / Self.bytesPerBlock)
        sortIntoClasses()
    }

    // MARK: events

    mutating func apply(_ event: KVEvent, feed: Int) {
        switch event {
        case .cleared:
            forget(feed)
            feeds[feed].status.isWhole = true
        case .removed(let hashes, let group):
            guard follows(group, feed) else { return }
            for hash in hashes { remove(hash.short, feed) }
        case .stored(let blocks):
            guard follows(blocks.group, feed) else {
                feeds[feed].status.passedOver += 1
                return
            }
            store(blocks, feed)
        }
    }

    private mutating func follows(_ group: Int?, _ feed: Int) -> Bool {
        guard let group else { return true }
        if feeds[feed].group == nil { feeds[feed].group = group }
        return feeds[feed].group == group
    }

    private mutating func store(_ blocks: KVStoredBlocks, _ feed: Int) {
        guard blocks.blockSize > 0, blocks.tokens.count == blocks.hashes.count * blocks.blockSize else {
            return
        }
        noteBlockSize(blocks.blockSize, feed)
        var hash: TokenHash
        var count: UInt32 = 0
        if let parent = blocks.parent {
            guard let known = feeds[feed].blocks[parent.short] else {
                feeds[feed].status.orphans += blocks.hashes.count
                return
            }
            (hash, count) = (known.hash, known.tokens)
        } else {
            hash = TokenHash(key: key, adapter: noteAdapter(blocks.adapter))
        }
        for (index, name) in blocks.hashes.enumerated() {
            if index < blocks.extras.count { hash.append(extra: blocks.extras[index]) }
            let start = index * blocks.blockSize
            for token in start..<(start + blocks.blockSize) { hash.append(blocks.tokens[token]) }
            count &+= UInt32(blocks.blockSize)
            guard add(name.short, Block(hash: hash, tokens: count, copies: 1), feed) else { return }
        }
    }

    /// False when there is no room for it.
    private mutating func add(_ name: UInt64, _ block: Block, _ feed: Int) -> Bool {
        if let known = feeds[feed].blocks[name] {
            guard known.hash == block.hash else { return true }
            feeds[feed].blocks[name]?.copies += 1
            return true
        }
        guard feeds[feed].blocks.count < blockLimit else {
            feeds[feed].status.beyondLimit += 1
            return false
        }
        feeds[feed].blocks[name] = block
        if Int(block.tokens) % PositionTable.step == 0 { positions.hold(block.hash.value, feed: feed) }
        return true
    }

    private mutating func remove(_ name: UInt64, _ feed: Int) {
        guard var block = feeds[feed].blocks[name] else { return }
        block.copies -= 1
        guard block.copies == 0 else {
            feeds[feed].blocks[name] = block
            return
        }
        feeds[feed].blocks[name] = nil
        if Int(block.tokens) % PositionTable.step == 0 { positions.release(block.hash.value, feed: feed) }
    }

    /// The node holds nothing that is known.
    mutating func forget(_ feed: Int) {
        for block in feeds[feed].blocks.values where Int(block.tokens) % PositionTable.step == 0 {
            positions.release(block.hash.value, feed: feed)
        }
        feeds[feed].blocks = [:]
    }

    private mutating func noteAdapter(_ name: String?) -> UInt64 {
        guard let name else { return 0 }
        let hash = PromptHash.of(text: name)
        if adapters.count < Self.adapterLimit { adapters.insert(hash) }
        return hash
    }

    // MARK: block sizes

    /// An engine's blocks are as large as the largest: smaller ones are the beginnings of such.
    private mutating func noteBlockSize(_ size: Int, _ feed: Int) {
        guard size > feeds[feed].status.blockSize ?? 0 else { return }
        feeds[feed].status.blockSize = size
        let step = PositionTable.step
        feeds[feed].stride = size % step == 0 ? size / step : step % size == 0 ? 1 : nil
        if feeds[feed].stride == nil {
            feeds[feed].status.problem =
                "its KV blocks of \(size) tokens are followed only when \(step) divides them or is divided by them;"
                + " set the engine's block size to a multiple of \(step)"
        }
        sortIntoClasses()
    }

    private mutating func sortIntoClasses() {
        classes = []
        for (index, feed) in feeds.enumerated() {
            guard let stride = feed.stride else { continue }
            let place: Int
            if let known = classes.firstIndex(where: { $0.stride == stride }) {
                place = known
            } else {
                place = classes.count
                classes.append(StrideClass(stride: stride, members: Array(repeating: 0, count: words)))
            }
            classes[place].members[index / 64] |= 1 << UInt64(index % 64)
        }
    }
}
