import GatewayCore
import Testing

struct PolicyTests {
    private func policy(_ name: String) throws -> any RoutingPolicy { try #require(Policies.make(name)) }

    @Test func `every reason stands whole in the narrowest list of decisions`() {
        for reason in (UInt8(0)...).lazy.prefix(while: { ChoiceReason(rawValue: $0) != nil }) {
            let words = ChoiceReason(rawValue: reason)?.words ?? ""
            #expect(words.count <= 28, "\(words)")
        }
    }

    /// Keeps `inFlight` requests on nodes of these weights; a random one ends when the next comes.
    private func shares(
        _ name: String, weights: [Int], inFlight: Int, requests: Int, seed: UInt64
    ) throws -> [Double] {
        var policy = try policy(name)
        var random = SplitMix64(seed: seed)
        var active = weights.map { _ in 0 }
        var running: [Int] = []
        var taken = weights.map { _ in 0 }
        for number in 0..<(requests + inFlight) {
            if running.count >= inFlight {
                let place = Int.random(in: 0..<running.count, using: &random)
                active[running[place]] -= 1
                running.swapAt(place, running.count - 1)
                running.removeLast()
            }
            var request = RoutingRequest()
            request.session = random.next()
            let candidates = weights.indices.map {
                Candidate(node: $0, weight: weights[$0], active: active[$0])
            }
            let index = policy.choose(among: candidates, for: request, random: &random).index
            active[index] += 1
            running.append(index)
            if number >= inFlight { taken[index] += 1 }
        }
        return taken.map { Double($0) / Double(requests) }
    }

    @Test(arguments: Policies.names)
    func `weights are honoured by every policy`(name: String) throws {
        let weights = [100, 50, 25]
        let shares = try shares(name, weights: weights, inFlight: 350, requests: 20_000, seed: 11)
        for (share, weight) in zip(shares, weights) {
            let wanted = Double(weight) / 175
            #expect(abs(share - wanted) < 0.03, "\(name): \(share) for weight \(weight)")
        }
    }

    @Test(arguments: Policies.names)
    func `a choice is one of the candidates, with a score for each`(name: String) throws {
        var policy = try policy(name)
        var random = SplitMix64(seed: 12)
        for _ in 0..<500 {
            let candidates = (0..<Int.random(in: 1...9, using: &random)).map { _ in
                Candidate(
                    node: Int.random(in: 0..<40, using: &random),
                    weight: Int.random(in: 1...100, using: &random),
                    active: Int.random(in: 0..<50, using: &random),
                    cachedBlocks: Int.random(in: 0..<9, using: &random))
            }
            var request = RoutingRequest()
            request.blocks = 8
            request.promptTokens = 500
            let choice = policy.choose(among: candidates, for: request, random: &random)
            #expect(candidates.indices.contains(choice.index))
            let scores = policy.scores(candidates, for: request)
            #expect(scores.count == candidates.count)
            for score in scores { #expect(score.cost.isFinite && !score.terms.isEmpty) }
        }
        #expect(Policies.summary(of: name)?.isEmpty == false && Policies.make(name + "x") == nil)
    }

    @Test func `round robin is exactly proportional and smooth`() throws {
        var policy = try policy("round-robin")
        var random = SplitMix64(seed: 13)
        let candidates = [100, 50, 25].enumerated().map { Candidate(node: $0, weight: $1, active: 0) }
        let turns = (0..<70).map { _ in policy.choose(among: candidates, for: .init(), random: &random).index
        }
        for start in stride(from: 0, to: 70, by: 7) {
            let round = turns[start..<(start + 7)]
            #expect([0, 1, 2].map { index in round.count { $0 == index } } == [4, 2, 1])
        }
        #expect(!zip(turns, zip(turns.dropFirst(), turns.dropFirst(2))).contains { $0 == $1.0 && $0 == $1.1 })
    }

    @Test func `a node that leaves moves only its own sessions`() throws {
        var policy = try policy("session-affinity")
        var random = SplitMix64(seed: 14)
        let all = (0..<6).map { Candidate(node: $0, weight: 100, active: 0) }
        let fewer = all.filter { $0.node != 2 }
        var moved = 0
        for _ in 0..<600 {
            var request = RoutingRequest()
            request.session = random.next()
            let before = all[policy.choose(among: all, for: request, random: &random).index].node
            let again = all[policy.choose(among: all, for: request, random: &random).index].node
            let after = fewer[policy.choose(among: fewer, for: request, random: &random).index].node
            #expect(before == again)
            if before == 2 { moved += 1 } else { #expect(before == after) }
        }
        #expect((50...150).contains(moved))
    }

    @Test func `one hot session spills at the load bound, and comes home below it`() throws {
        var policy = try policy("session-affinity")
        var random = SplitMix64(seed: 15)
        var active = [0, 0, 0, 0]
        var request = RoutingRequest()
        request.session = 99
        var reasons: Set<ChoiceReason> = []
        var home: Int?
        for _ in 0..<200 {
            let candidates = active.indices.map { Candidate(node: $0, weight: 100, active: active[$0]) }
            let choice = policy.choose(among: candidates, for: request, random: &random)
            home = home ?? choice.index
            reasons.insert(choice.reason)
            active[choice.index] += 1
            let share = Double(active.reduce(0, +)) / 4
            #expect(Double(active[choice.index]) <= max(share * 1.25, share + 4))
            #expect((choice.index == home) == (choice.reason == .session))
        }
        #expect(reasons == [.session, .sessionSpilled])
    }

    @Test func `prefix affinity stays with the warm node until waiting work outweighs it`() throws {
        var policy = try policy("prefix-affinity")
        var random = SplitMix64(seed: 16)
        var request = RoutingRequest()
        request.blocks = 10
        request.promptTokens = 1000
        func chosen(pending: Int, active: Int = 0) -> Int {
            let warm = Candidate(
                node: 0, weight: 100, active: active, pendingPrefillTokens: pending, cachedBlocks: 10)
            let cold = Candidate(node: 1, weight: 100, active: 0)
            return policy.choose(among: [warm, cold], for: request, random: &random).index
        }
        // The cold node costs 2 x 1000 tokens.
        #expect(chosen(pending: 0) == 0 && chosen(pending: 1999) == 0 && chosen(pending: 2001) == 1)
        #expect(chosen(pending: 0, active: 7) == 0 && chosen(pending: 0, active: 8) == 1)
    }

    @Test func `load-minding policies take the node with less`() throws {
        var random = SplitMix64(seed: 17)
        let two = [Candidate(node: 0, weight: 100, active: 9), Candidate(node: 1, weight: 100, active: 2)]
        var least = try policy("least-requests")
        var power = try policy("power-of-two")
        var idle = 0
        for _ in 0..<400 {
            #expect(least.choose(among: two, for: .init(), random: &random).index == 1)
            idle += power.choose(among: two, for: .init(), random: &random).index
        }
        // Both draws fall on the busy one in at most one case of eight.
        #expect((320...400).contains(idle))
        let weighted = [
            Candidate(node: 0, weight: 100, active: 7), Candidate(node: 1, weight: 25, active: 2),
        ]
        #expect(least.choose(among: weighted, for: .init(), random: &random).index == 0)
    }
}
