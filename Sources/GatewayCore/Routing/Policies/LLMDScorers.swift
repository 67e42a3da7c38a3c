/// llm-d's weighted scorers.
///
/// Source: llm-d/llm-d-router pkg/epp/framework/plugins/scheduling (ebab6879, 2026-08-22), from the formula: the sum of
/// weight x score, each score 0...1; the most wins, equal ones are drawn (max-score picker). Default profile: queue 2,
/// kv-util 2, prefix 3; the other scorers are there at weight 0.
///
///     queue, running   (max - q) / (max - min), 1 where all are equal
///     kv-util          1 - KV use
///     prefix           cached blocks / blocks
///     load-aware       0.5 without a queue, else 0.5 x (1 - min(queue, 128) / 128)
///     active-request   1 without a request, else (max - active) / max
///     token-load       1 - min(1, (pending + uncached tokens) / 4,194,304)
///     no-hit-lru       0.5 each where anybody holds a part; else the node least recently sent a cold prompt first
///     session          1 for the session's node
///
/// Where an engine doesn't tell its queue, its requests without a first token are it; KV use that is not told is 0.5. The
/// adapter scorer is left out: a candidate is already one that serves the model.
struct LLMDScorers: RoutingPolicy {
    static let name = "llm-d"
    static let summary = "llm-d's weighted scorers, from the formula: queue, KV use and prefix"
    static let parameters = [
        PolicyParameter("queue", 2, in: 0...100, "weight of a short queue in the engine"),
        PolicyParameter("kv-util", 2, in: 0...100, "weight of free KV blocks"),
        PolicyParameter("prefix", 3, in: 0...100, "weight of the share of the prompt that is cached"),
        PolicyParameter("running", 0, in: 0...100, "weight of few requests, between least and most"),
        PolicyParameter("load-aware", 0, in: 0...100, "weight of a queue below 128"),
        PolicyParameter("active-request", 0, in: 0...100, "weight of few requests against the most"),
        PolicyParameter("token-load", 0, in: 0...100, "weight of few tokens that wait for prefill"),
        PolicyParameter("no-hit-lru", 0, in: 0...100, "weight of spreading cold prompts"),
        PolicyParameter("session", 0, in: 0...100, "weight of the session's node"),
    ]
    var values = Self.parameters.map(\.standard)
    /// When each node was last sent a prompt of which nobody held a part, by its index; monotonic seconds.
    private var lastCold: [Double] = []

    mutating func choose(
        among candidates: [Candidate], for request: RoutingRequest, random: inout SplitMix64
    ) -> Choice {
        let costs = weightedScores(candidates, request).map { -$0.reduce(0, +) }
        let index = CandidateCosts.drawn(costs, candidates, &random)
        if !candidates.contains(where: { $0.cachedBlocks > 0 }) {
            while lastCold.count <= candidates[index].node { lastCold.append(-.infinity) }
            lastCold[candidates[index].node] = request.now
        }
        return Choice(index, candidates[index].cachedBlocks > 0 ? .prefix : .leastCost)
    }

    func scores(_ candidates: [Candidate], for request: RoutingRequest) -> [PolicyScore] {
        weightedScores(candidates, request).map { scores in
            let terms = zip(Self.parameters, zip(values, scores)).filter { $1.0 > 0 }.map {
                ScoreTerm(name: $0.name, value: $1.1)
            }
            let none = [ScoreTerm(name: "no weights", value: 0)]
            return PolicyScore(-scores.reduce(0, +), terms.isEmpty ? none : terms)
        }
    }

    /// For each candidate weight x score of each scorer, in the order of the parameters.
    private func weightedScores(_ candidates: [Candidate], _ request: RoutingRequest) -> [[Double]] {
        let queues = candidates.map { $0.weighted($0.engineQueue ?? Double($0.prefilling)) }
        let loads = candidates.map(\.load)
        let (queueSpread, loadSpread) = (spread(queues), spread(loads))
        let ranks = values[7] > 0 ? coldRanks(candidates) : []
        return candidates.indices.map { index in
            let candidate = candidates[index]
            let queue = queues[index]
            let load = loads[index]
            let tokens = candidate.pending + Double(candidate.uncachedTokens(of: request))
            let scores = [
                Self.place(queue, queueSpread), 1 - (candidate.kvUsage ?? 0.5), candidate.match(request),
                Self.place(load, loadSpread), 0.5 * (1 - min(queue, 128) / 128),
                load <= 0 ? 1 : (loadSpread.upperBound - load) / loadSpread.upperBound,
                1 - min(1, tokens / 4_194_304), ranks.isEmpty ? 0 : ranks[index], candidate.isBound ? 1 : 0,
            ]
            return zip(values, scores).map { $0 * $1 }
        }
    }

    private func spread(_ values: [Double]) -> ClosedRange<Double> {
        (values.min() ?? 0)...(values.max() ?? 0)
    }

    private static func place(_ value: Double, _ spread: ClosedRange<Double>) -> Double {
        let width = spread.upperBound - spread.lowerBound
        return width > 0 ? (spread.upperBound - value) / width : 1
    }

    private func coldRanks(_ candidates: [Candidate]) -> [Double] {
        guard candidates.count > 1, !candidates.contains(where: { $0.cachedBlocks > 0 }) else {
            return candidates.map { _ in 0.5 }
        }
        func last(_ index: Int) -> Double {
            let node = candidates[index].node
            return node < lastCold.count ? lastCold[node] : -.infinity
        }
        var ranks = candidates.map { _ in 0.0 }
        for (rank, index) in candidates.indices.sorted(by: { last($0) < last($1) }).enumerated() {
            ranks[index] = 1 - Double(rank) / Double(candidates.count - 1)
        }
        return ranks
    }
}
