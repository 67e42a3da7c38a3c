/// A session goes to the node that was least loaded when it came, and stays there: the honest baseline (workloads.md
/// section 2, `session_sticky_ll`; vllm-project/router's sticky_least_loaded #235 counts sessions where this counts
/// tokens that wait for prefill, then requests), from the formula.
///
/// Equal nodes are drawn by weight: by place in a list all sessions of an idle start would stay on the first for life
/// (torchtitan 4109). A session is forgotten after its time; one whose node can't take it is bound anew. Its node is the
/// one that it was last sent to, by whatever chose that: another loop, a pin, another policy. Where nobody knows of that
/// any more it is the one chosen here, until 65,536 other sessions were younger.
struct SessionSticky: RoutingPolicy {
    static let name = "session-sticky"
    static let summary = "a session stays on the node that was least loaded when it came"
    static let parameters = [
        PolicyParameter(
            "ttl", 3_600, in: 1...604_800, "s without a request after which a session is forgotten")
    ]
    /// Sessions in each of two generations.
    static let generation = 65_536
    var values = Self.parameters.map(\.standard)

    private struct Binding {
        var node: Int
        /// Monotonic seconds.
        var lastUse: Double
    }

    private var young: [UInt64: Binding] = [:]
    private var old: [UInt64: Binding] = [:]

    /// The index of the session's node.
    private func home(_ session: UInt64?, _ candidates: [Candidate], now: Double) -> Int? {
        guard let session else { return nil }
        let binding = young[session] ?? old[session]
        if let binding, now - binding.lastUse > values[0] { return nil }
        return candidates.firstIndex(where: \.isBound)
            ?? binding.flatMap { binding in candidates.firstIndex { $0.node == binding.node } }
    }

    private mutating func bind(_ session: UInt64, _ node: Int, now: Double) {
        if young.count >= Self.generation, young[session] == nil {
            old = young
            young = [:]
        }
        young[session] = Binding(node: node, lastUse: now)
    }

    mutating func choose(
        among candidates: [Candidate], for request: RoutingRequest, random: inout SplitMix64
    ) -> Choice {
        let home = home(request.session, candidates, now: request.now)
        let index = home ?? CandidateCosts.drawn(candidates.map(\.backlog), candidates, &random)
        if let session = request.session { bind(session, candidates[index].node, now: request.now) }
        return Choice(index, home == nil ? .leastLoaded : .session)
    }

    func scores(_ candidates: [Candidate], for request: RoutingRequest) -> [PolicyScore] {
        let home = home(request.session, candidates, now: request.now)
        return candidates.indices.map { index in
            PolicyScore(
                index == home ? -1 : candidates[index].backlog,
                [
                    ScoreTerm(name: "session", value: index == home ? 1 : 0),
                    ScoreTerm(name: "pending", value: candidates[index].pending),
                    ScoreTerm(name: "load", value: candidates[index].load),
                ])
        }
    }
}
