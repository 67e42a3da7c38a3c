/// Consistent hashing of the prompt's head with bounded loads.
///
/// Source: Mirrokni, Thorup, Zadimoghaddam 2018; kubeai internal/loadbalancer/balance_chwbl.go (f442a2cd, 2025-10) has
/// 1.25; from the formula:
///
///     cap = max((1 + eps) x share, share + floor), of (requests + 1) x weight / weights; at least 1
///
/// The floor is smg's (its prefix_hash has mean + 10): with many nodes and few requests the bare cap is 1 (kubeai 519).
/// Weighted rendezvous instead of a ring: the next by rank where a ring walks on. Where nobody fits, the first.
struct BoundedLoad: RoutingPolicy {
    static let name = "bounded-load"
    static let summary = "consistent hash of the prompt's head, the next node where one is over its bound"
    static let parameters = [
        PolicyParameter("eps", 0.25, in: 0...1_000_000, "share above its fair one that a node takes"),
        PolicyParameter(
            "floor", 10, in: 0...1_000, "requests above its fair share that a node takes in any case"),
    ]
    var values = Self.parameters.map(\.standard)

    private func cap(_ share: Double) -> Double {
        max(((1 + values[0]) * share).rounded(.up), share + values[1])
    }

    func choose(among candidates: [Candidate], for request: RoutingRequest, random: inout SplitMix64)
        -> Choice
    {
        let key = request.head ?? request.session ?? random.next()
        let (index, isHome) = BoundedRendezvous.choose(among: candidates, key: key, cap: cap)
        return Choice(index, isHome ? .hash : .hashSpilled)
    }

    func scores(_ candidates: [Candidate], for request: RoutingRequest) -> [PolicyScore] {
        BoundedRendezvous.scores(candidates, key: request.head ?? request.session ?? 0)
    }
}
