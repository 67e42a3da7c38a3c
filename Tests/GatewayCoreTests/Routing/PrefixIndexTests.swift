import GatewayCore
import Synchronization
import Testing

private func depths(_ index: PrefixIndex, _ chain: [UInt64], nodes: Int) -> [Int32] {
    var depths = [Int32](repeating: 0, count: nodes)
    index.depths(chain, into: &depths)
    return depths
}

private func all(_ depths: some Sequence<Int32>, are depth: Int32) -> Bool {
    depths.allSatisfy { $0 == depth }
}

/// A chain of its own for each seed.
private func chain(_ seed: UInt64, _ count: Int) -> [UInt64] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { _ in random.next() }
}

/// Conversations that share beginnings: a tree of blocks that parts into two every few of them.
private func conversations(_ seed: UInt64, count: Int = 64, blocks: Int = 120) -> [[UInt64]] {
    (0..<count).map { number in
        (0..<blocks).map { depth in
            let branch = number >> max(0, 6 - depth / 15)
            var hash = SplitMix64(seed: seed << 40 | UInt64(branch) << 16 | UInt64(depth))
            return hash.next()
        }
    }
}

/// A slow obvious index that never evicts.
private struct Obvious {
    var held: [Int: Set<UInt64>] = [:]

    mutating func insert(_ chain: [UInt64], node: Int) { held[node, default: []].formUnion(chain) }

    func depths(_ chain: [UInt64], nodes: Int) -> [Int32] {
        (0..<nodes).map { node in Int32(chain.prefix { held[node]?.contains($0) == true }.count) }
    }
}

struct PrefixIndexTests {
    @Test func `of those that hold the most it tells who was sent it first and holds it still`() {
        let index = PrefixIndex(byteLimit: 1 << 30)
        let long = chain(1, 8)
        func first(_ chain: [UInt64]) -> Int? {
            var depths = [Int32](repeating: 0, count: 4)
            return index.depths(chain, into: &depths)
        }
        #expect(first(long) == nil)
        index.insert(Array(long[..<4]), node: 3, now: 1)
        index.insert(long, node: 2, now: 2)
        index.insert(long, node: 1, now: 3)
        index.insert(long, node: 2, now: 4)
        #expect(first(long) == 2)
        #expect(first(Array(long[..<6])) == 2)
        #expect(first(Array(long[..<4]) + chain(2, 4)) == 3)
        index.forget(node: 2)
        #expect(first(long) == 1)
        index.insert(long, node: 2, now: 5)
        #expect(first(long) == 1)
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `without a bound it knows what an obvious one knows`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let index = PrefixIndex(byteLimit: 1 << 30, shardCount: 3)
        var obvious = Obvious()
        let chains = conversations(seed)
        for step in 0..<500 {
            let chain = Array(
                chains.randomElement(using: &random)!.prefix(Int.random(in: 1...120, using: &random)))
            let node = Int.random(in: 0..<40, using: &random)
            if Int.random(in: 0..<30, using: &random) == 0 {
                index.forget(node: node)
                obvious.held[node] = []
            } else {
                index.insert(chain, node: node, now: 7)
                obvious.insert(chain, node: node)
            }
            let asked = chains.randomElement(using: &random)!
            #expect(depths(index, asked, nodes: 40) == obvious.depths(asked, nodes: 40), "step \(step)")
            #expect(index.blocks(of: node) == obvious.held[node]!.count, "step \(step)")
        }
        #expect(index.evictions == 0)
    }

    @Test(arguments: 0..<6 as Range<UInt64>)
    func `ageing, capacity and memory only ever take away, and what was just sent is there`(seed: UInt64) {
        var random = SplitMix64(seed: seed &+ 100)
        let limit = seed % 2 == 0 ? 60_000 : 1 << 30
        let index = PrefixIndex(byteLimit: limit, shardCount: 2)
        var obvious = Obvious()
        let chains = conversations(seed)
        for node in 0..<12 where node % 3 > 0 { index.setCapacity(node: node, blocks: node * 100) }
        for step in 0..<1500 {
            let chain = Array(
                chains.randomElement(using: &random)!.prefix(Int.random(in: 1...80, using: &random)))
            let node = Int.random(in: 0..<12, using: &random)
            switch Int.random(in: 0..<30, using: &random) {
            case 0:
                index.forget(node: node)
                obvious.held[node] = []
                #expect(index.blocks(of: node) == 0)
            case 1, 2:
                let before = index.blocks(of: node)
                index.age(node: node, keeping: Double.random(in: 0...1, using: &random))
                #expect((0...before).contains(index.blocks(of: node)))
            default:
                index.insert(chain, node: node, now: UInt32(step / 4))
                obvious.insert(chain, node: node)
                #expect(depths(index, chain, nodes: 12)[node] == Int32(chain.count), "step \(step)")
            }
            let asked = chains.randomElement(using: &random)!
            let truth = obvious.depths(asked, nodes: 12)
            let isBelow = zip(depths(index, asked, nodes: 12), truth).allSatisfy { $0 <= $1 }
            #expect(isBelow, "step \(step)")
            #expect(index.byteCount <= limit)
        }
        #expect((index.evictions > 0) == (limit < 1 << 30))
    }

