import GatewayCore

/// Confirmed commands on their way: one at a time, each on the version that the one before left.
enum CommandFlow {
    /// Sends the first command; the others follow with its answer.
    static func send(_ commands: [Command], version: UInt64, _ state: inout ScreenState) -> [Effect] {
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
        state.pending = Array(commands.dropFirst())
        guard let first = commands.first else { return [] }
        return submit(first, version, &state)
    }

    private static func submit(_ command: Command, _ version: UInt64, _ state: inout ScreenState) -> [Effect]
    {
        state.awaiting = command
        state.tell("sent: \(command.phrase)")
        return [.submit(CommandRequest(command: command, expectedVersion: version, actor: state.actor))]
    }

    static func take(_ result: CommandResult, _ state: inout ScreenState) -> [Effect] {
        let command = state.awaiting
        state.awaiting = nil
        guard result.accepted else {
            let rest =
                state.pending.isEmpty
                ? "" : "; not sent: \(state.pending.map(\.phrase).joined(separator: ", "))"
            state.pending = []
            state.stopping = nil
            state.tell("refused: \(result.message)\(rest)", .warning)
            return []
        }
        if let inverse = result.inverse { state.undo = inverse }
        state.tell(result.message + (result.inverse == nil ? "" : " (z undoes)"))
        if case .stop(.now) = command { return [.quit] }
        guard let next = state.pending.first else {
            state.marks = []
            return []
        }
        state.pending.removeFirst()
        return submit(next, result.configurationVersion, &state)
    }
}
