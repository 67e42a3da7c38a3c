/// What the ported policies compare.
extension Candidate {
    /// An amount of load on it as a node of weight 100 would count it.
    func weighted(_ amount: Double) -> Double { amount * 100 / Double(weight) }

    /// Its requests, as a node of weight 100 would count them.
    var load: Double { weighted(Double(active)) }

    /// Uncached prompt tokens that wait on it, as a node of weight 100 would count them.
    var pending: Double { weighted(Double(pendingPrefillTokens)) }

    /// What waits on it, with its requests as a fraction of a token, so that they decide between equal ones: the load of
    /// workloads.md's baselines, found by playing its traces (counting requests alone makes means half as long again).
    var backlog: Double { pending + load / 1e6 }
}

/// One finite cost for each candidate, in their order; the least wins.
enum CandidateCosts {
    /// The first of the least, as Rust's `min_by_key` has it.
    static func first(_ costs: [Double]) -> Int {
        var best = 0
        for index in costs.indices where costs[index] < costs[best] { best = index }
        return best
    }

    /// One of the least; equal ones have chances by weight.
    static func drawn(_ costs: [Double], _ candidates: [Candidate], _ random: inout SplitMix64) -> Int {
        var best = 0
        var weights: UInt64 = 0
        for index in costs.indices {
            let weight = UInt64(candidates[index].weight)
            if costs[index] < costs[best] || index == 0 {
                best = index
                weights = weight
            } else if costs[index] == costs[best] {
                weights += weight
                if random.next() % weights < weight { best = index }
            }
        }
        return best
    }

    /// Costs of which those that are not kept come behind all that are, in their own order.
    static func keeping(
        _ candidates: [Candidate], where isKept: (Candidate) -> Bool, cost: (Candidate) -> Double
    ) -> [Double] {
        let costs = candidates.map(cost)
        let behind = (costs.max() ?? 0) - (costs.min() ?? 0) + 1
        return zip(candidates, costs).map { isKept($0) ? $1 : $1 + behind }
    }
}
