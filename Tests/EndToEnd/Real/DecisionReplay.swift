import GatewayCore
import Testing

/// A policy of ours that decides what an original decided, each time from the state that the original's own decisions
/// have made: its loads, and the prompts that it sent to each engine.
struct DecisionReplay: CustomStringConvertible {
    private struct Tally {
        var count = 0
        var agreed = 0
    }

    private var policy: any RoutingPolicy
    private var tallies: [ChoiceReason: Tally] = [:]
    private var drawn = 0
    private let index = PrefixIndex(byteLimit: 1 << 30)
    /// The finest blocks that the gateway has.
    private let hash = PromptHash(key: 1, blockBytes: 64)
    private let order: [Int]
    private var random = SplitMix64(seed: 7)

    /// - Parameter order: the engines as the original lists them.
    init(_ name: String, _ parameters: [String: Double], order: [Int]) throws {
        policy = try #require(Policies.make(name, parameters))
        self.order = order
    }

    /// Decisions in which the original's engine is ours, or one of those among which ours draws.
    var agreed: Int { tallies.values.reduce(0) { $0 + $1.agreed } }

    /// "998 of 1000, 41 drawn among equal ones (deepestHolder 700 of 702, ...)".
    var description: String {
        let parts = tallies.sorted { $0.key.rawValue < $1.key.rawValue }
            .map { "\($0.key) \($0.value.agreed) of \($0.value.count)" }
        let count = tallies.values.reduce(0) { $0 + $1.count }
        return "\(agreed) of \(count), \(drawn) drawn among equal ones (\(parts.joined(separator: ", ")))"
    }

    /// - Parameter isCounted: the first ones only find the original's order.
    mutating func play(_ decision: OriginalRouter.Decision, isCounted: Bool) {
        var chain: [UInt64] = []
        hash.append(blocksOf: Array(decision.prompt.utf8).span.bytes, root: 0, to: &chain)
        var request = RoutingRequest()
        request.blocks = chain.count
        let candidates = candidates(chain, decision.loads)
        var ours: Set<Int> = []
        for _ in 0..<64 {  // one of four equal ones is missed in 1 of 10^8
            var again = policy
            ours.insert(order[again.choose(among: candidates, for: request, random: &random).index])
        }
        let choice = policy.choose(among: candidates, for: request, random: &random)
        index.insert(chain, node: decision.engine, now: 0)
        guard isCounted else { return }
        if ours.count > 1 { drawn += 1 }
        tallies[choice.reason, default: Tally()].count += 1
        if ours.contains(decision.engine) { tallies[choice.reason]?.agreed += 1 }
    }

    private func candidates(_ chain: [UInt64], _ loads: [Int]) -> [Candidate] {
        var depths = [Int32](repeating: 0, count: order.count)
        let first = index.depths(chain, into: &depths)
        return order.map { engine in
            var candidate = Candidate(
                node: engine, weight: 100, active: loads[engine], cachedBlocks: Int(depths[engine]))
            candidate.heldBlocks = index.blocks(of: engine)
            candidate.isFirstHolder = engine == first
            return candidate
        }
    }
}
