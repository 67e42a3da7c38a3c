/// The longest match whatever the load: what "lpm" is in comparisons, from the formula (workloads.md section 2, `lpm_load`).
/// Of equal matches the one on which the least waits for prefill, of those one drawn by weight. A head that all prompts share sends all to one node.
struct LongestPrefix: RoutingPolicy {
    static let name = "longest-prefix"
    static let summary = "the longest match whatever the load; ties by load"

    func choose(among candidates: [Candidate], for request: RoutingRequest, random: inout SplitMix64)
        -> Choice
    {
        let deepest = candidates.lazy.map(\.cachedBlocks).max() ?? 0
        let costs = CandidateCosts.keeping(candidates, where: { $0.cachedBlocks == deepest }, cost: \.backlog)
        let index = CandidateCosts.drawn(costs, candidates, &random)
        return Choice(index, deepest > 0 ? .deepestHolder : .leastLoaded)
    }

    func scores(_ candidates: [Candidate], for request: RoutingRequest) -> [PolicyScore] {
        candidates.map { candidate in
            PolicyScore(
                -Double(candidate.cachedBlocks),
                [
                    ScoreTerm(name: "match", value: candidate.match(request)),
                    ScoreTerm(name: "pending", value: candidate.pending),
                    ScoreTerm(name: "load", value: candidate.load),
                ])
        }
    }
}
