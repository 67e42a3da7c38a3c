import Foundation

/// Guard, journal, apply, publish.
extension ControlLoop {
    mutating func perform(_ request: CommandRequest, userID: Int?) -> CommandResult {
        let request = resolved(request)
        let snapshot = makeSnapshot()
        let actor = userID.map { "\(request.actor) (uid \($0))" } ?? request.actor
        if let reason = objection(to: request, on: snapshot) { return refuse(request, actor, reason) }
        let change = describe(request.command)
        do {
            try journal?.append(entry(request, actor, change: change, refusal: nil))
        } catch {
            return CommandResult(
                accepted: false,
                message:
                    "the journal at \(journal?.path ?? "") cannot be written (\(error)); nothing was changed",
                configurationVersion: configurationVersion)
        }
        let before = policies
        apply(request.command, by: actor, at: unixNow, now: now)
        trials.take(
            request.command, back: change.inverse, by: actor,
            until: request.trySeconds.map { unixNow + $0 })
        undo = userID == nil ? nil : change.inverse ?? undo
        noteSwitch(by: request.command, snapshot, before: before)
        noteOperator(request.command, actor)
        configurationVersion += 1
        publish()
        let text = change.text + trials.words(of: request.command, at: unixNow) + carryOut(request.command)
        events.add(
            text + (request.reason.map { " (\($0))" } ?? ""),
            severity: request.command.endsStreams ? .warning : .info, actor: actor,
            node: request.command.node, time: unixNow)
        lastChange = "\(actor): \(text)"
        isUrgent = true
        return CommandResult(
            accepted: true, message: text, inverse: change.inverse,
            configurationVersion: configurationVersion)
    }

    /// What a request would do, or why it would be refused. Nothing is changed, written or told to others.
    mutating func rehearse(_ request: CommandRequest) -> CommandResult {
        let request = resolved(request)
        if let reason = objection(to: request, on: makeSnapshot()) {
            return CommandResult(
                accepted: false, message: reason, configurationVersion: configurationVersion)
        }
        let change = describe(request.command)
        var text = "dry run, nothing was changed: \(change.text)"
        switch request.command {
        case .cancelSession(let id):
            text += "its requests end" + andThoseBegun(ledger.family(of: PromptHash.of(text: id)))
        case .cancelStream(let id):
            let isOpen = shared.mailboxes.contains { $0.latestReport.streams.contains { $0.id == id } }
            text += isOpen ? "it ends" : "it is not among those listed, and ends if it is open"
        default: break
        }
        if let before = change.before, let after = change.after, !change.text.contains("→") {
            text += " (\(before) → \(after))"
        }
        var trials = trials
        trials.take(
            request.command, back: change.inverse, by: request.actor,
            until: request.trySeconds.map { unixNow + $0 })
        return CommandResult(
            accepted: true, message: text + trials.words(of: request.command, at: unixNow),
            configurationVersion: configurationVersion)
    }

    /// An undo as the command that it stands for: the tuner's change is taken back while nothing came after it.
    private func resolved(_ request: CommandRequest) -> CommandRequest {
        guard request.command == .undo,
            let back = autotuning.status(version: configurationVersion)?.undo ?? undo
        else { return request }
        var request = request
        request.command = back
        return request
    }

    /// Why a request is not done; nil: nothing stands against it.
    private func objection(to request: CommandRequest, on snapshot: Snapshot) -> String? {
        if let expected = request.expectedVersion, expected != configurationVersion {
            let count = configurationVersion &- expected
            let words = count > 1 && count < 1000 ? "\(count) changes came" : "another change came"
            let last = lastChange.map { (count > 1 ? ", the last " : " ") + "by \($0)" } ?? ""
            return "\(words) between\(last); look again and repeat"
        }
        switch Guard.check(request.command, trySeconds: request.trySeconds, on: snapshot) {
        case .allowed: return nil
        case .refused(let reason, let canForce):
            return reason + (canForce ? "; force it by name if you must" : "")
        }
    }

    /// What the loops do with streams, when they route by the new fleet. Returns what came of it, to be said.
    private mutating func carryOut(_ command: Command) -> String {
        switch command {
        case .migrate(let node):
            if let index = index(of: node) { tellLoops(.migrate(node: index)) }
        case .cut(let node):
            if let index = index(of: node) { tellLoops(.cut(node: index)) }
        case .cancelSession(let id):
            let family = ledger.family(of: PromptHash.of(text: id))
            return cancel(.cancel(sessions: family), words: andThoseBegun(family))
        case .cancelStream(let id): return cancel(.cancelStream(id), words: "")
        case .drain, .undrain, .maintenance, .setWeight, .setLimit, .setQueueCapacity, .setPolicy, .pin,
            .unpin,
            .keep, .undo, .setAutotune, .stop:
            break
        }
        return ""
    }

    private func cancel(_ command: LoopCommand, words: String) -> String {
        let before = shared.mailboxes.reduce(0) { $0 + $1.cancelled }
        tellLoops(command)
        let isDone = waitForLoops { $0.hasDoneAll }
        let count = shared.mailboxes.reduce(0) { $0 + $1.cancelled } - before
        return "\(requests(count)) ended\(words)" + (isDone ? "" : " so far, a loop has not answered yet")
    }

