import GatewayCore
import Testing

/// The field's policies against numbers worked out by hand.
struct PortedPolicyTests {
    /// Ten blocks, 1,000 tokens.
    private var request: RoutingRequest {
        var request = RoutingRequest()
        request.blocks = 10
        request.promptTokens = 1_000
        return request
    }

    /// Nodes 0, 1, ... of weight 100.
    private func nodes(
        active: [Int] = [], pending: [Int] = [], cached: [Int] = [], held: [Int] = [], context: [Int] = []
    ) -> [Candidate] {
        let count = [active.count, pending.count, cached.count, held.count, context.count].max() ?? 0
        return (0..<count).map { index in
            func value(_ list: [Int]) -> Int { list.isEmpty ? 0 : list[index] }
            var candidate = Candidate(
                node: index, weight: 100, active: value(active), pendingPrefillTokens: value(pending),
                cachedBlocks: value(cached))
            candidate.heldBlocks = value(held)
            candidate.contextTokens = value(context)
            return candidate
        }
    }

    private func choice(
        _ name: String, _ values: [String: Double], _ candidates: [Candidate],
        _ request: RoutingRequest? = nil
    ) throws -> Choice {
        var policy = try #require(Policies.make(name, values))
        var random = SplitMix64(seed: 3)
        return policy.choose(among: candidates, for: request ?? self.request, random: &random)
    }

    private func chosen(
        _ name: String, _ values: [String: Double], _ candidates: [Candidate],
        _ request: RoutingRequest? = nil
    ) throws -> Int {
        try choice(name, values, candidates, request).index
    }

    private func costs(
        _ name: String, _ values: [String: Double], _ candidates: [Candidate]
    ) throws -> [Double] {
        let policy = try #require(Policies.make(name, values))
        return policy.scores(candidates, for: request).map(\.cost)
    }

    private func choice(_ name: String, _ candidates: [Candidate]) throws -> Choice {
        try choice(name, [:], candidates)
    }

    private func chosen(_ name: String, _ candidates: [Candidate]) throws -> Int {
        try chosen(name, [:], candidates)
    }

    private func costs(_ name: String, _ candidates: [Candidate]) throws -> [Double] {
        try costs(name, [:], candidates)
    }

    /// How often each candidate is chosen in 300 draws by fresh policies.
    private func draws(_ name: String, _ candidates: [Candidate]) throws -> [Int] {
        var random = SplitMix64(seed: 4)
        var counts = candidates.map { _ in 0 }
        for _ in 0..<300 {
            var policy = try #require(Policies.make(name))
            counts[policy.choose(among: candidates, for: request, random: &random).index] += 1
        }
        return counts
    }

    // MARK: SGLang

    @Test func `era A goes by match only strictly above the threshold`() throws {
        let name = "sglang-cache-aware-a"
        let three = nodes(cached: [0, 3, 0], held: [9, 30, 4])
        #expect(try chosen(name, three) == 2)
        #expect(try chosen(name, ["threshold": 0.29], three) == 1)
        #expect(try choice(name, nodes(cached: [0, 4, 0], held: [9, 30, 4])).reason == .deepestHolder)
        #expect(try draws(name, nodes(cached: [0, 8, 8]))[1...].allSatisfy { $0 > 100 })
    }

    @Test func `era A leaves affinity when both imbalance thresholds are passed`() throws {
        let name = "sglang-cache-aware-a"
        #expect(try chosen(name, nodes(active: [64, 0, 0], cached: [9, 0, 0])) == 0)
        #expect(try choice(name, nodes(active: [65, 0, 0], cached: [9, 0, 0])).reason == .imbalance)
        #expect(try chosen(name, nodes(active: [65, 0, 0], cached: [9, 0, 0])) == 1)
        // 300 is 1.5 x 200, not more; 301 is.
        #expect(try chosen(name, nodes(active: [300, 200], cached: [9, 0])) == 0)
        #expect(try chosen(name, nodes(active: [301, 200], cached: [9, 0])) == 1)
        var weak = nodes(active: [40, 0], cached: [9, 0])
        weak[0].weight = 50
        #expect(try chosen(name, weak) == 1)
    }

