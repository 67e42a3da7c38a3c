import GatewayCore

extension ActionTable {
    /// What is done with one session: each only opens a dialog.
    static let ofSessions: [Action] = [
        Action(
            "cancel", [.character("c")], usage: "[SESSION]", .act, hint: 5, views: [.streams, .sessions],
            isMutating: true,
            "Ends the selected stream, or every request of the selected or named session. Asks first.",
            disabled: { state, snapshot in Targets.whyUnreachable(state, snapshot) },
            perform: { state, context in Cancelling.open(&state, context) }),
        Action(
            "pin", [.character("r")], usage: "[SESSION [NODE]]", .act, hint: 6,
            views: [.streams, .sessions], isMutating: true,
            "Sends the session's further requests to one node, or where the policy says again. Asks first.",
            title: { state, snapshot in
                snapshot.flatMap { now in Sessions.selected(state, now).flatMap(now.pin) } == nil
                    ? "pin" : "unpin"
            },
            disabled: { state, snapshot in Targets.whyNone(state, snapshot) },
            perform: { state, context in Pinning.open(&state, context) }),
        Action(
            "unpin", [], usage: "[SESSION]", .act, isMutating: true,
            "Lets the policy send the session's requests again. Asks first.",
            disabled: { state, snapshot in
                if let reason = Targets.whyUnreachable(state, snapshot) { return reason }
                return snapshot?.pins.isEmpty == true ? "no session is pinned" : nil
            },
            perform: { state, context in Pinning.openUnpin(&state, context) }),
    ]
}

/// Which session a verb is about.
enum Sessions {
    /// The palette's SESSION, else the selected one's, or the selected stream's. nil: there is none, which is said.
    static func chosen(_ state: inout ScreenState, _ context: ActionContext, for verb: String) -> String? {
        if let named = context.arguments.first { return named }
        guard context.key != nil, let snapshot = context.snapshot else {
            state.tell("\(verb) takes a session's id", .warning)
            return nil
        }
        if let session = selected(state, snapshot) { return session }
        state.tell(why(state, snapshot), .warning)
        return nil
    }

    static func selected(_ state: ScreenState, _ snapshot: Snapshot) -> String? {
        state.view == .sessions
            ? CostActions.session(state, snapshot)?.session.id : stream(state, snapshot)?.session
    }

    private static func stream(_ state: ScreenState, _ snapshot: Snapshot) -> StreamStatus? {
        snapshot.streams.first { $0.id == state.selectedStream }
    }

    private static func why(_ state: ScreenState, _ snapshot: Snapshot) -> String {
        if state.view == .sessions { return "no session is listed" }
        return stream(state, snapshot) == nil ? "select a stream first" : "this stream has no session"
    }
}

/// Ending all requests of a session.
enum Cancelling {
    static func open(_ state: inout ScreenState, _ context: ActionContext) -> [Effect] {
        if context.key != nil, state.view == .streams,
            let stream = context.snapshot?.streams.first(where: { $0.id == state.selectedStream })
        {
            state.open(.cancelStream(stream), context)
            return []
        }
        guard let session = Sessions.chosen(&state, context, for: "cancel") else { return [] }
        state.open(.cancelSession(session), context)
        return []
    }
}

/// Sending all further requests of a session to one node, and its undoing.
enum Pinning {
    static func open(_ state: inout ScreenState, _ context: ActionContext) -> [Effect] {
        guard let session = Sessions.chosen(&state, context, for: "pin"), let snapshot = context.snapshot
        else {
            return []
        }
        if context.key != nil, snapshot.pin(of: session) != nil { return openUnpin(&state, context) }
        let nodes = choices(session, snapshot)
        let warm = snapshot.sessions.first { $0.id == session }?.visits.map(\.node).first(
            where: nodes.contains)
        let named = context.arguments.dropFirst().first
        guard let node = named ?? warm ?? nodes.first ?? snapshot.nodes.first?.name else { return [] }
        ask(.pin(session: session, node: node), &state, context)
        return []
    }

    static func openUnpin(_ state: inout ScreenState, _ context: ActionContext) -> [Effect] {
        guard let session = Sessions.chosen(&state, context, for: "unpin") else { return [] }
        ask(.unpin(session: session), &state, context)
        return []
    }

    /// Opens the dialog, or says why the guard refuses.
    private static func ask(_ command: Command, _ state: inout ScreenState, _ context: ActionContext) {
        guard let snapshot = context.snapshot else { return }
        if case .refused(let reason, _) = Guard.check(command, on: snapshot) {
            return state.tell(reason, .warning)
        }
        state.open(.pin(command), context)
    }

    /// The nodes that a session may be pinned to.
    static func choices(_ session: String, _ snapshot: Snapshot) -> [String] {
        snapshot.nodes.map(\.name).filter {
            Guard.check(.pin(session: session, node: $0), on: snapshot) == .allowed
        }
    }

    /// The same session at the next node that it may be pinned to.
    static func adjusted(_ command: Command, by step: Int, _ snapshot: Snapshot?) -> Command {
        guard case .pin(let session, let node) = command, let snapshot else { return command }
        let nodes = choices(session, snapshot)
        guard let place = nodes.firstIndex(of: node) else { return command }
        return .pin(session: session, node: nodes[(place + step + nodes.count) % nodes.count])
    }
}
