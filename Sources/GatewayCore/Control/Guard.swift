/// Says whether a command may be applied to the fleet as a snapshot shows it.
///
/// Pure, so that the console can say why a verb is disabled with the same words that the gateway would refuse with.
package enum Guard {
    package enum Verdict: Sendable, Equatable {
        case allowed
        /// - canForce: the operator may insist by the target's name.
        case refused(reason: String, canForce: Bool)
    }

    package static func check(_ command: Command, on snapshot: Snapshot) -> Verdict {
        switch command {
        case .drain(let node, let deadline, _, let force):
            if let deadline, !(deadline > 0) {
                return .refused(reason: "a drain's deadline must be above 0 seconds", canForce: false)
            }
            return checkTakingOut(node, force: force, verb: "drain", on: snapshot)
        case .maintenance(let node, let force):
            return checkTakingOut(node, force: force, verb: "maintenance", on: snapshot)
        case .undrain(let node):
            guard let status = snapshot.node(named: node) else { return unknown(node, in: snapshot) }
            switch status.state {
            case .draining, .drained, .maintenance: return .allowed
            case .starting, .serving, .unhealthy:
                return .refused(
                    reason: "\(node) is \(status.state.rawValue): there is no drain to undo", canForce: false)
            }
        case .setWeight(let node, let weight):
            guard let status = snapshot.node(named: node) else { return unknown(node, in: snapshot) }
            guard (0...100).contains(weight) else {
                return .refused(reason: "a weight is 0 to 100, not \(weight)", canForce: false)
            }
            return weight == 0 ? checkSilencing(status, on: snapshot) : .allowed
        case .setPolicy(let name):
            guard snapshot.gateway.policies.contains(name) else {
                let known = snapshot.gateway.policies.joined(separator: ", ")
                return .refused(reason: "no policy named \(name); there are \(known)", canForce: false)
            }
            return .allowed
        case .stop: return .allowed
        }
    }

    /// The last serving node of a model is not taken out without force.
    private static func checkTakingOut(
        _ node: String, force: Bool, verb: String, on snapshot: Snapshot
    ) -> Verdict {
        guard let status = snapshot.node(named: node) else { return unknown(node, in: snapshot) }
        if verb == "drain", status.state == .draining || status.state == .drained {
            return .refused(reason: "\(node) is \(status.state.rawValue) already", canForce: false)
        }
        if verb == "maintenance", status.state == .maintenance {
            return .refused(reason: "\(node) is in maintenance already", canForce: false)
        }
        guard !force, let reason = lastness(of: status, in: snapshot) else { return .allowed }
        return .refused(reason: reason, canForce: true)
    }

    /// Weight 0 takes a node out of routing as a drain does.
    private static func checkSilencing(_ status: NodeStatus, on snapshot: Snapshot) -> Verdict {
        guard let reason = lastness(of: status, in: snapshot) else { return .allowed }
        return .refused(
            reason: "\(reason); weight 0 would silence it: drain it by force if you must", canForce: false)
    }

    /// Why a node must not be taken out: nobody else would serve what it serves. nil: it may be.
    private static func lastness(of status: NodeStatus, in snapshot: Snapshot) -> String? {
        let node = status.name
        guard status.state == .serving, status.weight > 0 else { return nil }
        // A node of weight 0 gets no new request, whatever its state.
        let others = snapshot.nodes.filter { $0.name != node && $0.state == .serving && $0.weight > 0 }
        let orphans = status.models.filter { model in !others.contains { $0.models.contains(model) } }
        if !orphans.isEmpty {
            return "\(node) is the last of 1 serving node for \(orphans.joined(separator: ", "));"
                + " its requests would have nowhere to go"
        }
        return others.isEmpty ? "\(node) is the last serving node" : nil
    }

    private static func unknown(_ node: String, in snapshot: Snapshot) -> Verdict {
        let names = snapshot.nodes.prefix(12).map(\.name).joined(separator: ", ")
        return .refused(
            reason: "no node named \(node); there are \(names)\(snapshot.nodes.count > 12 ? ", ..." : "")",
            canForce: false)
    }
}

extension Snapshot {
    package func node(named name: String) -> NodeStatus? { nodes.first { $0.name == name } }
}