    @Test func `era A' goes to the first of the least loaded below the threshold`() throws {
        let values = ["era": 1.0]
        let four = nodes(active: [3, 1, 1, 2], held: [0, 9, 9, 0])
        #expect(try chosen("sglang-cache-aware-a", values, four) == 1)
        #expect(try choice("sglang-cache-aware-a", values, four).reason == .leastLoaded)
    }

    @Test func `of several deepest holders era A' takes the one sent it first, vllm-router the least loaded`()
        throws
    {
        let name = "sglang-cache-aware-a"
        var four = nodes(active: [0, 5, 9, 3], cached: [7, 8, 8, 8])
        four[2].isFirstHolder = true
        #expect(try chosen(name, ["era": 1], four) == 2)
        #expect(try chosen(name, ["era": 2], four) == 3)
        #expect(try chosen(name, ["era": 2], nodes(active: [0, 3, 9, 3], cached: [7, 8, 8, 8])) == 1)
    }

    @Test func `era A draws among equal trees`() throws {
        let counts = try draws("sglang-cache-aware-a", nodes(held: [5, 5, 6]))
        #expect(counts[0] > 100 && counts[1] > 100 && counts[2] == 0)
    }

    @Test func `era B takes the least loaded holder that is not over the gate`() throws {
        let name = "sglang-cache-aware-b"
        #expect(try chosen(name, nodes(active: [5, 2, 0], cached: [8, 8, 7])) == 1)
        #expect(try choice(name, nodes(active: [200, 0, 0], cached: [0, 0, 0])).reason == .leastLoaded)
        // Mean 2: 6 is 4 above it, 3 times it, and not more; with 7 the mean is 7/3.
        #expect(try chosen(name, nodes(active: [6, 0, 0], cached: [9, 0, 0])) == 0)
        let spilled = try choice(name, nodes(active: [7, 0, 0], cached: [9, 0, 0]))
        #expect(spilled.index > 0 && spilled.reason == .holderSpilled)
        // Mean 8: twice its root is 5.7, so 6 above it.
        #expect(try chosen(name, nodes(active: [14, 6, 4], cached: [9, 0, 0])) == 0)
        #expect(try chosen(name, nodes(active: [15, 6, 3], cached: [9, 0, 0])) == 2)
        #expect(try chosen(name, ["abs": 3], nodes(active: [6, 0, 0], cached: [9, 0, 0])) != 0)
        // 200 above the mean of 500, which is less than 1.5 times it.
        #expect(try chosen(name, nodes(active: [700, 300], cached: [9, 0])) == 0)
        // A holder over the gate leaves the prompt to one that is not, or where all are to no other that is over it.
        #expect(try chosen(name, nodes(active: [30, 9, 0, 0], cached: [9, 9, 0, 0])) == 1)
        #expect(try draws(name, nodes(active: [0, 0, 0])).allSatisfy { $0 > 60 })
    }

    @Test func `era B leaves affinity where a KV valve opens, and both are off at 1`() throws {
        let name = "sglang-cache-aware-b"
        var two = nodes(active: [1, 0], cached: [9, 0])
        two[0].kvUsage = 1
        two[1].kvUsage = 0.05
        #expect(try chosen(name, two) == 0)
        #expect(try chosen(name, ["overload": 0.9], two) == 1)
        #expect(try chosen(name, ["spread": 0.9], two) == 1)
        #expect(try chosen(name, ["spread": 0.96], two) == 0)
    }

    // MARK: Dynamo

