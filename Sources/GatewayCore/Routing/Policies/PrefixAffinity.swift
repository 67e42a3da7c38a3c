/// The least cost in tokens of prefill: what waits on a node, and what of this prompt it does not hold yet.
///
///     cost = (pending + 256 x active) x 100 / weight + 2 x uncached
///
/// The marginal prefill counts double: of the family "wtok" with w = 2, which on the Mooncake traces (FAST 25) raises hits
/// by 2 to 4 points at the same latency. A request that decodes slows each step of its neighbours: some 0.3 ms on a 70B
/// fp8 at TP4, which over 250 output tokens is worth 1,800 tokens of prefill at 22,000 a second; 256 is a seventh of
/// that, so that a warm node is left when it has some 35 requests more than a cold one for a prompt of 5,000 tokens.
struct PrefixAffinity: RoutingPolicy {
    static let name = "prefix-affinity"
    static let summary = "least prefill cost: what waits there and what of the prompt is not cached"
    static let newTokenPrice = 2
    static let activePrice = 256

    func choose(among candidates: [Candidate], for request: RoutingRequest, random: inout SplitMix64)
        -> Choice
    {
        let best = LeastRequests.least(of: candidates, random: &random) { Self.cost($0, request) }
        return Choice(best, candidates[best].cachedBlocks > 0 ? .prefix : .leastCost)
    }

    func scores(_ candidates: [Candidate], for request: RoutingRequest) -> [PolicyScore] {
        candidates.map { candidate in
            PolicyScore(
                Self.cost(candidate, request),
                [
                    ScoreTerm(name: "pending", value: Double(candidate.pendingPrefillTokens)),
                    ScoreTerm(
                        name: "new", value: Double(Self.newTokenPrice * candidate.uncachedTokens(of: request))
                    ),
                    ScoreTerm(name: "active", value: Double(Self.activePrice * candidate.active)),
                ])
        }
    }

    private static func cost(_ candidate: Candidate, _ request: RoutingRequest) -> Double {
        let uncached = request.promptTokens - candidate.cachedTokens(of: request)
        let load = candidate.pendingPrefillTokens + activePrice * candidate.active
        return Double(load) * 100 / Double(candidate.weight) + Double(newTokenPrice * uncached)
    }
}