    @Test func `a node forgets what was not used for as many blocks as it holds`() {
        let index = PrefixIndex(byteLimit: 1 << 30)
        index.setCapacity(node: 3, blocks: 1000)
        let chains = (0..<60).map { chain(UInt64($0), 40) }
        for (number, chain) in chains.enumerated() {
            index.insert(chain, node: 3, now: 1)
            index.insert(chains[0], node: 3, now: 1)  // always in use
            #expect(index.blocks(of: 3) <= 1000 + 64, "after \(number)")
        }
        let held = chains.map { depths(index, $0, nodes: 4)[3] }
        #expect(held[0] == 40)
        #expect(all(held[1...34], are: 0))
        #expect(all(held[37...], are: 40))
        index.setCapacity(node: 3, blocks: 200)
        #expect(index.blocks(of: 3) <= 264 && depths(index, chains[0], nodes: 4)[3] == 40)
        #expect(depths(index, chains[40], nodes: 4)[3] == 0)
    }

    @Test func `a chain's beginning outlives its end`() {
        let index = PrefixIndex(byteLimit: 1 << 30)
        index.setCapacity(node: 0, blocks: 2000)
        let long = chain(1, 1500)
        index.insert(long, node: 0, now: 1)
        index.insert(chain(2, 1200), node: 0, now: 1)
        #expect((600...1000).contains(depths(index, long, nodes: 1)[0]))
    }

    @Test func `a node of unknown capacity is believed for three minutes`() {
        let index = PrefixIndex(byteLimit: 1 << 30)
        let chains = [chain(1, 10), chain(2, 10)]
        index.insert(chains[0], node: 1, now: 1000)
        index.insert(chains[1], node: 1, now: 1100)
        // Any node's request moves the clock on.
        index.insert(chain(3, 1), node: 0, now: 1175)
        #expect(chains.map { depths(index, $0, nodes: 2)[1] } == [10, 10])
        index.insert(chain(3, 1), node: 0, now: 1190)
        #expect(chains.map { depths(index, $0, nodes: 2)[1] } == [0, 10])
        #expect(index.blocks(of: 1) == 10)
        index.insert(chain(3, 1), node: 0, now: 1290)
        #expect(chains.map { depths(index, $0, nodes: 2)[1] } == [0, 0])
        #expect(index.blocks(of: 1) == 0)
        index.insert(chains[0], node: 1, now: 1291)
        #expect(depths(index, chains[0], nodes: 2) == [0, 10])
    }

    @Test func `ageing keeps the most recently used share`() {
        let index = PrefixIndex(byteLimit: 1 << 30)
        index.setCapacity(node: 0, blocks: 10_000)
        let chains = (0..<100).map { chain(UInt64($0), 50) }
        for chain in chains { index.insert(chain, node: 0, now: 1) }
        index.age(node: 0, keeping: 0.6)
        #expect(abs(index.blocks(of: 0) - 3000) <= 200)
        let held = chains.map { depths(index, $0, nodes: 1)[0] }
        #expect(all(held[..<36], are: 0))
        #expect(all(held[44...], are: 50))
        index.age(node: 0, keeping: 0)
        #expect(index.blocks(of: 0) == 0 && depths(index, chains[99], nodes: 1)[0] == 0)
    }

    @Test func `a prefix on a thousand nodes is exact`() {
        let index = PrefixIndex(byteLimit: 64 << 20)
        let hot = chain(1, 200)
        for node in 0..<1000 { index.insert(Array(hot.prefix(1 + node % 200)), node: node, now: 1) }
        let sent: [Int32] = (0..<1000).map { Int32(1 + $0 % 200) }
        #expect(depths(index, hot, nodes: 1000) == sent)
        for node in stride(from: 0, to: 1000, by: 7) { index.forget(node: node) }
        let left = sent.enumerated().map { $0.offset % 7 == 0 ? 0 : $0.element }
        #expect(depths(index, hot, nodes: 1000) == left)
        index.insert(hot, node: 0, now: 2)
        #expect(depths(index, hot, nodes: 1)[0] == 200)
    }