    @Test func `Dynamo's cost is prefill blocks owed less credit, decode blocks, and requests`() throws {
        let two = nodes(active: [3, 1], pending: [600, 0], cached: [8, 0], context: [2_000, 400])
        // (600 + 1000) / 100 - 8 = 8; (2000 + 1000) / 100 = 30; and 10 - 0 = 10; 14.
        #expect(try costs("dynamo-kv", ["block": 100], two) == [38, 24])
        // 4 x 8 + 30 + 2 x 3, 4 x 10 + 14 + 2 x 1.
        #expect(try costs("dynamo-kv", ["block": 100, "scale": 4, "request": 2], two) == [68, 56])
        // Half credit: 16 - 4.
        #expect(try costs("dynamo-kv", ["block": 100, "credit": 0.5], two) == [42, 24])
        // More credit than there is to do is no gain.
        #expect(try costs("dynamo-kv", ["block": 100, "credit": 2], nodes(cached: [10])) == [10])
        #expect(try chosen("dynamo-kv", two) == 1)
    }

    @Test func `Dynamo's temperature draws by cost in units of the spread`() throws {
        var policy = try #require(Policies.make("dynamo-kv", ["temperature": 1]))
        var random = SplitMix64(seed: 6)
        let two = nodes(pending: [0, 1_600])
        let first = (0..<4_000).count { _ in
            policy.choose(among: two, for: request, random: &random).index == 0
        }
        // 1 / (1 + 1/e) = 0.731.
        #expect(abs(Double(first) / 4_000 - 0.731) < 0.03)
    }

    // MARK: llm-d

    @Test func `llm-d adds queue, KV use and prefix by weight`() throws {
        var three = nodes(cached: [5, 0, 10])
        for (index, reading) in [(4.0, 0.5), (0.0, 0.25), (8.0, 1.0)].enumerated() {
            three[index].engineQueue = reading.0
            three[index].kvUsage = reading.1
        }
        // 2 x 0.5 + 2 x 0.5 + 3 x 0.5, 2 x 1 + 2 x 0.75 + 0, 0 + 0 + 3.
        #expect(try costs("llm-d", three) == [-3.5, -3.5, -3])
        #expect(try costs("llm-d", ["queue": 0, "kv-util": 0], three) == [-1.5, 0, -3])
    }

    @Test func `llm-d's other scorers`() throws {
        let alone = ["queue": 0.0, "kv-util": 0, "prefix": 0]
        func costs(_ scorer: String, _ candidates: [Candidate]) throws -> [Double] {
            try self.costs("llm-d", alone.merging([scorer: 1]) { $1 }, candidates)
        }
        #expect(try costs("running", nodes(active: [2, 6, 4])) == [-1, 0, -0.5])
        #expect(try costs("active-request", nodes(active: [0, 8, 6])) == [-1, 0, -0.25])
        var queued = nodes(active: [0, 0, 0])
        queued[1].engineQueue = 64
        queued[2].engineQueue = 500
        #expect(try costs("load-aware", queued) == [-0.5, -0.25, 0])
        // 2,097,152 is half of the most.
        #expect(try costs("token-load", nodes(pending: [2_096_152, 9_000_000])) == [-0.5, 0])
        queued[2].isBound = true
        #expect(try costs("session", queued) == [0, 0, -1])
        #expect(try costs("no-hit-lru", nodes(cached: [0, 0, 2])) == [-0.5, -0.5, -0.5])
    }

