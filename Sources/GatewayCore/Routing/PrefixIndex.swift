import Synchronization

/// Which nodes probably hold which prefix: the gateway's own memory of what it sent where.
///
/// Shards by the first block's hash, a mutex each. In a shard, buckets of four entries; the least recently used one of
/// a bucket gives way. An entry remembers the last eight nodes that were sent its block.
package final class PrefixIndex: Sendable {
    package static let holdersPerBlock = 8
    private static let none = UInt16.max

    private struct Entry {
        var key: UInt64 = 0
        var lastUse: UInt32 = 0
        /// Most recent first.
        var holders = InlineArray<8, UInt16>(repeating: PrefixIndex.none)
    }

    private struct Shard {
        var entries: [Entry]
        let bucketMask: UInt64

        func find(_ key: UInt64) -> Int? {
            let base = Int(key & bucketMask) * 4
            for way in base..<(base + 4) where entries[way].key == key { return way }
            return nil
        }

        /// The place of the key, taking the least recently used one of its bucket when it is new.
        mutating func place(_ key: UInt64) -> Int {
            if let found = find(key) { return found }
            let base = Int(key & bucketMask) * 4
            var oldest = base
            for way in base..<(base + 4) where entries[way].lastUse < entries[oldest].lastUse { oldest = way }
            entries[oldest] = Entry()
            entries[oldest].key = key
            return oldest
        }

        mutating func add(_ node: UInt16, at place: Int) {
            var carried = node
            for slot in 0..<PrefixIndex.holdersPerBlock {
                let previous = entries[place].holders[slot]
                entries[place].holders[slot] = carried
                if previous == node || previous == PrefixIndex.none { return }
                carried = previous
            }
        }

        /// The others close up: a gap would let `add` name a node twice.
        mutating func remove(_ node: UInt16, at place: Int) {
            guard entries[place].holders[0] != PrefixIndex.none else { return }
            var kept = 0
            for slot in 0..<PrefixIndex.holdersPerBlock where entries[place].holders[slot] != node {
                entries[place].holders[kept] = entries[place].holders[slot]
                kept += 1
            }
            for slot in kept..<PrefixIndex.holdersPerBlock { entries[place].holders[slot] = PrefixIndex.none }
        }
    }

    /// A mutex for one shard, in a class so that they can stand in an array.
    private final class Guarded: Sendable {
        let shard: Mutex<Shard>
        init(_ shard: sending Shard) { self.shard = Mutex(shard) }
    }

    private let shards: [Guarded]

    /// - Parameter blocks: how many prompt blocks it remembers, rounded up to a power of two; 32 bytes each.
    package init(blocks: Int = 131_072, shardCount: Int = 8) {
        var buckets = 64
        while buckets * 4 * shardCount < blocks { buckets *= 2 }
        let count = buckets
        byteCount = shardCount * count * 4 * MemoryLayout<Entry>.stride
        shards = (0..<shardCount).map { _ in
            Guarded(
                Shard(entries: Array(repeating: Entry(), count: count * 4), bucketMask: UInt64(count - 1)))
        }
    }

    /// The memory of its entries.
    package let byteCount: Int

    private func shard(of chain: [UInt64]) -> Guarded {
        shards[Int((chain[0] >> 32) % UInt64(shards.count))]
    }

    /// How deep each node's memory of the chain goes: sets `depths[node]` to the number of leading blocks it was sent.
    ///
    /// A node counts as long as every block from the first on names it; the others keep 0.
    package func depths(_ chain: [UInt64], into depths: inout [Int32]) {
        guard !chain.isEmpty else { return }
        shard(of: chain).shard.withLock { shard in
            for (depth, key) in chain.enumerated() {
                guard let place = shard.find(key) else { return }
                var anybody = false
                for slot in 0..<Self.holdersPerBlock {
                    let node = Int(shard.entries[place].holders[slot])
                    guard node < depths.count else { continue }
                    if depths[node] == Int32(depth) {
                        depths[node] = Int32(depth + 1)
                        anybody = true
                    }
                }
                if !anybody { return }
            }
        }
    }

    /// Remembers that a node was sent this chain.
    /// - Parameter now: in seconds above 0, for the least recently used.
    package func insert(_ chain: [UInt64], node: Int, now: UInt32) {
        guard !chain.isEmpty, node < Int(Self.none) else { return }
        shard(of: chain).shard.withLock { shard in
            for key in chain {
                let place = shard.place(key)
                shard.entries[place].lastUse = now
                shard.add(UInt16(node), at: place)
            }
        }
    }

    /// Forgets everything of a node, as when its engine restarted.
    package func forget(node: Int) {
        guard node >= 0, node < Int(Self.none) else { return }
        for guarded in shards {
            guarded.shard.withLock { shard in
                for place in shard.entries.indices { shard.remove(UInt16(node), at: place) }
            }
        }
    }
}
