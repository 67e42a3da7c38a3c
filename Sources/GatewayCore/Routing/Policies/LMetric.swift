/// LMetric: prefill that a node would owe times its batch, without a weight to tune.
///
/// Source: LMetric (Alibaba and SJTU, March 2026), from the formula; ties as in sglang sgl-model-gateway/src/policies/
/// lmetric.rs (acaa759a): score, load, new work, place in the list. The port there leaves out what waits; the paper has it.
///
///     (pending + uncached tokens) x (requests + 1)
struct LMetric: RoutingPolicy {
    static let name = "lmetric"
    static let summary = "LMetric, from the formula: tokens of prefill owed times the batch"

    private func cost(_ candidate: Candidate, _ request: RoutingRequest) -> Double {
        (candidate.pending + Double(candidate.uncachedTokens(of: request))) * (candidate.load + 1)
    }

    func choose(among candidates: [Candidate], for request: RoutingRequest, random: inout SplitMix64)
        -> Choice
    {
        func rank(_ candidate: Candidate) -> (Double, Double, Int) {
            (cost(candidate, request), candidate.load, candidate.uncachedTokens(of: request))
        }
        var best = 0
        for index in candidates.indices.dropFirst() where rank(candidates[index]) < rank(candidates[best]) {
            best = index
        }
        return Choice(best, candidates[best].cachedBlocks > 0 ? .prefix : .leastCost)
    }

    func scores(_ candidates: [Candidate], for request: RoutingRequest) -> [PolicyScore] {
        candidates.map { candidate in
            PolicyScore(
                cost(candidate, request),
                [
                    ScoreTerm(name: "pending", value: candidate.pending),
                    ScoreTerm(name: "new", value: Double(candidate.uncachedTokens(of: request))),
                    ScoreTerm(name: "batch", value: candidate.load + 1),
                ])
        }
    }
}
