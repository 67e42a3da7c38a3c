/// SGLang's cache_aware router of 2026 ("era B"): affinity among all holders, and a gate on each of them.
///
/// Checked against the running smg 1.13.0, which agrees with it on at least 99% of 1,000 decisions (`make test-real`); from
/// the formula (smg model_gateway/src/policies/cache_aware.rs, 04def28): the KV valves, both off at 1. Defaults as there.
///
///     if any KV use > overload or max - min of KV use > spread:   of all nodes
///     if match > threshold:   of the holders of the deepest match that are not over the gate;
///                             where all are: of all nodes that are not
///     else:                   of all nodes
///     over the gate:          load > rel x mean and load > mean + min(abs, max(4, 2 x square root of the mean, rounded up))
///
/// the least loaded, equal ones drawn. The bound on `abs` is the natural swing of a count of requests (two standard
/// deviations of Poisson's), without which no small fleet would ever spill. Engines that report a queue are compared there by
/// expected wait, which is left out, as are the decay and temperature (off there) and the warm-up of new nodes.
struct SGLangCacheAwareB: RoutingPolicy {
    static let name = "sglang-cache-aware-b"
    static let summary =
        "SGLang's smg of 2026: least loaded holder above a threshold that is not overloaded"
    static let parameters = [
        PolicyParameter("threshold", 0.3, in: 0...1, "share of the prompt above which its holders get it"),
        PolicyParameter(
            "abs", 64, in: 0...100_000, "requests above the mean at which a holder spills, at most"),
        PolicyParameter("rel", 1.5, in: 1...100, "times the mean at which a holder spills"),
        PolicyParameter(
            "overload", 1, in: 0...1, "KV use of any node above which affinity is left; 1: never"),
        PolicyParameter("spread", 1, in: 0...1, "spread of KV use above which affinity is left; 1: never"),
    ]
    var values = Self.parameters.map(\.standard)

    private func isUnderPressure(_ candidates: [Candidate]) -> Bool {
        var least = 1.0
        var most = 0.0
        for case let usage? in candidates.lazy.map(\.kvUsage) {
            least = min(least, usage)
            most = max(most, usage)
        }
        return most > values[3] || most - least > values[4]
    }

    /// The least loaded of which nodes, in their order, and why.
    private func pool(_ candidates: [Candidate], _ request: RoutingRequest) -> ([Bool], ChoiceReason) {
        let all = candidates.map { _ in true }
        if isUnderPressure(candidates) { return (all, .imbalance) }
        let deepest = candidates.lazy.map(\.cachedBlocks).max() ?? 0
        guard request.blocks > 0, Double(deepest) / Double(request.blocks) > values[0] else {
            return (all, .leastLoaded)
        }
        let free = isUnderGate(candidates)
        let holders = zip(candidates, free).map { $0.cachedBlocks == deepest && $1 }
        if holders.contains(true) { return (holders, .deepestHolder) }
        return (free.contains(true) ? free : all, .holderSpilled)
    }

    private func isUnderGate(_ candidates: [Candidate]) -> [Bool] {
        let mean = candidates.reduce(0) { $0 + $1.load } / Double(candidates.count)
        let margin = min(values[1], max(4, (2 * mean.squareRoot()).rounded(.up)))
        return candidates.map { $0.load <= values[2] * mean || $0.load <= mean + margin }
    }

    private func costs(_ candidates: [Candidate], in pool: [Bool]) -> [Double] {
        let behind = (candidates.lazy.map(\.load).max() ?? 0) + 1
        return zip(candidates, pool).map { $1 ? $0.load : $0.load + behind }
    }

    func choose(
        among candidates: [Candidate], for request: RoutingRequest, random: inout SplitMix64
    ) -> Choice {
        let (pool, reason) = pool(candidates, request)
        return Choice(CandidateCosts.drawn(costs(candidates, in: pool), candidates, &random), reason)
    }

    func scores(_ candidates: [Candidate], for request: RoutingRequest) -> [PolicyScore] {
        let costs = costs(candidates, in: pool(candidates, request).0)
        return zip(candidates, costs).map { candidate, cost in
            PolicyScore(
                cost,
                [
                    ScoreTerm(name: "match", value: candidate.match(request)),
                    ScoreTerm(name: "load", value: candidate.load),
                ])
        }
    }
}
