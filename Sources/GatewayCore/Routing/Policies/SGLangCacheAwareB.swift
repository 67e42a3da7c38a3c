/// SGLang's cache_aware router of 2026 ("era B"): affinity among all holders, and a gate on the chosen node alone.
///
/// Source: smg model_gateway/src/policies/cache_aware.rs (smg-project/smg f8daa883, 2026-08-22), the formula. Defaults as
/// there; both KV valves are off at 1.
///
///     if any KV use > overload or max - min of KV use > spread:   least load
///     if match > threshold:     the least loaded of all holders of the deepest match, equal ones drawn
///     else:                     least load
///     if its load > rel x mean and its load > mean + abs:         least load
///
/// Least load breaks ties by requests sent there so far, then by place in the list. The original's optional decay and
/// temperature, off there, are left out.
struct SGLangCacheAwareB: RoutingPolicy {
    static let name = "sglang-cache-aware-b"
    static let summary =
        "SGLang's smg of 2026: least loaded holder above a threshold, spilled when it is overloaded"
    static let parameters = [
        PolicyParameter("threshold", 0.3, in: 0...1, "share of the prompt above which its holders get it"),
        PolicyParameter(
            "abs", 64, in: 0...100_000, "requests above the mean at which the chosen node spills"),
        PolicyParameter("rel", 1.5, in: 1...100, "times the mean at which the chosen node spills"),
        PolicyParameter(
            "overload", 1, in: 0...1, "KV use of any node above which affinity is left; 1: never"),
        PolicyParameter("spread", 1, in: 0...1, "spread of KV use above which affinity is left; 1: never"),
    ]
    var values = Self.parameters.map(\.standard)
    /// Requests sent to each node, by its index.
    private var processed: [Double] = []

    private func isUnderPressure(_ candidates: [Candidate]) -> Bool {
        var least = 1.0
        var most = 0.0
        for case let usage? in candidates.lazy.map(\.kvUsage) {
            least = min(least, usage)
            most = max(most, usage)
        }
        return most > values[3] || most - least > values[4]
    }

    private func deepest(_ candidates: [Candidate], _ request: RoutingRequest) -> Int? {
        let blocks = candidates.lazy.map(\.cachedBlocks).max() ?? 0
        guard request.blocks > 0, Double(blocks) / Double(request.blocks) > values[0] else { return nil }
        return blocks
    }

    private func sent(_ candidate: Candidate) -> Double {
        candidate.node < processed.count ? candidate.weighted(processed[candidate.node]) : 0
    }

    private func leastLoaded(_ candidates: [Candidate]) -> Int {
        var best = 0
        for index in candidates.indices.dropFirst() {
            let (one, other) = (candidates[index], candidates[best])
            if (one.load, sent(one)) < (other.load, sent(other)) { best = index }
        }
        return best
    }

    private func isOverloaded(_ candidate: Candidate, _ candidates: [Candidate]) -> Bool {
        let mean = candidates.reduce(0) { $0 + $1.load } / Double(candidates.count)
        return candidate.load > values[2] * mean && candidate.load > mean + values[1]
    }

    private func select(
        _ candidates: [Candidate], _ request: RoutingRequest, _ random: inout SplitMix64
    ) -> Choice {
        if isUnderPressure(candidates) { return Choice(leastLoaded(candidates), .imbalance) }
        guard let deepest = deepest(candidates, request) else {
            return Choice(leastLoaded(candidates), .leastLoaded)
        }
        let costs = CandidateCosts.keeping(candidates, where: { $0.cachedBlocks == deepest }, cost: \.load)
        let holder = CandidateCosts.drawn(costs, candidates, &random)
        guard isOverloaded(candidates[holder], candidates) else { return Choice(holder, .deepestHolder) }
        return Choice(leastLoaded(candidates), .holderSpilled)
    }

    mutating func choose(
        among candidates: [Candidate], for request: RoutingRequest, random: inout SplitMix64
    ) -> Choice {
        let choice = select(candidates, request, &random)
        let node = candidates[choice.index].node
        while processed.count <= node { processed.append(0) }
        processed[node] += 1
        return choice
    }

    func scores(_ candidates: [Candidate], for request: RoutingRequest) -> [PolicyScore] {
        let deepest = isUnderPressure(candidates) ? nil : deepest(candidates, request)
        let costs = CandidateCosts.keeping(
            candidates,
            where: { deepest == nil || $0.cachedBlocks == deepest && !isOverloaded($0, candidates) },
            cost: \.load)
        return zip(candidates, costs).map { candidate, cost in
            PolicyScore(
                cost,
                [
                    ScoreTerm(name: "match", value: candidate.match(request)),
                    ScoreTerm(name: "load", value: candidate.load),
                    ScoreTerm(name: "sent", value: sent(candidate)),
                ])
        }
    }
}
