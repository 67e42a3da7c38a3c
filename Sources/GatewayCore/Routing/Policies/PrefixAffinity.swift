/// The least cost in tokens of prefill: what waits on a node, and what of this prompt it does not hold yet.
///
///     cost = (pending + 2 x uncached + 32 x active) x 100 / weight
///
/// The marginal prefill counts double: of the family in DESIGN's evidence ("wtok", w = 2, on the Mooncake traces) that
/// raises hits by 2 to 4 points at the same latency. 32 tokens for an active request stand for its share of each step.
struct PrefixAffinity: RoutingPolicy {
    static let name = "prefix-affinity"
    static let summary = "least prefill cost: what waits there and what of the prompt is not cached"
    static let newTokenPrice = 2
    static let activePrice = 32

    func choose(among candidates: [Candidate], for request: RoutingRequest, random: inout SplitMix64)
        -> Choice
    {
        let best = LeastRequests.least(of: candidates, random: &random) { Self.cost($0, request) }
        return Choice(best, candidates[best].cachedBlocks > 0 ? .prefix : .leastCost)
    }

    func score(_ candidate: Candidate, for request: RoutingRequest) -> (cost: Double, terms: [ScoreTerm]) {
        let uncached = request.promptTokens - candidate.cachedTokens(of: request)
        return (
            Self.cost(candidate, request),
            [
                ScoreTerm(name: "pending", value: Double(candidate.pendingPrefillTokens)),
                ScoreTerm(name: "new", value: Double(Self.newTokenPrice * uncached)),
                ScoreTerm(name: "active", value: Double(Self.activePrice * candidate.active)),
            ]
        )
    }

    private static func cost(_ candidate: Candidate, _ request: RoutingRequest) -> Double {
        let uncached = request.promptTokens - candidate.cachedTokens(of: request)
        let tokens =
            candidate.pendingPrefillTokens + newTokenPrice * uncached + activePrice * candidate.active
        return Double(tokens) * 100 / Double(candidate.weight)
    }
}
