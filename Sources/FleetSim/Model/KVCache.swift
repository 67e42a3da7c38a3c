import GatewayCore

/// The blocks of an engine's KV cache: reference counts, reuse by chained hash, and eviction of the block that has
/// been free the longest (vLLM V1's block pool).
package struct KVCache: Sendable {
    private static let none = BlockIndex.none

    /// Tokens in a block: 16 as vLLM has it, or what a trace's hashes stand for.
    package let blockTokens: Int

    private struct Block {
        var references: Int32 = 0
        /// Whether it has content that is found by its hash.
        var isFindable = false
        var hash: UInt64 = 0
        var before: Int32
        var after: Int32
    }

    private var blocks: [Block]
    private var byHash: BlockIndex
    /// The free list, the next to be evicted first.
    private var oldest: Int32
    private var newest: Int32
    package private(set) var freeCount: Int
    /// Blocks that lost their content to another.
    package private(set) var evictions = 0
    /// What became findable and what no longer is, in order, since somebody took it; nil: nobody wants to know.
    package var changes: [CacheChange]?

    package init(blockCount: Int, blockTokens: Int = 16) {
        self.blockTokens = blockTokens
        byHash = BlockIndex(capacity: blockCount)
        blocks = (0..<blockCount).map { index in
            Block(before: Int32(index) - 1, after: index + 1 < blockCount ? Int32(index) + 1 : Self.none)
        }
        freeCount = blockCount
        oldest = blockCount > 0 ? 0 : Self.none
        newest = Int32(blockCount) - 1
    }

    package var blockCount: Int { blocks.count }
    package var usedCount: Int { blocks.count - freeCount }
    /// Share of blocks that requests hold, 0...1.
    package var usage: Double { blocks.isEmpty ? 0 : Double(usedCount) / Double(blocks.count) }
    /// Blocks with content that can be found, held or free.
    package var cachedCount: Int { byHash.count }

    /// How many blocks from a chain's start are cached, and how many of those nobody holds.
    package func lookUp(_ chain: ArraySlice<UInt64>) -> (cached: Int, unheld: Int) {
        var cached = 0
        var unheld = 0
        for hash in chain {
            guard let index = byHash[hash] else { break }
            cached += 1
            if blocks[Int(index)].references == 0 { unheld += 1 }
        }
        return (cached, unheld)
    }

    /// How many blocks from a chain's start are cached.
    package func depth(of chain: [UInt64]) -> Int { lookUp(chain[...]).cached }

    /// Holds the cached blocks of a chain, which `lookUp` has found.
    package mutating func hold(_ chain: ArraySlice<UInt64>) -> [Int32] {
        chain.map { hash in
            guard let index = byHash[hash] else {
                preconditionFailure("hold() of a block that is not cached")
            }
            if blocks[Int(index)].references == 0 { unlink(index) }
            blocks[Int(index)].references += 1
            return index
        }
    }

    /// Holds a block without content, which may evict a cached one; nil when all are held.
    package mutating func take() -> Int32? {
        guard oldest != Self.none else { return nil }
        let index = oldest
        unlink(index)
        forget(index)
        blocks[Int(index)].references = 1
        return index
    }

    /// Makes a held block findable. Content that another block has already stays with that one.
    package mutating func publish(_ index: Int32, hash: UInt64) {
        guard !blocks[Int(index)].isFindable, byHash[hash] == nil else { return }
        blocks[Int(index)].hash = hash
        blocks[Int(index)].isFindable = true
        byHash.insert(hash, block: index)
        changes?.append(.stored(hash))
    }

    /// Lets go of a request's blocks. Its last ones become the first to be evicted, so that shared beginnings stay.
    package mutating func release(_ held: [Int32]) {
        for index in held.reversed() {
            blocks[Int(index)].references -= 1
            precondition(blocks[Int(index)].references >= 0, "a block was released twice")
            if blocks[Int(index)].references == 0 { append(index) }
        }
    }

    private mutating func forget(_ index: Int32) {
        guard blocks[Int(index)].isFindable else { return }
        byHash.remove(blocks[Int(index)].hash)
        changes?.append(.removed(blocks[Int(index)].hash))
        blocks[Int(index)].isFindable = false
        evictions += 1
    }

    private mutating func append(_ index: Int32) {
        blocks[Int(index)].before = newest
        blocks[Int(index)].after = Self.none
        if newest == Self.none { oldest = index } else { blocks[Int(newest)].after = index }
        newest = index
        freeCount += 1
    }

    private mutating func unlink(_ index: Int32) {
        let block = blocks[Int(index)]
        if block.before == Self.none {
            oldest = block.after
        } else {
            blocks[Int(block.before)].after = block.after
        }
        if block.after == Self.none {
            newest = block.before
        } else {
            blocks[Int(block.after)].before = block.before
        }
        freeCount -= 1
    }

    /// What is wrong with the books; nil when all is right. For tests, as it walks every block.
    package func inconsistency() -> String? {
        var free = 0
        var index = oldest
        while index != Self.none, free <= blocks.count {
            if blocks[Int(index)].references != 0 { return "block \(index) is free and held" }
            free += 1
            index = blocks[Int(index)].after
        }
        if free != freeCount { return "\(free) blocks in the free list, \(freeCount) counted" }
        if blocks.filter({ $0.references == 0 }).count != free { return "a block is neither held nor free" }
        if blocks.contains(where: { $0.references < 0 }) { return "a negative reference count" }
        for (hash, index) in byHash.entries
        where blocks[Int(index)].hash != hash || !blocks[Int(index)].isFindable {
            return "block \(index) is found by a hash that is not its own"
        }
        return nil
    }
}