    @Test func `the least recently used blocks give way at the limit, in whichever shard they are`() {
        let index = PrefixIndex(byteLimit: 200_000, shardCount: 8)
        for node in 0..<5 { index.setCapacity(node: node, blocks: 100_000) }
        let chains = (0..<2000).map { chain(UInt64($0), 20) }
        for (number, chain) in chains.enumerated() {
            index.insert(chain, node: number % 5, now: UInt32(number + 1))
            index.insert(chains[0], node: 4, now: UInt32(number + 1))
            #expect(index.byteCount <= index.byteLimit)
        }
        let held = chains.map { depths(index, $0, nodes: 5).contains(20) }
        let kept = held[1...].filter { $0 }.count
        #expect(held[0] && kept > 100 && index.evictions > 1000)
        #expect(held[(2000 - kept)...].allSatisfy { $0 })
        // What nobody remembers is in no node's count.
        let counted = (0..<5).map { index.blocks(of: $0) }.reduce(0, +)
        // The first chain is on two nodes.
        #expect(counted == (kept + 2) * 20)
    }

    @Test func `a short prompt takes no room for the long one that was hashed into the same array before`() {
        let index = PrefixIndex(byteLimit: 1 << 30)
        var loop: [UInt64] = []
        loop.reserveCapacity(100_000)
        for number in 0..<100 as Range<UInt64> {
            loop.removeAll(keepingCapacity: true)
            loop.append(contentsOf: chain(number, 4))
            index.insert(loop, node: 0, now: 1)
        }
        #expect(index.byteCount < 100 * 400)
    }

    @Test func `what no node holds any more makes room by itself`() {
        let index = PrefixIndex(byteLimit: 1 << 30, shardCount: 1)
        index.setCapacity(node: 0, blocks: 640)
        for number in 0..<5000 as Range<UInt64> { index.insert(chain(number, 20), node: 0, now: 1) }
        #expect(index.byteCount < 40_000 && index.evictions == 0)
    }

    @Test func `nodes beyond the caller's list and empty chains are nobody's`() {
        let index = PrefixIndex(byteLimit: 1 << 20)
        index.insert([], node: 0, now: 1)
        index.insert([5], node: 3, now: 1)
        for node in [70_000, -1, PrefixIndex.nodeLimit] {
            index.insert([5], node: node, now: 1)
            index.forget(node: node)
            index.age(node: node, keeping: 0.5)
            index.setCapacity(node: node, blocks: 5)
            #expect(index.blocks(of: node) == 0)
        }
        #expect(depths(index, [5], nodes: 2) == [0, 0] && depths(index, [], nodes: 2) == [0, 0])
    }

    @Test func `a limit that nothing fits in leaves nothing`() {
        let index = PrefixIndex(byteLimit: 0)
        index.insert(chain(1, 300), node: 0, now: 1)
        #expect(index.byteCount == 0 && index.blocks(of: 0) == 0 && index.evictions > 0)
    }

    @Test func `two threads on the same chains keep the books`() async {
        let index = PrefixIndex(byteLimit: 300_000, shardCount: 2)
        for node in 0..<8 { index.setCapacity(node: node, blocks: 500) }
        let chains = conversations(3)
        await withTaskGroup { group in
            for thread in 0..<2 as Range<UInt64> {
                group.addTask {
                    var random = SplitMix64(seed: thread)
                    for step in 0..<4000 {
                        let chain = chains.randomElement(using: &random)!
                        let node = Int.random(in: 0..<8, using: &random)
                        switch step % 50 {
                        case 0: index.forget(node: node)
                        case 1: index.age(node: node, keeping: 0.5)
                        default: index.insert(chain, node: node, now: UInt32(step / 100))
                        }
                        let depths = depths(index, chain, nodes: 8)
                        #expect(depths.max()! <= 120)
                    }
                }
            }
        }
        #expect(index.byteCount <= index.byteLimit)
        for node in 0..<8 {
            #expect((0...564).contains(index.blocks(of: node)))
            index.forget(node: node)
            #expect(index.blocks(of: node) == 0)
        }
        for chain in chains { #expect(all(depths(index, chain, nodes: 8), are: 0)) }
    }
}
