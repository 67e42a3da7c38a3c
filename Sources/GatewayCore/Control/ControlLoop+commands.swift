import Foundation

/// Guard, journal, apply, publish.
extension ControlLoop {
    mutating func perform(_ request: CommandRequest, userID: Int?) -> CommandResult {
        let snapshot = makeSnapshot()
        let actor = userID.map { "\(request.actor) (uid \($0))" } ?? request.actor
        if let expected = request.expectedVersion, expected != configurationVersion {
            let last = events.newestFirst.first { $0.actor != "system" }
            return refuse(
                request, actor,
                "another change came between"
                    + (last.map { ": \($0.actor): \($0.node ?? "") \($0.text)" } ?? "")
                    + "; look again and repeat")
        }
        if case .refused(let reason, let canForce) = Guard.check(request.command, on: snapshot) {
            return refuse(request, actor, reason + (canForce ? "; force it by name if you must" : ""))
        }
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
        apply(request.command, at: unixNow)
        configurationVersion += 1
        events.add(
            change.text + (request.reason.map { " (\($0))" } ?? ""), actor: actor, node: request.command.node,
            time: unixNow)
        publish()
        isUrgent = true
        return CommandResult(
            accepted: true, message: change.text, inverse: change.inverse,
            configurationVersion: configurationVersion)
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
            command: request.command, before: change.before, after: change.after, reason: request.reason,
            refusal: refusal)
    }

    private struct Change {
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
            let active = record?.load.active ?? 0
            let limit =
                deadline.map { "; after \(Int($0)) s the rest is \(atDeadline == .cut ? "cut" : "kept")" }
                ?? ""
            return Change(
                text: "draining \(node): no new requests, \(active) in flight\(limit)", before: before,
                after: "drain", inverse: restoring(record))
        case .undrain(let node):
            return Change(
                text: "\(node) serves again", before: before, after: "serve", inverse: restoring(record))
        case .maintenance(let node, _):
            return Change(
                text: "\(node) is in maintenance: no new requests", before: before, after: "maintenance",
                inverse: restoring(record))
        case .setWeight(let node, let weight):
            return Change(
                text: "weight of \(node): \(record?.weight ?? 0) → \(weight)", before: before,
                after: "weight \(weight)", inverse: record.map { .setWeight(node: node, weight: $0.weight) })
        case .setPolicy(let name):
            return Change(
                text: "policy: \(policy) → \(name)", before: policy, after: name,
                inverse: .setPolicy(name: policy))
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

    private mutating func apply(_ command: Command, at time: Double) {
        switch command {
        case .setPolicy(let name): policy = name
        case .stop(let mode): begin(stop: mode)
        case .drain, .undrain, .maintenance, .setWeight:
            guard let index = nodes.firstIndex(where: { $0.name == command.node }) else { return }
            nodes[index].apply(command, at: time)
        }
    }

    /// Brings back what operators had set, by node name.
    mutating func restore(_ entries: [JournalEntry], unreadable: Int) {
        for entry in entries {
            if case .stop = entry.command { continue }
            if case .setPolicy(let name) = entry.command, !Policies.names.contains(name) { continue }
            apply(entry.command, at: entry.unixTime)
        }
        var parts = nodes.compactMap { record -> String? in
            var said: [String] = []
            if record.intent != .serve { said.append(record.intent.rawValue) }
            if record.weight != record.configuration.weight { said.append("weight \(record.weight)") }
            return said.isEmpty ? nil : "\(record.name) \(said.joined(separator: ", "))"
        }
        if let last = entries.last(where: { if case .setPolicy = $0.command { true } else { false } }),
            case .setPolicy(let name) = last.command
        {
            parts.append("policy \(name)")
        }
        if unreadable > 0 { parts.append("\(unreadable) unreadable journal lines skipped") }
        guard !parts.isEmpty else { return }
        restored = parts.joined(separator: "; ")
        events.add("restored from the journal: \(restored ?? "")", severity: .warning, time: unixNow)
    }
}

extension NodeRecord {
    mutating func apply(_ command: Command, at time: Double) {
        switch command {
        case .drain(_, let deadline, let atDeadline, _):
            intent = .drain
            drain = DrainRecord(began: time, deadlineSeconds: deadline, atDeadline: atDeadline)
        case .undrain:
            intent = .serve
            drain = nil
        case .maintenance:
            intent = .maintenance
            drain = nil
        case .setWeight(_, let new): weight = new
        case .setPolicy, .stop: break
        }
    }
}

extension Command {
    /// The node that it is about.
    package var node: String? {
        switch self {
        case .drain(let node, _, _, _), .undrain(let node), .maintenance(let node, _),
            .setWeight(let node, _):
            node
        case .setPolicy, .stop: nil
        }
    }
}
