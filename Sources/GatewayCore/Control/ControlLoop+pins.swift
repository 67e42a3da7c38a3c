/// Sessions pinned to nodes, as commands change them and as nodes come and go.
extension ControlLoop {
    func describePin(_ command: Command, of session: String) -> Change {
        func words(_ node: String?) -> String { node.map { "pinned to \($0)" } ?? "not pinned" }
        let (before, after) = (pins.node(of: session), command.node)
        return Change(
            text: "session \(session): \(words(before)) → \(words(after))", before: words(before),
            after: words(after),
            inverse: before.map { .pin(session: session, node: $0) } ?? .unpin(session: session))
    }

    /// Tells when pins are set aside since their node takes no requests, and when they hold again.
    mutating func watchPins() {
        let turns = pins.follow { [nodes] name in
            nodes.first { $0.name == name }?.node.takesRequests ?? false
        }
        for turn in turns {
            let named =
                turn.sessions.prefix(4).joined(separator: ", ") + (turn.sessions.count > 4 ? ", ..." : "")
            let sessions = turn.sessions.count == 1 ? "1 session" : "\(turn.sessions.count) sessions"
            events.add(
                turn.isSetAside
                    ? "it takes no requests: the pins of \(sessions) are set aside until it does (\(named))"
                    : "it takes requests: the pins of \(sessions) hold (\(named))",
                severity: turn.isSetAside ? .warning : .info, node: turn.node, time: unixNow)
            isUrgent = true
        }
    }

    /// "session agent-1 pinned to gpu-2", the first few.
    var pinWords: [String] {
        pins.list.prefix(4).map { "session \($0.session) pinned to \($0.node)" }
            + (pins.list.count > 4 ? ["\(pins.list.count - 4) more pinned"] : [])
    }
}
