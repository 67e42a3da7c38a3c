/// What traffic says of nodes: breakers, faults in streams, loads that disagree.
extension ControlLoop {
    /// Of one kind of fault on one node at most one event in so many seconds; all are counted.
    static let faultEventSeconds = 5.0
    /// Medians of a minute need no more than this.
    static let slownessSeconds = 5.0

    struct FaultKey: Hashable {
        var node: Int
        var fault: StreamFault
    }

    /// What the end of a request tells its node's breaker.
    mutating func weigh(_ settlement: Settlement) {
        guard nodes.indices.contains(Int(settlement.node)), !settlement.isRetry else { return }
        if settlement.outcome == .completed {
            nodes[Int(settlement.node)].breaker.completed(now: seconds)
        } else {
            nodes[Int(settlement.node)].breaker.ended(now: seconds)
        }
    }

    mutating func takeFaults() {
        for mailbox in shared.mailboxes {
            for notice in mailbox.takeFaults() where nodes.indices.contains(notice.node) {
                nodes[notice.node].faults[Int(notice.fault.rawValue)] += 1
                if notice.fault.isTheNodes { nodes[notice.node].breaker.faulted(now: seconds) }
                tell(notice)
            }
        }
    }

    private mutating func tell(_ notice: FaultNotice) {
        let key = FaultKey(node: notice.node, fault: notice.fault)
        if let last = faultsToldAt[key], seconds - last < Self.faultEventSeconds { return }
        faultsToldAt[key] = seconds
        isUrgent = true
        let count = nodes[notice.node].faults[Int(notice.fault.rawValue)]
        events.add(
            "stream \(notice.stream): \(notice.fault.words) (\(notice.evidence.prefix(120)))"
                + (count > 1 ? "; \(count) so far" : ""),
            severity: .warning, node: nodes[notice.node].name, time: unixNow)
    }

    // MARK: breakers

    mutating func stepBreakers() {
        let looksForSlow = seconds - slownessAt >= Self.slownessSeconds
        if looksForSlow { slownessAt = seconds }
        var measures: [Slowness.Measure] = []
        if looksForSlow { for index in nodes.indices { measures.append(measure(index)) } }
        for index in nodes.indices where nodes[index].intent == .serve {
            var evidence = Breaker.Evidence()
            evidence.consecutiveFailures = nodes[index].load.consecutiveFailures
            evidence.failures = nodes[index].load.failuresBeforeFirstByte
            if looksForSlow, (measures[index].ttft?.p50 ?? 0) >= rules.ejection.ttftFloorSeconds {
                let peers = measures.indices.filter { $0 != index && isPeer($0, of: index) }.map {
                    measures[$0]
                }
                evidence.slowness = Slowness.evidence(of: measures[index], peers: peers, rules.ejection)
            }
            var breaker = nodes[index].breaker
            let change = breaker.step(evidence, rules.ejection, mayBeOut: { mayBeOut(index) }, now: seconds)
            nodes[index].breaker = breaker
            if let change { tell(change, of: index) }
        }
    }

    private mutating func measure(_ index: Int) -> Slowness.Measure {
        let account = ledger.accounts[index]
        return Slowness.Measure(
            ttft: ledger.latency(\.ttft, node: index, now: seconds),
            work: (account.promptTokensPerSecond ?? 0) + (account.outputTokensPerSecond ?? 0))
    }

    private func isPeer(_ other: Int, of index: Int) -> Bool {
        nodes[other].state == .serving && nodes[other].configuration.role == nodes[index].configuration.role
            && nodes[other].models == nodes[index].models
    }

    /// Whether the nodes of each of its models are enough without it.
    private func mayBeOut(_ index: Int) -> Bool {
        let models = nodes[index].models
        let groups = models.isEmpty ? [nil] : models.map { Optional($0) }
        return groups.allSatisfy { model in
            let wanted = nodes.filter { record in
                record.intent == .serve && record.weight > 0 && (model.map(record.models.contains) ?? true)
            }
            let others = wanted.count { $0.index != index && $0.state == .serving }
            return Double(others) >= max(1, rules.ejection.minimumShare * Double(wanted.count))
        }
    }

    private mutating func tell(_ change: Breaker.Change, of index: Int) {
        isDirty = true
        isUrgent = true
        let text: String
        var severity = EventSeverity.warning
        switch change {
        case .ejected(let reason, let length):
            text = "ejected for \(Int(length)) s: \(reason)"
            severity = .alarm
        case .spared(let reason): text = "not ejected, too few nodes would be left: \(reason)"
        case .probes: text = "ejection over: one request at a time tries it again"
        case .returned:
            nodes[index].beginSlowly(at: now)
            text = "back from its ejection"
            severity = .info
        case .recalled:
            text = "gets requests again although it was ejected: too few nodes are left without it"
        }
        events.add(text, severity: severity, node: nodes[index].name, time: unixNow)
    }

    // MARK: loads

    /// Our count beside the engine's, when the engine has just said its own.
    mutating func compareLoad(of index: Int, at reading: NodeReading) {
        guard case .success(let engine) = reading.engine else { return }
        let told = engine.running.map { $0 + (engine.waiting ?? 0) }
        let change = nodes[index].disagreement.step(
            ours: nodes[index].load.active, engine: told, patience: rules.disagreementSeconds, now: seconds)
        guard let change else { return }
        switch change {
        case .began(let ours, let engine):
            events.add(
                "for \(Int(rules.disagreementSeconds)) s the engine has \(engine) requests, this gateway \(ours) there: "
                    + (engine > ours
                        ? "others use it too, or it goes on with requests whose clients have left"
                        : "it does not know of some of them; look at its oldest streams"),
                severity: .warning, node: nodes[index].name, time: unixNow)
        case .ended:
            events.add(
                "its count of requests and this gateway's agree again", node: nodes[index].name, time: unixNow
            )
        }
    }
}

extension StreamFault {
    /// Says something of the node. A model that repeats itself does so anywhere.
    var isTheNodes: Bool { self != .repeating }
}
