#if canImport(Glibc)
    import Glibc
#endif

/// Consistent hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam 2018), by weighted rendezvous instead of a
/// ring, so that weights are exact and a node that leaves moves only its own sessions.
///
/// The key is the session, else the prompt's head. A node takes at most 1.25 times its fair share of the requests, with
/// a floor of 4 above it: with few requests a bare share would be 1 (kubeai issue 519).
struct SessionAffinity: RoutingPolicy {
    static let name = "session-affinity"
    static let summary = "a session stays on its node, unless that is over 1.25 of its share"
    static let bound = 1.25
    static let floor = 4.0

    func choose(among candidates: [Candidate], for request: RoutingRequest, random: inout SplitMix64)
        -> Choice
    {
        let key = request.session ?? request.head ?? random.next()
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
            let rank = Self.rank(key, candidate)
            if rank > firstRank {
                first = index
                firstRank = rank
            }
            let share = total * Double(candidate.weight) / weights
            let cap = max(share * Self.bound, share + Self.floor)
            if rank > bestRank, Double(candidate.active) + 1 <= cap {
                best = index
                bestRank = rank
            }
        }
        let chosen = best ?? first
        return Choice(chosen, chosen == first ? .session : .sessionSpilled)
    }

    func scores(_ candidates: [Candidate], for request: RoutingRequest) -> [PolicyScore] {
        candidates.map { candidate in
            let rank = Self.rank(request.session ?? request.head ?? 0, candidate)
            return PolicyScore(
                -rank,
                [
                    ScoreTerm(name: "rank", value: rank),
                    ScoreTerm(name: "active", value: Double(candidate.active)),
                ])
        }
    }

    /// Weighted rendezvous: weight / -ln(u), u in 0...1 by key and node.
    private static func rank(_ key: UInt64, _ candidate: Candidate) -> Double {
        // One multiply alone gives neighbours' numbers in arithmetic progression, which shifts shares by 5%.
        var mixer = SplitMix64(seed: PromptHash.combine(key, UInt64(candidate.node) &+ 1))
        let mixed = mixer.next()
        let u = (Double(mixed >> 11) + 0.5) / 9_007_199_254_740_992
        return Double(candidate.weight) / -log(u)
    }
}
