import GatewayCore

let routingBenchmarks = [
    Benchmark("prompt-hash-32KB", count: 50_000, bytes: 32 << 10) {
        let text = Array(prompt(bytes: 32 << 10, seed: 1).utf8)
        let hash = PromptHash(key: 1, blockBytes: 256)
        return { count in
            var chain: [UInt64] = []
            for _ in 0..<count {
                chain.removeAll(keepingCapacity: true)
                hash.append(blocksOf: text.span.bytes, root: hash.root(model: 7), to: &chain)
                keep(chain)
            }
        }
    },
    index("index-32KB-64-nodes", promptBytes: 32 << 10, nodes: 64, count: 20_000),
    index("index-256KB-1000-nodes", promptBytes: 256 << 10, nodes: 1000, count: 2_000),
    decision(nodes: 8, count: 200_000),
    decision(nodes: 64, count: 50_000),
    decision(nodes: 1000, count: 5_000),
]

/// What the index costs a request: the prompt's chain, what each node holds of it, and that one node holds it from now on.
///
/// Sessions of one to four turns; all share the first sixteenth of their prompts with every node, and half of the rest with the
/// node that had the session before.
private func index(_ name: String, promptBytes: Int, nodes: Int, count: Int) -> Benchmark {
    Benchmark(name, count: count) {
        let hash = PromptHash(key: 1, blockBytes: 256)
        let root = hash.root(model: 7)
        let index = PrefixIndex(byteLimit: 512 << 20)
        let prompts = prompts(bytes: promptBytes, count: 64)
        var chain: [UInt64] = []
        var depths = [Int32](repeating: 0, count: nodes)
        for node in 0..<nodes { index.setCapacity(node: node, blocks: 80_000) }
        for place in 0..<max(nodes, prompts.count) {
            chain.removeAll(keepingCapacity: true)
            let text = prompts[place % prompts.count]
            hash.append(blocksOf: text.span.bytes, root: root, to: &chain)
            index.insert(
                place < prompts.count ? Array(chain.prefix(chain.count / 2)) : chain, node: place % nodes,
                now: 1)
        }
        return { count in
            for turn in 0..<count {
                chain.removeAll(keepingCapacity: true)
                let text = prompts[turn % prompts.count]
                hash.append(blocksOf: text.span.bytes, root: root, to: &chain)
                for place in depths.indices { depths[place] = 0 }
                index.depths(chain, into: &depths)
                index.insert(chain, node: turn % nodes, now: 2)
            }
            keep(depths)
        }
    }
}

private func prompts(bytes: Int, count: Int) -> [[UInt8]] {
    let head = Array(prompt(bytes: bytes / 16, seed: 1).utf8)
    return (0..<count).map { head + Array(prompt(bytes: bytes - head.count, seed: UInt64(2 + $0)).utf8) }
}

/// A choice by `foresight` among nodes that differ in load and in what they hold.
func decision(nodes: Int, count: Int) -> Benchmark {
    Benchmark("decision-\(nodes)-nodes", count: count) {
        var random = SplitMix64(seed: 1)
        var request = RoutingRequest()
        request.blocks = 128
        request.promptTokens = 8_192
        let candidates = (0..<nodes).map { node in
            var candidate = Candidate(node: node, weight: 100, active: Int(random.next() % 32))
            candidate.waitSeconds = Double(random.next() % 100) / 100
            candidate.cachedBlocks = Int(random.next() % 128)
            candidate.kvUsage = Double(random.next() % 100) / 100
            return candidate
        }
        var policy: any RoutingPolicy = Foresight()
        return { count in
            for _ in 0..<count { keep(policy.choose(among: candidates, for: request, random: &random).index) }
        }
    }
}
