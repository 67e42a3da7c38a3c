/// The fewest requests for the weight; ties are drawn by weight.
struct LeastRequests: RoutingPolicy {
    static let name = "least-requests"
    static let summary = "the node with the fewest requests for its weight"

    func choose(among candidates: [Candidate], for request: RoutingRequest, random: inout SplitMix64)
        -> Choice
    {
        Choice(Self.least(of: candidates, random: &random) { $0.relativeLoad }, .leastLoaded)
    }

    func scores(_ candidates: [Candidate], for request: RoutingRequest) -> [PolicyScore] {
        candidates.map { candidate in
            PolicyScore(
                candidate.relativeLoad * 100,
                [
                    ScoreTerm(name: "active", value: Double(candidate.active)),
                    ScoreTerm(name: "weight", value: Double(candidate.weight)),
                ])
        }
    }

    /// The index with the least cost; equal ones have chances by weight.
    static func least(
        of candidates: [Candidate], random: inout SplitMix64, cost: (Candidate) -> Double
    ) -> Int {
        var best = 0
        var bestCost = Double.infinity
        var weights: UInt64 = 0
        for (index, candidate) in candidates.enumerated() {
            let value = cost(candidate)
            if value < bestCost {
                best = index
                bestCost = value
                weights = UInt64(candidate.weight)
            } else if value == bestCost {
                weights += UInt64(candidate.weight)
                if random.next() % weights < UInt64(candidate.weight) { best = index }
            }
        }
        return best
    }
}
