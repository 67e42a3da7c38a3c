import GatewayCore
import Testing

struct PromptHashTests {
    private func chain(_ prompt: [UInt8], root: UInt64 = 1, key: UInt64 = 2) -> [UInt64] {
        var chain: [UInt64] = []
        PromptHash(key: key).append(blocksOf: prompt.span.bytes, root: root, to: &chain)
        return chain
    }

    private func prompt(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { _ in UInt8.random(in: 32...126, using: &random) }
    }

    @Test func `only full blocks have a hash, and there is a limit`() {
        for (count, blocks) in [(0, 0), (255, 0), (256, 1), (511, 1), (512, 2), (2 << 20, 4096)] {
            #expect(chain([UInt8](repeating: 65, count: count)).count == blocks)
        }
    }

    @Test func `equal beginnings have equal chains, and any change breaks the chain from its block on`() {
        let text = prompt(256 * 12)
        let whole = chain(text)
        #expect(Set(whole).count == 12)
        for blocks in 0...12 { #expect(chain(Array(text[..<(blocks * 256)])) == Array(whole[..<blocks])) }
        for place in stride(from: 0, to: text.count, by: 13) {
            var other = text
            other[place] ^= 1
            let changed = chain(other)
            let block = place / 256
            #expect(changed[..<block] == whole[..<block])
            for index in block..<12 { #expect(changed[index] != whole[index]) }
        }
    }

    @Test func `another root or another key has nothing in common`() {
        let text = prompt(2560)
        let chains = [chain(text), chain(text, root: 9), chain(text, key: 9)]
        #expect(Set(chains.joined()).count == 30)
    }

    @Test func `a text and its bytes hash alike`() {
        for text in ["", "m", "Qwen/Qwen3-32B", "modèle"] {
            let raw = bytes(" \(text) ")
            let hash = PromptHash.of(raw.span.bytes, 1..<(raw.count - 1))
            #expect(PromptHash.of(text: text) == hash)
        }
        #expect(PromptHash.combine(1, 2) != PromptHash.combine(2, 1))
    }
}

struct PrefixIndexTests {
    /// A slow obvious index: for each block the last eight nodes that were sent it, most recent first.
    private struct Model {
        var holders: [UInt64: [Int]] = [:]

        mutating func insert(_ chain: [UInt64], node: Int) {
            for key in chain {
                let others = holders[key, default: []].filter { $0 != node }
                holders[key] = Array(([node] + others).prefix(PrefixIndex.holdersPerBlock))
            }
        }

        mutating func forget(_ node: Int) {
            for key in holders.keys { holders[key]?.removeAll { $0 == node } }
        }

        func depths(_ chain: [UInt64], nodes: Int) -> [Int32] {
            (0..<nodes).map { node in Int32(chain.prefix { holders[$0]?.contains(node) == true }.count) }
        }
    }

    @Test(arguments: 0..<5 as Range<UInt64>)
    func `it knows what an obvious one knows`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let index = PrefixIndex(blocks: 16_384, shardCount: 2)
        var model = Model()
        // Conversations that share beginnings: a tree of blocks.
        let chains = (0..<40).map { number -> [UInt64] in
            (0..<12).map { depth in
                let branch = number >> (3 - min(3, depth / 3))
                var hash = SplitMix64(seed: seed << 32 | UInt64(branch) << 8 | UInt64(depth))
                return hash.next()
            }
        }
        for step in 0..<600 {
            let chain = Array(
                chains.randomElement(using: &random)!.prefix(Int.random(in: 1...12, using: &random)))
            let node = Int.random(in: 0..<12, using: &random)
            if Int.random(in: 0..<30, using: &random) == 0 {
                index.forget(node: node)
                model.forget(node)
            } else {
                index.insert(chain, node: node, now: UInt32(step + 1))
                model.insert(chain, node: node)
            }
            let asked = chains.randomElement(using: &random)!
            var depths = [Int32](repeating: 0, count: 12)
            index.depths(asked, into: &depths)
            #expect(depths == model.depths(asked, nodes: 12), "step \(step)")
        }
    }

    @Test func `the least recently used block of a bucket gives way`() {
        let index = PrefixIndex(blocks: 256, shardCount: 1)
        // 64 buckets of four: these keys share one.
        let keys = (1...6 as ClosedRange<UInt64>).map { $0 << 6 }
        func holds(_ key: UInt64) -> Bool {
            var depths: [Int32] = [0]
            index.depths([key], into: &depths)
            return depths[0] == 1
        }
        for (now, key) in keys[..<4].enumerated() { index.insert([key], node: 0, now: UInt32(now + 1)) }
        index.insert([keys[0]], node: 0, now: 10)
        index.insert([keys[4]], node: 0, now: 11)
        #expect(keys.map(holds) == [true, false, true, true, true, false])
        index.insert([keys[5]], node: 0, now: 12)
        #expect(keys.map(holds) == [true, false, false, true, true, true])
    }

    @Test func `nodes beyond the caller's list and empty chains are nobody's`() {
        let index = PrefixIndex(blocks: 256)
        index.insert([], node: 0, now: 1)
        index.insert([5], node: 3, now: 1)
        index.insert([5], node: 70_000, now: 1)
        index.forget(node: 70_000)
        index.forget(node: -1)
        var depths: [Int32] = [0, 0]
        index.depths([5], into: &depths)
        index.depths([], into: &depths)
        #expect(depths == [0, 0])
    }
}