    @Test func `llm-d's cold prompts go round by who had one last`() throws {
        var policy = try #require(Policies.make("llm-d", ["no-hit-lru": 1]))
        var random = SplitMix64(seed: 7)
        var request = request
        let taken = (0..<9).map { second in
            request.now = Double(second)
            return policy.choose(among: nodes(cached: [0, 0, 0]), for: request, random: &random).index
        }
        #expect(
            Set(taken[0..<3]) == [0, 1, 2] && taken[3..<6] == taken[0..<3] && taken[6...] == taken[0..<3])
    }

    @Test func `sticky until saturated keeps to warm nodes until they are 18 s behind`() throws {
        let name = "llm-d-sticky"
        // 18 s x 15,928 = 286,704.
        #expect(try chosen(name, nodes(pending: [286_704, 0], cached: [8, 7])) == 0)
        #expect(try chosen(name, nodes(pending: [286_705, 0], cached: [8, 7])) == 1)
        let paper = ["seconds": 14.0, "rate": 8_000]
        #expect(try chosen(name, paper, nodes(pending: [112_000, 0], cached: [8, 7])) == 0)
        #expect(try chosen(name, paper, nodes(pending: [112_001, 0], cached: [8, 7])) == 1)
        // Of the warm ones: 500 + 100 against 350 + 200. Nobody warm: 0 + 500 against 400 + 300.
        #expect(try chosen(name, nodes(pending: [500, 350, 0], cached: [9, 8, 0])) == 1)
        #expect(try chosen(name, nodes(pending: [0, 400], cached: [5, 7])) == 0)
    }

    // MARK: Preble, LMetric

    @Test func `Preble exploits where more is cached than not, else takes the least work`() throws {
        let now = ["window": 0.0]
        #expect(try chosen("preble", now, nodes(pending: [90_000, 0], cached: [6, 5])) == 0)
        // Half is not more than half: 90,000 + 500 against 0 + 1,000.
        #expect(try chosen("preble", now, nodes(pending: [90_000, 0], cached: [5, 0])) == 1)
        #expect(try chosen("preble", now, nodes(pending: [9, 3, 0], cached: [8, 8, 7])) == 1)
    }

    @Test func `Preble's load is the prefill that it sent in the last three minutes`() throws {
        var policy = try #require(Policies.make("preble"))
        var random = SplitMix64(seed: 8)
        var request = request
        request.promptTokens = 44_000
        func turn(at now: Double, _ candidates: [Candidate]) -> Int {
            request.now = now
            return policy.choose(among: candidates, for: request, random: &random).index
        }
        let warm = nodes(cached: [4, 0])
        // 22,000 tokens a second: 1.2 s own on node 0, 2 s on node 1.
        #expect(turn(at: 0, warm) == 0)
        // 1.2 + 1.2 against 2.
        #expect(turn(at: 1, warm) == 1)
        // 1.2 + 1.2 against 2 + 2.
        #expect(turn(at: 2, warm) == 0)
        // 2.4 + 1.2 against 2 + 2: the least of three minutes; at 181.5 only what was sent at 2 is left, 2.4 against 2.
        #expect(turn(at: 181.5, warm) == 1)
        // An active request: 256 tokens x 0.15 s.
        let scores = policy.scores(nodes(active: [1]), for: request)
        #expect(scores[0].terms.contains(ScoreTerm(name: "decode", value: 38.4)))
    }

    @Test func `LMetric multiplies what is owed by the batch and breaks ties by load`() throws {
        // (500 + 200) x 3 against (0 + 1,000) x 2.
        let two = nodes(active: [2, 1], pending: [500, 0], cached: [8, 0])
        #expect(try costs("lmetric", two) == [2_100, 2_000])
        #expect(try chosen("lmetric", two) == 1)
        // All cached: 0 either way; the less loaded, then the first.
        #expect(try chosen("lmetric", nodes(active: [3, 1, 1], cached: [10, 10, 10])) == 1)
        var weak = two
        weak[1].weight = 50
        #expect(try costs("lmetric", weak)[1] == 3_000)
    }

    // MARK: hashes, sessions, longest match

    @Test func `bounded load keeps a head on its node up to the cap`() throws {
        var policy = try #require(Policies.make("bounded-load", ["floor": 0]))
        var random = SplitMix64(seed: 9)
        var request = request
        request.head = 77
        let home = policy.choose(among: nodes(active: [0, 0, 0, 0]), for: request, random: &random).index
        var active = [0, 0, 0, 0]
        // 99 + 1 over four nodes: 25 each, cap 32 (31.25 rounded up).
        active[home] = 31
        active[(home + 1) % 4] = 68
        #expect(try chosen("bounded-load", ["floor": 0], nodes(active: active), request) == home)
        active[home] = 32
        active[(home + 1) % 4] = 67
        let spilled = try choice("bounded-load", ["floor": 0], nodes(active: active), request)
        #expect(spilled.index != home && spilled.reason == .hashSpilled)
        #expect(try chosen("bounded-load", ["floor": 8], nodes(active: active), request) == home)
    }

    @Test func `a sticky session stays, is forgotten after its time, and moves when its node is gone`() throws
    {
        var policy = try #require(Policies.make("session-sticky", ["ttl": 60]))
        var random = SplitMix64(seed: 10)
        var request = request
        request.session = 5
        func turn(at now: Double, _ candidates: [Candidate]) -> Int {
            request.now = now
            return candidates[policy.choose(among: candidates, for: request, random: &random).index].node
        }
        #expect(turn(at: 0, nodes(active: [4, 1, 2])) == 1)
        #expect(turn(at: 60, nodes(active: [4, 90, 2])) == 1)
        #expect(turn(at: 120.5, nodes(active: [4, 90, 2])) == 2)
        #expect(turn(at: 121, [nodes(active: [4, 90])[0], nodes(active: [4, 90])[1]]) == 0)
        #expect(turn(at: 122, nodes(active: [9, 0, 0])) == 0)
    }

    @Test func `a sticky session stays where it was last sent, whatever chose that, until its time is over`()
        throws
    {
        var policy = try #require(Policies.make("session-sticky", ["ttl": 60]))
        var random = SplitMix64(seed: 10)
        var request = request
        request.session = 5
        var candidates = nodes(active: [0, 90, 90])
        candidates[1].isBound = true
        #expect(policy.choose(among: candidates, for: request, random: &random).index == 1, "another loop's")
        (candidates[1].isBound, candidates[2].isBound) = (false, true)
        let pinned = policy.choose(among: candidates, for: request, random: &random)
        #expect(pinned.index == 2 && pinned.reason == .session)
        request.now = 61
        #expect(policy.choose(among: candidates, for: request, random: &random).index == 0)
    }

    @Test func `the table of sticky sessions is bounded and keeps those in use`() throws {
        var policy = try #require(Policies.make("session-sticky", ["ttl": 604_800]))
        var random = SplitMix64(seed: 11)
        var request = request
        let order = nodes(active: [0, 1])
        let other = nodes(active: [1, 0])
        request.session = 1
        _ = policy.choose(among: order, for: request, random: &random)
        for session in UInt64(2)..<140_000 {
            request.session = session
            _ = policy.choose(among: order, for: request, random: &random)
            if session % 50_000 == 0 {
                request.session = 1
                #expect(policy.choose(among: other, for: request, random: &random).reason == .session)
            }
        }
        request.session = 2
        #expect(policy.choose(among: other, for: request, random: &random).reason == .leastLoaded)
    }

    @Test func `the longest prefix wins at any load; ties go by load`() throws {
        #expect(try chosen("longest-prefix", nodes(active: [900, 0], cached: [2, 1])) == 0)
        #expect(try chosen("longest-prefix", nodes(active: [9, 4, 0], cached: [2, 2, 1])) == 1)
    }

    @Test(arguments: Policies.names)
    func `standard values are in range and what is given is taken`(name: String) throws {
        for (index, parameter) in Policies.parameters(of: name).enumerated() {
            #expect(parameter.range.contains(parameter.standard) && !parameter.summary.isEmpty)
            #expect(try #require(Policies.make(name)).values[index] == parameter.standard)
            let given = try #require(Policies.make(name, [parameter.name: parameter.range.upperBound]))
            #expect(given.values[index] == parameter.range.upperBound)
        }
    }
}