    private func andThoseBegun(_ family: Set<UInt64>) -> String {
        switch family.count - 1 {
        case 0: ""
        case 1: ", with the session that it began"
        case let count: ", with the \(count) sessions that it began"
        }
    }

    private func requests(_ count: Int) -> String { count == 1 ? "1 request" : "\(count) requests" }

    private func index(of node: String) -> Int? { nodes.firstIndex { $0.name == node } }

    func tellLoops(_ command: LoopCommand) {
        for mailbox in shared.mailboxes { mailbox.send(command) }
    }

    private mutating func refuse(_ request: CommandRequest, _ actor: String, _ reason: String)
        -> CommandResult
    {
        let change = Change(text: "", before: nil, after: nil, inverse: nil)
        try? journal?.append(entry(request, actor, change: change, refusal: reason))
        events.add(
            "refused: \(reason)", severity: .warning, actor: actor, node: request.command.node, time: unixNow)
        isUrgent = true
        return CommandResult(accepted: false, message: reason, configurationVersion: configurationVersion)
    }

    private func entry(_ request: CommandRequest, _ actor: String, change: Change, refusal: String?)
        -> JournalEntry
    {
        JournalEntry(
            time: Date(timeIntervalSince1970: unixNow).ISO8601Format(), unixTime: unixNow, actor: actor,
            command: request.command, trySeconds: request.trySeconds, before: change.before,
            after: change.after, reason: request.reason, refusal: refusal)
    }

    struct Change {
        var text: String
        var before: String?
        var after: String?
        var inverse: Command?
    }

    /// What a command that is allowed changes, said before it is applied.
    private func describe(_ command: Command) -> Change {
        let record = command.node.flatMap { name in nodes.first { $0.name == name } }
        let before = record.map { "\($0.intent.rawValue), weight \($0.weight)" }
        switch command {
        case .drain(let node, let deadline, let atDeadline, _):
            let limit = deadline.map { "; after \(Int($0)) s the rest is \(atDeadline.words)" } ?? ""
            return Change(
                text: "draining \(node): no new requests, \(record?.load.live ?? 0) in flight\(limit)",
                before: before,
                after: "drain", inverse: restoring(record))
        case .undrain(let node):
            return Change(
                text: "\(node) serves again", before: before, after: "serve", inverse: restoring(record))
        case .maintenance(let node, _):
            return Change(
                text: "\(node) is in maintenance: no new requests, no probes", before: before,
                after: "maintenance", inverse: restoring(record))
        case .migrate(let node):
            return Change(
                text: "\(requests(record?.load.live ?? 0)) on \(node) to be moved elsewhere,"
                    + " those that can't be finish",
                before: before, after: "migrate")
        case .cut(let node):
            return Change(
                text: "\(requests(record?.load.live ?? 0)) on \(node) cut", before: before, after: "cut")
        case .cancelSession(let id): return Change(text: "session \(id): ", before: nil, after: "cancelled")
        case .cancelStream(let id): return Change(text: "stream \(id): ", before: nil, after: "cancelled")
        case .pin(let session, _), .unpin(let session): return describePin(command, of: session)
        case .setWeight(let node, let weight):
            return Change(
                text: "weight of \(node): \(record?.weight ?? 0) → \(weight)", before: before,
                after: "weight \(weight)",
                inverse: trials.of(command)?.back
                    ?? record.map { .setWeight(node: node, weight: $0.weight) })
        case .setLimit, .setQueueCapacity: return describeLimit(command, record)
        case .setPolicy(_, let model, _): return describePolicy(command, of: model)
        case .keep:
            let words = trials.running.map { "\($0.status.what) \($0.status.tried)" }
            return Change(text: "kept: \(words.joined(separator: ", "))", before: "tried", after: "kept")
        case .undo: return Change(text: "undone")
        case .setAutotune(let isOn):
            let words = { (isOn: Bool) in "autotune \(isOn ? "on" : "off")" }
            return Change(
                text: words(isOn), before: words(autotuning.interval != nil), after: words(isOn),
                inverse: .setAutotune(isOn: autotuning.interval != nil))
        case .stop(let mode):
            return Change(
                text: mode == .now ? "stop now" : "stop after the last stream", before: nil, after: nil)
        }
    }

    /// The command that brings a node's intent back.
    private func restoring(_ record: NodeRecord?) -> Command? {
        guard let record else { return nil }
        switch record.intent {
        case .serve: return .undrain(node: record.name)
        case .drain:
            return .drain(
                node: record.name, deadlineSeconds: record.drain?.deadlineSeconds,
                atDeadline: record.drain?.atDeadline ?? .keep, force: true)
        case .maintenance: return .maintenance(node: record.name, force: true)
        }
    }

