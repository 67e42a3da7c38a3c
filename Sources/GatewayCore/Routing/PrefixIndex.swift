import Synchronization

/// Which nodes probably hold which prefix: the gateway's own memory of what it sent where, with a model of what each
/// node's cache has evicted since.
///
/// Shards by a chain's first hash, a mutex each; in a shard a tree of segments (`PrefixIndexShard`), so that the cost
/// goes with the branches of a chain and not with its blocks. A clock for each node (`PrefixIndexClock`) says which
/// stamps are gone; forgetting or ageing a node moves that bound and touches no segment.
/// Lock order: a shard, then a node's clock.
package final class PrefixIndex: Sendable {
    /// Nodes from here on are never believed to hold anything.
    package static let nodeLimit = 16_384
    private static let clockStripes = 16

    /// A mutex in a class, so that they can stand in an array.
    private final class Shard: Sendable {
        let tree = Mutex(PrefixIndexShard())
        /// When its least recently used segment was used, in seconds; `UInt32.max`: it has none.
        let oldestUse = Atomic(UInt32.max)
    }

    private final class Clocks: Sendable {
        /// Of the nodes whose index has the stripe's number as its remainder.
        let clocks = Mutex<[PrefixIndexClock]>([])
    }

    private let shards: [Shard]
    private let clocks: [Clocks]
    /// The oldest generation of each node that is still present, as its clock last said.
    private let horizons: InlineArray<16_384, Atomic<UInt32>>
    /// Blocks that each node is believed to hold, as its clock last said.
    private let totals: InlineArray<16_384, Atomic<Int>>
    private let bytes = Atomic(0)
    private let evicted = Atomic(0)
    /// The last second in which nodes without a known capacity were looked at.
    private let sweptAt = Atomic<UInt32>(0)

    /// What its segments may take; the least recently used ones give way.
    package let byteLimit: Int
    /// What its segments take, with the allocator's own bytes as an estimate.
    package var byteCount: Int { bytes.load(ordering: .relaxed) }
    /// Segments that gave way because of the limit.
    package var evictions: Int { evicted.load(ordering: .relaxed) }

    /// Room for what a node of today holds (10,000 blocks of 512 tokens with host memory, 80,000 of 256 bytes), as long as
    /// that is not too much in all: 32...512 MiB.
    package static func byteLimit(nodes: Int) -> Int { min(512, max(32, nodes)) << 20 }

    package init(byteLimit: Int, shardCount: Int = 8) {
        self.byteLimit = byteLimit
        shards = (0..<max(1, shardCount)).map { _ in Shard() }
        clocks = (0..<Self.clockStripes).map { _ in Clocks() }
        horizons = InlineArray { _ in Atomic<UInt32>(0) }
        totals = InlineArray { _ in Atomic<Int>(0) }
    }

    private func shard(of chain: [UInt64]) -> Shard {
        shards[Int(truncatingIfNeeded: (chain[0] >> 32) % UInt64(shards.count))]
    }

    private func isPresent(_ holder: PrefixIndexHolders.Holder) -> Bool {
        holder.generation >= horizons[Int(holder.node)].load(ordering: .relaxed)
    }

    /// How deep each node's memory of the chain goes: sets `depths[node]` to the number of leading blocks it holds.
    ///
    /// A node counts as long as it holds every block from the first on; the others keep 0.
    /// - Returns: of the nodes that hold the most, the one that was sent the last of it first; nil: nobody holds any.
    @discardableResult
    package func depths(_ chain: [UInt64], into depths: inout [Int32]) -> Int? {
        guard !chain.isEmpty else { return nil }
        return shard(of: chain).tree.withLock { tree in
            var place = 0
            var first: Int?
            while let (index, matched) = tree.segment(chain, at: place) {
                let reached = Int32(place &+ matched)
                var nearest: Int?
                for holder in tree.segments[index].holders where isPresent(holder) {
                    let node = Int(holder.node)
                    guard node < depths.count, depths[node] == Int32(place) else { continue }
                    depths[node] = reached
                    if nearest == nil { nearest = node }
                }
                guard let nearest else { return first }
                first = nearest
                if matched < tree.segments[index].hashes.count { return first }
                place &+= matched
            }
            return first
        }
    }

    /// Remembers that a node was sent this chain, which it holds from now on.
    /// - Parameter now: in seconds, any origin.
    package func insert(_ chain: [UInt64], node: Int, now: UInt32) {
        guard !chain.isEmpty, node >= 0, node < Self.nodeLimit else { return }
        let shard = shard(of: chain)
        shard.tree.withLock { tree in
            let before = tree.byteCount
            tree.walk(chain, now: now)
            use(&tree, node: node, now: now)
            dropGone(&tree)
            bytes.add(tree.byteCount - before, ordering: .relaxed)
            publishOldest(shard, tree)
        }
        sweep(now)
        makeRoom()
    }

    /// The deepest first: an engine frees a request's last blocks first, so that shared beginnings stay the longest
    /// (vLLM's block pool, SGLang's radix cache).
    private func use(_ tree: inout PrefixIndexShard, node: Int, now: UInt32) {
        withClock(node) { clock in
            for index in tree.path.reversed() {
                let blocks = tree.segments[index].hashes.count
                let place = tree.holder(node, of: index)
                let before = place.map { tree.segments[index].holders[$0] }
                let stamp = clock.use(blocks, stamped: before?.generation, now: now)
                if let place, let before, isPresent(before) {
                    tree.stamp(index, holder: place, stamp)
                } else {
                    let gone = place ?? tree.segments[index].holders.firstIndex { !isPresent($0) }
                    tree.add(.init(node: Int32(node), generation: stamp), to: index, replacing: gone)
                }
                tree.renew(index, now: now)
            }
        }
    }

    /// The least recently used segments that no node holds any more are of no use to anybody.
    private func dropGone(_ tree: inout PrefixIndexShard) {
        for _ in 0..<2 {
            let oldest = tree.oldest
            guard oldest != PrefixIndexShard.none,
                !tree.segments[Int(oldest)].holders.contains(where: { isPresent($0) })
            else { return }
            _ = tree.remove(Int(oldest))
        }
    }

    // MARK: what a node holds

    /// How many blocks a node's cache holds, what requests hold included; nil: not known, and what was not used for
    /// 180 s is taken for gone.
    package func setCapacity(node: Int, blocks: Int?) {
        withClock(node) { $0.setCapacity(blocks.map { max(0, $0) }) }
    }

    /// A node holds less than was believed: keeps the share 0...1 that was used most recently.
    package func age(node: Int, keeping share: Double) { withClock(node) { $0.keep(share) } }

    /// Forgets everything of a node, as when its engine restarted.
    package func forget(node: Int) { withClock(node) { $0.forget() } }

    /// Blocks that a node is believed to hold.
    package func blocks(of node: Int) -> Int {
        node >= 0 && node < Self.nodeLimit ? totals[node].load(ordering: .relaxed) : 0
    }

    private func withClock(_ node: Int, _ body: (inout PrefixIndexClock) -> Void) {
        guard node >= 0, node < Self.nodeLimit else { return }
        clocks[node % Self.clockStripes].clocks.withLock { clocks in
            let place = node / Self.clockStripes
            while clocks.count <= place { clocks.append(PrefixIndexClock()) }
            body(&clocks[place])
            publish(clocks[place], of: node)
        }
    }

    private func publish(_ clock: PrefixIndexClock, of node: Int) {
        horizons[node].store(clock.oldest, ordering: .relaxed)
        totals[node].store(clock.total, ordering: .relaxed)
    }

    /// Once a second, what nodes without a known capacity have held for too long goes.
    private func sweep(_ now: UInt32) {
        let last = sweptAt.load(ordering: .relaxed)
        guard now > last,
            sweptAt.compareExchange(expected: last, desired: now, ordering: .relaxed).exchanged
        else { return }
        for (stripe, guarded) in clocks.enumerated() {
            guarded.clocks.withLock { clocks in
                for place in clocks.indices {
                    clocks[place].expire(now)
                    publish(clocks[place], of: place * Self.clockStripes + stripe)
                }
            }
        }
    }

    // MARK: the limit

    private func publishOldest(_ shard: Shard, _ tree: PrefixIndexShard) {
        let oldest = tree.oldest
        shard.oldestUse.store(
            oldest == PrefixIndexShard.none ? .max : tree.segments[Int(oldest)].lastUse, ordering: .relaxed)
    }

    /// Whoever goes over the limit takes the oldest segments out, in whichever shard they are.
    private func makeRoom() {
        while bytes.load(ordering: .relaxed) > byteLimit {
            var oldest: (shard: Int, use: UInt32) = (0, .max)
            for place in shards.indices {
                let use = shards[place].oldestUse.load(ordering: .relaxed)
                if use < oldest.use { oldest = (place, use) }
            }
            guard oldest.use != .max else { return }
            evict(from: shards[oldest.shard])
        }
    }

    private func evict(from shard: Shard) {
        shard.tree.withLock { tree in
            let oldest = tree.oldest
            guard oldest != PrefixIndexShard.none else { return }
            let before = tree.byteCount
            let segment = tree.remove(Int(oldest))
            for holder in segment.holders {
                withClock(Int(holder.node)) { $0.drop(segment.hashes.count, stamped: holder.generation) }
            }
            bytes.add(tree.byteCount - before, ordering: .relaxed)
            evicted.add(1, ordering: .relaxed)
            publishOldest(shard, tree)
        }
    }
}
