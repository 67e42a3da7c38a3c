/// What an operator wants of a node. Restored from the journal at start.
package enum NodeIntent: String, Codable, Sendable, CaseIterable {
    case serve, drain, maintenance
}

/// What probes say of a node.
package enum NodeHealth: String, Codable, Sendable, CaseIterable {
    case starting, healthy, unhealthy
}

/// The one word shown for a node; derived, never stored.
package enum NodeState: String, Codable, Sendable, CaseIterable {
    /// Not yet answered a probe since the gateway began or the node came back.
    case starting
    /// Takes new requests.
    case serving
    /// Takes no new request; streams finish.
    case draining
    /// An operator drained it and nothing is left on it.
    case drained
    /// Taken out by an operator at once; not probed for health, streams finish.
    case maintenance
    /// Wanted, but its probes fail.
    case unhealthy
    /// Its probes are well, but its traffic is not: out of routing for a while, then tried with one request at a time.
    case ejected

    /// - Parameter live: requests of this gateway that are on the node now.
    package init(intent: NodeIntent, health: NodeHealth, breaker: BreakerPhase, live: Int) {
        switch intent {
        case .maintenance: self = .maintenance
        case .drain: self = live > 0 ? .draining : .drained
        case .serve:
            switch health {
            case .starting: self = .starting
            case .healthy: self = breaker == .closed ? .serving : .ejected
            case .unhealthy: self = .unhealthy
            }
        }
    }
}

/// The pool that a node belongs to.
package enum NodeRole: String, Codable, Sendable, CaseIterable {
    case prefill, decode, mixed
}
