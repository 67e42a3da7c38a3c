/// Drawn by weight.
struct Random: RoutingPolicy {
    static let name = "random"
    static let summary = "drawn by weight"

    func choose(among candidates: [Candidate], for request: RoutingRequest, random: inout SplitMix64)
        -> Choice
    {
        Choice(Self.draw(from: candidates, random: &random), .chance)
    }

    func scores(_ candidates: [Candidate], for request: RoutingRequest) -> [PolicyScore] {
        candidates.map {
            PolicyScore(-Double($0.weight), [ScoreTerm(name: "weight", value: Double($0.weight))])
        }
    }

    /// An index, each with a chance in proportion to its weight.
    static func draw(from candidates: [Candidate], random: inout SplitMix64) -> Int {
        var total = 0
        for candidate in candidates { total += candidate.weight }
        var point = Int(random.next() % UInt64(max(1, total)))
        for (index, candidate) in candidates.enumerated() {
            point -= candidate.weight
            if point < 0 { return index }
        }
        return candidates.count - 1
    }
}
