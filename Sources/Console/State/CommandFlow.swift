import GatewayCore

/// Confirmed commands on their way: one at a time, each on the version that the one before left.
enum CommandFlow {
    /// Sends the first command; the others follow with its answer.
    ///
    /// - Parameters:
    ///   - trySeconds: they go back by themselves after so long; nil: they are for good.
    ///   - reason: for the journal; empty: none.
    static func send(
        _ commands: [Command], version: UInt64, trySeconds: Double? = nil, reason: String = "",
        _ state: inout ScreenState
    ) -> [Effect] {
        state.overlay = nil
        if case .lost = state.connection {
            state.tell("not sent: the gateway does not answer", .alarm)
            return []
        }
        guard state.awaiting == nil else {
            state.tell(
                "not sent: the answer to \(state.awaiting?.phrase ?? "the last command") is awaited", .warning
            )
            return []
        }
        state.pending = commands.map {
            CommandRequest(
                command: $0, trySeconds: trySeconds, actor: state.actor,
                reason: reason.trimmed.isEmpty ? nil : reason.trimmed)
        }
        return submitNext(version, &state)
    }

    private static func submitNext(_ version: UInt64, _ state: inout ScreenState) -> [Effect] {
        guard !state.pending.isEmpty else { return [] }
        var request = state.pending.removeFirst()
        request.expectedVersion = version
        state.awaiting = request.command
        state.tell("sent: \(request.command.phrase)")
        return [.submit(request)]
    }

    static func take(_ result: CommandResult, _ state: inout ScreenState) -> [Effect] {
        let command = state.awaiting
        state.awaiting = nil
        guard result.accepted else {
            let rest =
                state.pending.isEmpty
                ? "" : "; not sent: \(state.pending.map(\.command.phrase).joined(separator: ", "))"
            state.pending = []
            state.stopping = nil
            state.tell("refused: \(result.message)\(rest)", .warning)
            return []
        }
        if let inverse = result.inverse { state.undo = inverse }
        state.tell(result.message + (result.inverse == nil ? "" : " (\(state.keys.way(to: "undo")) undoes)"))
        if case .stop(.now) = command { return [.quit] }
        if state.pending.isEmpty { state.marks = [] }
        return submitNext(result.configurationVersion, &state)
    }
}
