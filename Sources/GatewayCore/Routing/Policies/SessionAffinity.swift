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
        let (index, isHome) = BoundedRendezvous.choose(among: candidates, key: key) {
            max($0 * Self.bound, $0 + Self.floor)
        }
        return Choice(index, isHome ? .session : .sessionSpilled)
    }

    func scores(_ candidates: [Candidate], for request: RoutingRequest) -> [PolicyScore] {
        BoundedRendezvous.scores(candidates, key: request.session ?? request.head ?? 0)
    }
}
