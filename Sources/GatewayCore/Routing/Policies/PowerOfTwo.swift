/// The less loaded of two that are drawn by weight (Mitzenmacher 2001).
struct PowerOfTwo: RoutingPolicy {
    static let name = "power-of-two"
    static let summary = "the less loaded of two nodes drawn by weight"

    func choose(among candidates: [Candidate], for request: RoutingRequest, random: inout SplitMix64)
        -> Choice
    {
        let first = Random.draw(from: candidates, random: &random)
        var second = Random.draw(from: candidates, random: &random)
        if second == first { second = Int(random.next() % UInt64(candidates.count)) }
        let better = candidates[second].relativeLoad < candidates[first].relativeLoad ? second : first
        return Choice(better, .betterOfTwo)
    }

    func scores(_ candidates: [Candidate], for request: RoutingRequest) -> [PolicyScore] {
        LeastRequests().scores(candidates, for: request)
    }
}
