#if canImport(Glibc)
    import Glibc
#endif

/// Weighted rendezvous hashing with a bound on each node's load: weights are exact, and a node that leaves moves only
/// its own keys.
enum BoundedRendezvous {
    /// The first by rank that stays within its bound with one more request; the first of all where nobody does.
    /// - Parameter cap: requests that a node may have, from its fair share of all of them.
    static func choose(
        among candidates: [Candidate], key: UInt64, cap: (Double) -> Double
    ) -> (index: Int, isHome: Bool) {
        var total = 1.0
        var weights = 0.0
        for candidate in candidates {
            total += Double(candidate.active)
            weights += Double(candidate.weight)
        }
        var best: Int?
        var bestRank = -Double.infinity
        var first = 0
        var firstRank = -Double.infinity
        for (index, candidate) in candidates.enumerated() {
            let rank = rank(key, candidate)
            if rank > firstRank {
                first = index
                firstRank = rank
            }
            let share = total * Double(candidate.weight) / weights
            if rank > bestRank, Double(candidate.active) + 1 <= cap(share) {
                best = index
                bestRank = rank
            }
        }
        return (best ?? first, (best ?? first) == first)
    }

    static func scores(_ candidates: [Candidate], key: UInt64) -> [PolicyScore] {
        candidates.map { candidate in
            let rank = rank(key, candidate)
            return PolicyScore(
                -rank,
                [
                    ScoreTerm(name: "rank", value: rank),
                    ScoreTerm(name: "active", value: Double(candidate.active)),
                ])
        }
    }

    /// Weight / -ln(u), u in 0...1 by key and node.
    private static func rank(_ key: UInt64, _ candidate: Candidate) -> Double {
        // One multiply alone gives neighbours' numbers in arithmetic progression, which shifts shares by 5%.
        var mixer = SplitMix64(seed: PromptHash.combine(key, UInt64(candidate.node) &+ 1))
        let mixed = mixer.next()
        let u = (Double(mixed >> 11) + 0.5) / 9_007_199_254_740_992
        return Double(candidate.weight) / -log(u)
    }
}
