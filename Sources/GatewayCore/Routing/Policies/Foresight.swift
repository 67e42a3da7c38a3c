/// The least predicted cost in seconds of the fleet's time:
///
///     cost = wait + w x prefill + lambda x decode + pressure
///
/// `wait`: until what was sent to the node before is prefilled; `prefill`: this prompt's uncached tokens at the node's
/// learned speed; `decode`: by how much its batch makes this answer's tokens later, and this answer theirs; `pressure`:
/// what an engine that runs out of KV blocks costs. w above 1 prices new prefill above its face value, since it also
/// evicts what others would have found: on the Mooncake traces (FAST 25) w = 2 to 3 raises hits by two to four points at
/// the same or a lower latency. It contains the least TTFT (w = 1), llm-d's token load (w = 1, lambda = 0) and
/// sticky-until-saturated (a high `leave`) as corners.
///
/// A session stays where it is until leaving saves more than `leave` seconds or half of what recomputing its prompt
/// costs. Where every node has enough to do, requests wait at the gateway (`HoldPlan`) instead of in an engine's queue.
package struct Foresight: RoutingPolicy {
    package static let name = "foresight"
    package static let summary =
        "least predicted seconds: wait, new prefill, decode; holds what no node needs yet"
    package static let parameters = [
        PolicyParameter("w", 2, in: 0.5...8, "price of a second of new prefill, in seconds of waiting"),
        PolicyParameter("lambda", 0.2, in: 0...4, "price of a second of decoding that gets slower"),
        PolicyParameter("leave", 1, in: 0...60, "seconds that a session must save before it leaves its node"),
        PolicyParameter("hold", 1, in: 0...1, "1: requests wait at the gateway until a node needs them"),
        PolicyParameter("feed", 0.05, in: 0...10, "seconds of prefill that a node is given ahead"),
        PolicyParameter("ageing", 0.02, in: 0...1, "seconds of work that a second of waiting is worth"),
        PolicyParameter("longest", 180, in: 1...3600, "seconds of waiting after which a request goes first"),
    ]
    package var values: [Double]

    package init() { values = Self.parameters.map(\.standard) }

    private var newPrefillPrice: Double { values[0] }
    private var decodePrice: Double { values[1] }
    private var leaveSeconds: Double { values[2] }

    /// How requests are held; nil: they are not.
    package var dial: HoldDial? {
        guard values[3] >= 0.5 else { return nil }
        return HoldDial(feedSeconds: values[4], ageing: values[5], longestWait: values[6])
    }

    package func choose(
        among candidates: [Candidate], for request: RoutingRequest, random: inout SplitMix64
    ) -> Choice {
        let best = Self.cheapest(of: candidates, random: &random) { cost(candidates[$0], request) }
        return Choice(best, reason(best, candidates))
    }

    private func reason(_ best: Int, _ candidates: [Candidate]) -> ChoiceReason {
        if candidates[best].isBound { return .session }
        if candidates.contains(where: \.isBound) { return .sessionMoved }
        return candidates[best].cachedBlocks > 0 ? .prefix : .leastCost
    }

    /// What a session saves by staying. It owes nothing to a node that holds nothing of it any more.
    private func staying(_ candidate: Candidate, _ request: RoutingRequest) -> Double {
        guard candidate.isBound else { return 0 }
        let cached = candidate.cachedTokens(of: request)
        guard cached > 0 else { return 0 }
        return min(leaveSeconds, 0.5 * candidate.speed.prefillSeconds(new: cached, behind: 0))
    }

    /// The index with the least cost. Ties go to the node that has been idle for longest, for its weight: what it evicts is
    /// the oldest. Equal ones are drawn by weight.
    package static func cheapest(
        of candidates: [Candidate], random: inout SplitMix64, cost: (Int) -> Double
    ) -> Int {
        func idle(_ index: Int) -> Double { candidates[index].idleSeconds * Double(candidates[index].weight) }
        var best = 0
        var least = Double.infinity
        var weights: UInt64 = 0
        for (index, candidate) in candidates.enumerated() {
            let value = cost(index)
            let isTie = abs(value - least) < 1e-9
            if value < least && !isTie || isTie && idle(index) > idle(best) {
                best = index
                least = value
                weights = UInt64(candidate.weight)
            } else if isTie, idle(index) == idle(best) {
                weights += UInt64(candidate.weight)
                if random.next() % weights < UInt64(candidate.weight) { best = index }
            }
        }
        return best
    }

    package func cost(_ candidate: Candidate, _ request: RoutingRequest) -> Double {
        wait(candidate) + placing(candidate, request)
    }

    /// All but the wait.
    package func placing(_ candidate: Candidate, _ request: RoutingRequest) -> Double {
        (newPrefillPrice * candidate.prefillSeconds(of: request)
            + decodePrice * decode(candidate, request)) * 100 / Double(candidate.weight)
            + pressure(candidate, request) - staying(candidate, request)
    }

    private func wait(_ candidate: Candidate) -> Double {
        candidate.waitSeconds * 100 / Double(candidate.weight)
    }

    private func decode(_ candidate: Candidate, _ request: RoutingRequest) -> Double {
        2 * candidate.speed.perDecode * Double(candidate.active) * Double(request.outputTokens)
    }

    /// Past nine tenths of its blocks an engine queues or preempts: a preempted request is prefilled again.
    private func pressure(_ candidate: Candidate, _ request: RoutingRequest) -> Double {
        guard let usage = candidate.kvUsage, usage > 0.9 else { return 0 }
        let again = candidate.speed.prefillSeconds(new: request.promptTokens, behind: 0)
        return (usage - 0.9) * 10 * again
    }

    package func scores(_ candidates: [Candidate], for request: RoutingRequest) -> [PolicyScore] {
        candidates.map { candidate in
            PolicyScore(
                cost(candidate, request),
                [
                    ScoreTerm(name: "wait", value: wait(candidate)),
                    ScoreTerm(
                        name: "prefill", value: newPrefillPrice * candidate.prefillSeconds(of: request)),
                    ScoreTerm(name: "decode", value: decodePrice * decode(candidate, request)),
                    ScoreTerm(name: "pressure", value: pressure(candidate, request)),
                    ScoreTerm(name: "session", value: 0 - staying(candidate, request)),
                ])
        }
    }
}