    /// - Parameters:
    ///   - time: Unix seconds at which it was commanded.
    ///   - now: monotonic nanoseconds; 0: it is restored, and a node that serves has its whole share.
    private mutating func apply(_ command: Command, by actor: String, at time: Double, now: UInt64) {
        switch command {
        case .setPolicy: if let changed = try? changedPolicies(by: command) { policies = changed }
        case .setAutotune(let isOn): autotuning.turn(on: isOn, now: seconds)
        case .stop(let mode): begin(stop: mode)
        case .setQueueCapacity(let requests): queueCapacity = requests
        case .drain, .undrain, .maintenance, .setWeight, .setLimit:
            guard let index = nodes.firstIndex(where: { $0.name == command.node }) else { return }
            nodes[index].apply(command, at: time, now: now)
        case .pin(let session, let node):
            guard nodes.contains(where: { $0.name == node }) else { return }
            pins.set(
                SessionPin(session: session, node: node, actor: actor, since: time, isSetAside: now == 0))
        case .unpin(let session): pins.remove(session)
        case .migrate, .cut, .cancelSession, .cancelStream, .keep, .undo: break
        }
    }

    /// Brings back what operators had set, by node name.
    mutating func restore(_ entries: [JournalEntry], unreadable: Int) {
        var problems: [String] = []
        for entry in entries where !entry.command.isOfTheMoment {
            if let problem = policyProblem(entry.command) {
                problems.append("skipped: \(problem)")
                continue
            }
            let back = describe(entry.command).inverse
            apply(entry.command, by: entry.actor, at: entry.unixTime, now: 0)
            trials.take(
                entry.command, back: back, by: entry.actor,
                until: entry.trySeconds.map { entry.unixTime + $0 })
        }
        var parts = nodes.compactMap { record -> String? in
            var said: [String] = []
            if record.intent != .serve { said.append(record.intent.rawValue) }
            if record.weight != record.configuration.weight { said.append("weight \(record.weight)") }
            if record.limit != record.configuration.maxActive {
                said.append("limit \(record.limit.limitWord)")
            }
            return said.isEmpty ? nil : "\(record.name) \(said.joined(separator: ", "))"
        }
        if queueCapacity != identity.configuredQueueCapacity {
            parts.append("queue's capacity \(queueCapacity)")
        }
        if entries.contains(where: \.command.isOfPolicies) { parts += policyWords }
        parts += pinWords
        parts += problems.suffix(4)
        if unreadable > 0 { parts.append("\(unreadable) unreadable journal lines skipped") }
        guard !parts.isEmpty else { return }
        restored = parts.joined(separator: "; ")
        events.add("restored from the journal: \(restored ?? "")", severity: .warning, time: unixNow)
    }
}

extension NodeRecord {
    mutating func apply(_ command: Command, at time: Double, now: UInt64) {
        switch command {
        case .drain(_, let deadline, let atDeadline, _):
            // Draining it again with another deadline does not begin the drain anew.
            let began = intent == .drain ? drain?.began ?? time : time
            intent = .drain
            drain = DrainRecord(
                began: began, deadlineSeconds: deadline.map { $0 + time - began },
                atDeadline: atDeadline)
        case .undrain:
            // Nobody has probed a node in maintenance: it is not taken for well before it says so.
            if intent == .maintenance, now > 0 { forgetHealth() }
            intent = .serve
            drain = nil
            slowSince = now
        case .maintenance:
            intent = .maintenance
            drain = nil
        case .setWeight(_, let new): weight = new
        case .setLimit(_, let requests): limit = requests
        case .migrate, .cut, .cancelSession, .cancelStream, .pin, .unpin, .setQueueCapacity, .setPolicy,
            .keep, .undo,
            .setAutotune, .stop:
            break
        }
    }
}

extension DeadlineAction {
    /// What becomes of the rest.
    package var words: String {
        switch self {
        case .keep: "kept"
        case .cut: "cut"
        case .migrate: "moved elsewhere"
        }
    }
}

extension Command {
    /// The node that it is about.
    package var node: String? {
        switch self {
        case .drain(let node, _, _, _), .undrain(let node), .maintenance(let node, _),
            .setWeight(let node, _), .setLimit(let node, _), .migrate(let node), .cut(let node),
            .pin(_, let node):
            node
        case .cancelSession, .cancelStream, .unpin, .setQueueCapacity, .setPolicy, .keep, .undo, .setAutotune,
            .stop:
            nil
        }
    }

    /// Done once it is done: a gateway that starts again does not do it again.
    var isOfTheMoment: Bool {
        switch self {
        case .stop, .migrate, .cut, .cancelSession, .cancelStream: true
        case .drain, .undrain, .maintenance, .setWeight, .setLimit, .setQueueCapacity, .setPolicy, .pin,
            .unpin,
            .keep, .undo, .setAutotune:
            false
        }
    }

    /// Clients lose something by it.
    var endsStreams: Bool {
        switch self {
        case .cut, .cancelSession, .cancelStream: true
        case .drain, .undrain, .maintenance, .setWeight, .setLimit, .setQueueCapacity, .setPolicy, .pin,
            .unpin,
            .keep, .undo, .setAutotune, .migrate, .stop:
            false
        }
    }
}
