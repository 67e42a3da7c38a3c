/// The fewest requests for the weight; ties are drawn.
struct LeastRequests: RoutingPolicy {
    static let name = "least-requests"
    static let summary = "the node with the fewest requests for its weight"

    func choose(among candidates: [Candidate], for request: RoutingRequest, random: inout SplitMix64)
        -> Choice
    {
        Choice(Self.least(of: candidates, random: &random) { $0.relativeLoad }, .leastLoaded)
    }

    func score(_ candidate: Candidate, for request: RoutingRequest) -> (cost: Double, terms: [ScoreTerm]) {
        (
            candidate.relativeLoad * 100,
            [
                ScoreTerm(name: "active", value: Double(candidate.active)),
                ScoreTerm(name: "weight", value: Double(candidate.weight)),
            ]
        )
    }

    /// The index with the least cost; equal ones have equal chances.
    static func least(
        of candidates: [Candidate], random: inout SplitMix64, cost: (Candidate) -> Double
    ) -> Int {
        var best = 0
        var bestCost = Double.infinity
        var equals: UInt64 = 0
        for (index, candidate) in candidates.enumerated() {
            let value = cost(candidate)
            if value < bestCost {
                best = index
                bestCost = value
                equals = 1
            } else if value == bestCost {
                equals += 1
                if random.next() % equals == 0 { best = index }
            }
        }
        return best
    }
}
