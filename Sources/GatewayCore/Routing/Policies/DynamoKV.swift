#if canImport(Glibc)
    import Glibc
#endif

/// Dynamo's KV router: prefill blocks that a node would owe, and the blocks that it decodes with.
///
/// Source: ai-dynamo/dynamo lib/kv-router/src/scheduling (selector 07a6c9ce, config 0243c51b; docs to v1.6), from the
/// formula:
///
///     raw  = (prefill tokens active on the node + prompt tokens) / block
///     cost = scale x max(0, raw - credit x cached blocks) + decode blocks + request weight x active requests
///
/// Decode blocks are those of the node's active requests and of this prompt; blocks that requests share count for
/// each (the original counts them once). The least wins, equal ones are drawn; at a temperature above 0 by softmax of
/// -cost / ((max - min) x temperature). The old `overlap_score_weight` is the scale. Host and disk tiers, which no
/// candidate tells, and the decay of credit (0 there) are left out.
struct DynamoKV: RoutingPolicy {
    static let name = "dynamo-kv"
    static let summary =
        "Dynamo's KV router, from the formula: prefill blocks owed less those cached, and decode blocks"
    static let parameters = [
        PolicyParameter("scale", 1, in: 0...100, "weight of prefill blocks against decode blocks"),
        PolicyParameter("credit", 1, in: 0...2, "blocks of prefill that a cached block saves"),
        PolicyParameter("request", 0, in: 0...1_000, "blocks that an active request costs"),
        PolicyParameter(
            "temperature", 0, in: 0...10, "0: the least cost; above: drawn, the flatter the higher"),
        PolicyParameter("block", 16, in: 1...4_096, "tokens in a KV block of the engines"),
    ]
    var values = Self.parameters.map(\.standard)

    /// Prefill, decode and request terms, in blocks.
    private func terms(_ candidate: Candidate, _ request: RoutingRequest) -> (Double, Double, Double) {
        let block = values[4]
        let prompt = Double(request.promptTokens)
        let raw = (candidate.pending + prompt) / block
        let cached = Double(candidate.cachedTokens(of: request)) / block
        return (
            values[0] * max(0, raw - values[1] * cached),
            (candidate.weighted(Double(candidate.contextTokens)) + prompt) / block,
            values[2] * candidate.load
        )
    }

    func choose(among candidates: [Candidate], for request: RoutingRequest, random: inout SplitMix64)
        -> Choice
    {
        let costs = candidates.map {
            let (prefill, decode, requests) = terms($0, request)
            return prefill + decode + requests
        }
        let index =
            values[3] > 0
            ? softmax(costs, candidates, &random) : CandidateCosts.drawn(costs, candidates, &random)
        return Choice(index, candidates[index].cachedBlocks > 0 ? .prefix : .leastCost)
    }

    private func softmax(_ costs: [Double], _ candidates: [Candidate], _ random: inout SplitMix64) -> Int {
        let least = costs.min() ?? 0
        let spread = (costs.max() ?? 0) - least
        guard spread > 0 else { return CandidateCosts.drawn(costs, candidates, &random) }
        let chances = costs.map { exp(-($0 - least) / (spread * values[3])) }
        var point = Double(random.next() >> 11) / 9_007_199_254_740_992 * chances.reduce(0, +)
        for index in chances.indices {
            point -= chances[index]
            if point < 0 { return index }
        }
        return chances.count - 1
    }

    func scores(_ candidates: [Candidate], for request: RoutingRequest) -> [PolicyScore] {
        candidates.map { candidate in
            let (prefill, decode, requests) = terms(candidate, request)
            return PolicyScore(
                prefill + decode + requests,
                [
                    ScoreTerm(name: "prefill", value: prefill),
                    ScoreTerm(name: "decode", value: decode),
                    ScoreTerm(name: "requests", value: requests),
                ])
        }
    }
}
