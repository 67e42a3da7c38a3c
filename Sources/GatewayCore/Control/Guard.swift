/// Says whether a command may be applied to the fleet as a snapshot shows it.
///
/// Pure, so that the console can say why a verb is disabled with the same words that the gateway would refuse with.
package enum Guard {
    package enum Verdict: Sendable, Equatable {
        case allowed
        /// - canForce: the operator may insist by the target's name.
        case refused(reason: String, canForce: Bool)
    }

    package static func check(_ command: Command, trySeconds: Double? = nil, on snapshot: Snapshot) -> Verdict
    {
        if snapshot.gateway.isReadOnly {
            return refused("this fleet is read-only: its configuration says readOnly")
        }
        if let trySeconds, let reason = whyNotTried(command, trySeconds, snapshot.trials) {
            return refused(reason)
        }
        switch command {
        case .drain, .undrain, .maintenance, .setWeight, .setLimit, .migrate, .cut:
            guard let status = command.node.flatMap({ snapshot.node(named: $0) }) else {
                return unknown(command.node ?? "", in: snapshot)
            }
            return check(command, of: status, on: snapshot)
        case .setPolicy(let name, let model, let parameters):
            return checkPolicy(name, model, parameters ?? [:], on: snapshot)
        case .setQueueCapacity(let requests):
            return GatewayLimits.queueCapacities.contains(requests)
                ? .allowed : refused("the queue's capacity is 0 to 65536 requests, not \(requests)")
        case .cancelSession(let id):
            return id.isEmpty ? refused("a session's id is needed: the streams view shows them") : .allowed
        case .cancelStream(let id):
            // Not every stream is in the picture; where one has gone, the answer says so.
            return id > 0 ? .allowed : refused("a stream's id is needed: the streams view shows them")
        case .pin(let session, let node): return checkPin(session, node, on: snapshot)
        case .unpin(let session): return checkUnpin(session, on: snapshot)
        case .keep: return snapshot.trials.isEmpty ? refused("nothing is being tried") : .allowed
        // It gets as far as here where there is none to stand in its place.
        case .undo: return refused("there is no change to undo")
        case .setAutotune, .stop: return .allowed
        }
    }

    private static func whyNotTried(_ command: Command, _ seconds: Double, _ trials: [TrialStatus]) -> String?
    {
        guard let what = command.setting else {
            return "only a weight, a limit, the queue's capacity or a policy can be tried"
        }
        guard Trial.seconds.contains(seconds) else { return "a trial lasts 1 s to 24 h" }
        guard trials.count >= Snapshot.listLimit, !trials.contains(where: { $0.what == what }) else {
            return nil
        }
        return "\(trials.count) changes are being tried already; keep them first"
    }

    private static func check(_ command: Command, of status: NodeStatus, on snapshot: Snapshot) -> Verdict {
        switch command {
        case .drain(_, let deadline, _, let force):
            if let deadline, !(deadline > 0) {
                return refused("a drain's deadline must be above 0 seconds")
            }
            if status.state == .draining || status.state == .drained, deadline == nil {
                return refused("\(status.name) is \(status.state.rawValue) already")
            }
            return force ? .allowed : checkMinimum(status, on: snapshot)
        case .maintenance(_, let force):
            if status.state == .maintenance { return refused("\(status.name) is in maintenance already") }
            return force ? .allowed : checkMinimum(status, on: snapshot)
        case .undrain:
            if status.isTakenOut { return .allowed }
            return refused("\(status.name) is \(status.state.rawValue): there is no drain to undo")
        case .migrate: return checkIsOut(status, verb: "migrate moves")
        case .cut:
            let verdict = checkIsOut(status, verb: "cut ends")
            guard verdict == .allowed, status.active == 0 else { return verdict }
            return refused("nothing is left on \(status.name): safe to delete")
        case .setWeight(_, let weight):
            guard (0...100).contains(weight) else { return refused("a weight is 0 to 100, not \(weight)") }
            return weight == 0 ? checkSilencing(status, on: snapshot) : .allowed
        case .setLimit(_, let requests):
            guard let requests, !GatewayLimits.nodeLimits.contains(requests) else { return .allowed }
            return refused("a node's limit is 1 to 100000 requests or none, not \(requests)")
        case .setPolicy, .setQueueCapacity, .keep, .setAutotune, .cancelSession, .cancelStream, .pin, .unpin,
            .undo,
            .stop:
            return .allowed
        }
    }

    private static func checkPolicy(
        _ name: String, _ model: String?, _ parameters: [String: Double], on snapshot: Snapshot
    ) -> Verdict {
        let settings = snapshot.gateway.policySettings
        if let model, settings.own(model) == nil {
            let known = Set(snapshot.nodes.flatMap(\.models)).sorted()
            guard known.contains(model) else {
                let nearest = NearestName.of(model, among: known).map { "did you mean \($0)? " } ?? ""
                let names = known.isEmpty ? "no node has told its models yet" : "there are "
                return refused(
                    "no node serves \(model); \(nearest)\(names)"
                        + known.prefix(12).joined(separator: ", ") + (known.count > 12 ? ", ..." : ""))
            }
        }
        do throws(InputProblem) {
            _ = try settings.changed(to: name, model: model, parameters: parameters)
            return .allowed
        } catch {
            return refused("\(error)")
        }
    }

    private static func checkPin(_ session: String, _ node: String, on snapshot: Snapshot) -> Verdict {
        guard !session.isEmpty, session.utf8.count <= PayerName.longest else {
            return refused(
                "a session is pinned by its id of 1 to \(PayerName.longest) bytes; the sessions view shows them"
            )
        }
        guard let status = snapshot.node(named: node) else { return unknown(node, in: snapshot) }
        guard status.state == .serving, status.weight > 0 else {
            let state = status.state == .serving ? "has weight 0" : "is \(status.state.rawValue)"
            return refused("\(node) \(state): pin the session to a node that takes requests")
        }
        let model = snapshot.sessions.first { $0.id == session }?.model ?? ""
        if !model.isEmpty, !status.models.isEmpty, !status.models.contains(model) {
            return refused("\(node) does not serve \(model), which \(session) asks for")
        }
        if let pin = snapshot.pin(of: session) {
            return pin.node == node ? refused("\(session) is pinned to \(node) already") : .allowed
        }
        guard snapshot.pins.count >= SessionPin.limit, let oldest = snapshot.pins.first else {
            return .allowed
        }
        return refused(
            "\(snapshot.pins.count) sessions are pinned already; unpin one first, the oldest is \(oldest.session)"
        )
    }

    private static func checkUnpin(_ session: String, on snapshot: Snapshot) -> Verdict {
        guard snapshot.pin(of: session) == nil else { return .allowed }
        let pinned = snapshot.pins.prefix(12).map(\.session).joined(separator: ", ")
        let more = snapshot.pins.count > 12 ? ", ..." : ""
        return refused(
            "session \(session) is not pinned" + (pinned.isEmpty ? "" : "; pinned are \(pinned)\(more)"))
    }

    /// Streams are moved or cut only where no new ones come: on a node that was taken out before.
    private static func checkIsOut(_ status: NodeStatus, verb: String) -> Verdict {
        guard status.isTakenOut else {
            return refused(
                "\(status.name) is \(status.state.rawValue): drain it first, then \(verb) what is left on it")
        }
        return .allowed
    }

    private static func checkMinimum(_ status: NodeStatus, on snapshot: Snapshot) -> Verdict {
        guard let reason = shortage(without: [status.name], in: snapshot) else { return .allowed }
        return .refused(reason: reason, canForce: true)
    }

    /// Weight 0 takes a node out of routing as a drain does.
    private static func checkSilencing(_ status: NodeStatus, on snapshot: Snapshot) -> Verdict {
        guard let reason = shortage(without: [status.name], in: snapshot) else { return .allowed }
        return refused("\(reason); weight 0 would silence it: drain it by force if you must")
    }

    /// Why these nodes must not be taken out together: a model or a role would have fewer nodes than its minimum, or
    /// nobody would serve at all. nil: they may be.
    package static func shortage(without leaving: Set<String>, in snapshot: Snapshot) -> String? {
        // A node of weight 0 gets no new request, whatever its state.
        let serving = snapshot.nodes.filter { $0.state == .serving && $0.weight > 0 }
        let gone = serving.filter { leaving.contains($0.name) }
        let stay = serving.filter { !leaving.contains($0.name) }
        guard !gone.isEmpty else { return nil }
        let names = gone.map(\.name).joined(separator: ", ")
        let minimum = snapshot.gateway.minimumServing
        for model in Set(gone.flatMap(\.models)).sorted() {
            let left = stay.count { $0.models.contains(model) }
            if left < minimum.ofModel(model) {
                return words(names, gone.count, left, minimum.ofModel(model), model)
            }
            if let reason = roleShortage(names, gone, stay, model, minimum) { return reason }
        }
        guard stay.count < minimum.each else { return nil }
        return stay.isEmpty && minimum.each == 1
            ? "\(names) \(gone.count == 1 ? "is the last serving node" : "are the last serving nodes")"
            : words(names, gone.count, stay.count, minimum.each, "the fleet")
    }

    /// Prefill and decode pools have their own minimum for each model; mixed nodes stand in for both.
    private static func roleShortage(
        _ names: String, _ gone: [NodeStatus], _ stay: [NodeStatus], _ model: String,
        _ minimum: ServingMinimum
    ) -> String? {
        for role in [NodeRole.prefill, .decode] {
            guard gone.contains(where: { $0.role == role && $0.models.contains(model) }) else { continue }
            let left = stay.count { $0.models.contains(model) && ($0.role == role || $0.role == .mixed) }
            if left < minimum.ofRole(role) {
                return words(names, gone.count, left, minimum.ofRole(role), "\(role.rawValue) of \(model)")
            }
        }
        return nil
    }

    private static func words(_ names: String, _ gone: Int, _ left: Int, _ minimum: Int, _ what: String)
        -> String
    {
        if left == 0, minimum == 1 {
            return gone == 1
                ? "\(names) is the last of 1 serving node for \(what); its requests would have nowhere to go"
                : "\(names) are all \(gone) nodes that serve \(what); their requests would have nowhere to go"
        }
        return "without \(names) there would be \(left) serving for \(what); the minimum is \(minimum)"
            + " (minimumServing)"
    }

    private static func refused(_ reason: String) -> Verdict { .refused(reason: reason, canForce: false) }

    private static func unknown(_ node: String, in snapshot: Snapshot) -> Verdict {
        let names = snapshot.nodes.prefix(12).map(\.name).joined(separator: ", ")
        return refused(
            "no node named \(node); there are \(names)\(snapshot.nodes.count > 12 ? ", ..." : "")")
    }
}

extension NodeStatus {
    /// An operator drained it or put it in maintenance.
    package var isTakenOut: Bool {
        switch state {
        case .draining, .drained, .maintenance: true
        case .starting, .serving, .unhealthy, .ejected: false
        }
    }
}

extension Snapshot {
    package func node(named name: String) -> NodeStatus? { nodes.first { $0.name == name } }
}
