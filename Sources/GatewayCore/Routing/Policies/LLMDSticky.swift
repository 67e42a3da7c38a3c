/// llm-d's sticky-until-saturated.
///
/// Source: llm-d/llm-d-router, prefix-cache-affinity-filter (ebab6879, 2026-08-22), from the formula: only nodes that hold
/// at least `affinity` of the prompt stay, unless the least busy of them would begin more than `seconds` later than the
/// least busy of the others, by pending tokens / `rate`. Of those that stay the least pending and new tokens win, equal
/// ones are drawn. Defaults: 0.80, 18 s, 15,928 tokens/s (Qwen3-32B on two H100 through the full path); workloads.md
/// section 2 has 14 s at its model's 8,000.
struct LLMDSticky: RoutingPolicy {
    static let name = "llm-d-sticky"
    static let summary =
        "llm-d's sticky until saturated, from the formula: nodes that hold the prompt, until they are seconds behind"
    static let parameters = [
        PolicyParameter("affinity", 0.8, in: 0...1, "share of the prompt from which a node is warm"),
        PolicyParameter("seconds", 18, in: 0...600, "s of prefill by which warm nodes may be behind"),
        PolicyParameter("rate", 15_928, in: 1...10_000_000, "prompt tokens/s of one node at its best"),
    ]
    var values = Self.parameters.map(\.standard)

    /// Whether only warm nodes may take the request.
    private func isSticky(_ candidates: [Candidate], _ request: RoutingRequest) -> Bool {
        var warm = Double.infinity
        var cold = Double.infinity
        for candidate in candidates {
            if isWarm(candidate, request) {
                warm = min(warm, candidate.pending)
            } else {
                cold = min(cold, candidate.pending)
            }
        }
        guard warm.isFinite else { return false }
        return cold.isInfinite || (warm - cold) / values[2] <= values[1]
    }

    private func isWarm(_ candidate: Candidate, _ request: RoutingRequest) -> Bool {
        candidate.match(request) >= values[0]
    }

    private func costs(_ candidates: [Candidate], _ request: RoutingRequest, _ isSticky: Bool) -> [Double] {
        CandidateCosts.keeping(candidates, where: { !isSticky || isWarm($0, request) }) {
            $0.pending + Double($0.uncachedTokens(of: request))
        }
    }

    func choose(among candidates: [Candidate], for request: RoutingRequest, random: inout SplitMix64)
        -> Choice
    {
        let isSticky = isSticky(candidates, request)
        let costs = costs(candidates, request, isSticky)
        let index = CandidateCosts.drawn(costs, candidates, &random)
        return Choice(index, candidates[index].cachedBlocks > 0 ? .prefix : .leastCost)
    }

    func scores(_ candidates: [Candidate], for request: RoutingRequest) -> [PolicyScore] {
        let costs = costs(candidates, request, isSticky(candidates, request))
        return zip(candidates, costs).map { candidate, cost in
            PolicyScore(
                cost,
                [
                    ScoreTerm(name: "pending", value: candidate.pending),
                    ScoreTerm(name: "new", value: Double(candidate.uncachedTokens(of: request))),
                    ScoreTerm(name: "match", value: candidate.match(request)),
                ])
        }
    }
}
