/// Each node in turn, in proportion to its weight: nginx's smooth weighted round robin (1.3.1, 2012).
struct RoundRobin: RoutingPolicy {
    static let name = "round-robin"
    static let summary = "each node in turn, by weight"

    /// By node: grows by the weight each time, falls by the sum when chosen.
    private var credit: [Int] = []

    mutating func choose(
        among candidates: [Candidate], for request: RoutingRequest, random: inout SplitMix64
    ) -> Choice {
        var total = 0
        var best = 0
        for (index, candidate) in candidates.enumerated() {
            while credit.count <= candidate.node { credit.append(0) }
            credit[candidate.node] += candidate.weight
            total += candidate.weight
            if credit[candidate.node] > credit[candidates[best].node] { best = index }
        }
        credit[candidates[best].node] -= total
        return Choice(best, .turn)
    }

    func scores(_ candidates: [Candidate], for request: RoutingRequest) -> [PolicyScore] {
        candidates.map { candidate in
            let credit = candidate.node < credit.count ? credit[candidate.node] : 0
            return PolicyScore(-Double(credit), [ScoreTerm(name: "credit", value: Double(credit))])
        }
    }
}
