/// Preble's E2: exploit the cache where it holds the larger part of the prompt, else explore by cost.
///
/// Source: preble global_scheduler_with_time.py (8e7906a, 2024-05; ICLR 25), from the formula:
///
///     if cached > uncached:   of the nodes with the longest match the least cost
///     else:                   of all nodes the least cost
///     cost = prefill of the last 3 minutes' requests there + active requests x output tokens x s per token + own prefill
///
/// The original weighs each tree node of its window with a miss rate learned per node and shares it among holders; here
/// each request counts the prefill that was predicted when it was sent. Its cost of the virtual LRU's victims is left out,
/// which needs the engines' capacity, and so is its rebalancing of hot prefixes every 50n requests.
/// At `window` 0 the cost is what waits for prefill now and the new tokens: the arm "preble" of workloads.md section 2.
struct Preble: RoutingPolicy {
    static let name = "preble"
    static let summary =
        "Preble's E2, from the formula: the longest match where it is the larger part, else the least recent work"
    static let parameters = [
        PolicyParameter("window", 180, in: 0...3_600, "s of requests that count as load; 0: what waits now"),
        PolicyParameter("tpot", 0.15, in: 0...10, "s for an output token"),
    ]
    /// Requests remembered at most.
    static let limit = 65_536
    var values = Self.parameters.map(\.standard)

    private struct Sent {
        /// Monotonic seconds.
        var time: Double
        var node: Int
        /// s of prefill.
        var prefill: Double
    }

    /// The oldest first; those before `start` are past.
    private var recent: [Sent] = []
    private var start = 0
    /// Sum of prefill seconds of the recent requests, by node.
    private var work: [Double] = []

    private func cost(_ candidate: Candidate, _ request: RoutingRequest) -> (Double, Double, Double) {
        guard values[0] > 0 else {
            return (candidate.pending, 0, Double(candidate.uncachedTokens(of: request)))
        }
        let past = candidate.node < work.count ? max(0, work[candidate.node]) : 0
        return (
            candidate.weighted(past), candidate.load * Double(request.outputTokens) * values[1],
            candidate.prefillSeconds(of: request)
        )
    }

    private func costs(_ candidates: [Candidate], _ request: RoutingRequest) -> [Double] {
        let deepest = candidates.lazy.map { $0.cachedTokens(of: request) }.max() ?? 0
        let exploits = deepest > request.promptTokens - deepest
        return CandidateCosts.keeping(
            candidates, where: { !exploits || $0.cachedTokens(of: request) == deepest }
        ) {
            let (past, decode, own) = cost($0, request)
            return past + decode + own
        }
    }

    mutating func choose(
        among candidates: [Candidate], for request: RoutingRequest, random: inout SplitMix64
    ) -> Choice {
        forget(before: request.now - values[0])
        let index = CandidateCosts.drawn(costs(candidates, request), candidates, &random)
        let chosen = candidates[index]
        if values[0] > 0 {
            remember(Sent(time: request.now, node: chosen.node, prefill: chosen.prefillSeconds(of: request)))
        }
        return Choice(index, chosen.cachedBlocks > 0 ? .prefix : .leastCost)
    }

    private mutating func remember(_ sent: Sent) {
        while work.count <= sent.node { work.append(0) }
        work[sent.node] += sent.prefill
        recent.append(sent)
    }

    private mutating func forget(before time: Double) {
        while start < recent.count, recent[start].time < time || recent.count - start >= Self.limit {
            work[recent[start].node] -= recent[start].prefill
            start += 1
        }
        guard start > recent.count / 2 else { return }
        recent.removeFirst(start)
        start = 0
        // What is left of rounding goes when nobody is left.
        if recent.isEmpty { work = work.map { _ in 0 } }
    }

    func scores(_ candidates: [Candidate], for request: RoutingRequest) -> [PolicyScore] {
        zip(candidates, costs(candidates, request)).map { candidate, total in
            let (past, decode, own) = cost(candidate, request)
            return PolicyScore(
                total,
                [
                    ScoreTerm(name: "recent", value: past), ScoreTerm(name: "decode", value: decode),
                    ScoreTerm(name: "own", value: own),
                ])
        }
    }
}
