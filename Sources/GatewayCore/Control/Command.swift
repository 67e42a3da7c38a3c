/// What happens to streams that are left when a drain's deadline passes.
package enum DeadlineAction: String, Codable, Sendable, CaseIterable {
    /// They go on; an alarm is raised.
    case keep
    /// They are ended with an error event.
    case cut
    /// They are moved to other nodes; what can't be moved goes on, with an alarm.
    case migrate
}

/// How a gateway ends.
package enum StopMode: String, Codable, Sendable, CaseIterable {
    /// No new request; ends when the last stream has.
    case drain
    case now
}

/// Everything an operator can do. A key, the palette, the command line and undo all submit this one type,
/// through one guard, into one journal.
package enum Command: Codable, Sendable, Equatable {
    /// No new request; streams finish.
    /// - deadlineSeconds: nil is no deadline.
    case drain(node: String, deadlineSeconds: Double?, atDeadline: DeadlineAction, force: Bool)
    case undrain(node: String)
    /// No new request and no probe of its health; streams finish.
    case maintenance(node: String, force: Bool)
    /// Moves what is left on a node that is draining or in maintenance to other nodes; what can't be moved finishes.
    case migrate(node: String)
    /// Ends what is left on a node that is draining or in maintenance, with an error event.
    case cut(node: String)
    /// Ends every request in flight of a session.
    case cancelSession(id: String)
    /// Ends one request, by the number that the snapshot has.
    case cancelStream(id: UInt64)
    /// All further requests of a session go to one node, until it is unpinned or the node takes none.
    case pin(session: String, node: String)
    case unpin(session: String)
    /// - weight: 0...100.
    case setWeight(node: String, weight: Int)
    /// - requests: of this gateway on the node at most, 1...100,000; nil: no limit.
    case setLimit(node: String, requests: Int?)
    /// - requests: as many wait in the gateway for a node, 0...65,536; further ones are refused.
    case setQueueCapacity(requests: Int)
    /// - name: a policy, or "default": the model follows the others again.
    /// - model: nil: all models without their own.
    /// - parameters: those to change, by name; nil: none.
    case setPolicy(name: String, model: String? = nil, parameters: [String: Double]? = nil)
    /// What is being tried stays.
    case keep
    /// The command that takes the last change back, whoever made it; the gateway knows which that is.
    case undo
    /// Whether foresight is tuned by itself (`Autotuning`), everywhere; on: also where an operator set a policy before.
    case setAutotune(isOn: Bool)
    case stop(mode: StopMode)
}

/// A command with who sends it and on what ground.
package struct CommandRequest: Codable, Sendable, Equatable {
    package var command: Command
    /// The configuration version that the operator saw; refused when another command came between.
    package var expectedVersion: UInt64?
    /// It goes back by itself after so long unless it is kept; nil: it is for good.
    package var trySeconds: Double?
    /// "ann", "ann (ssh 10.0.0.5)": told by the client; the gateway adds the socket's user id.
    package var actor: String
    package var reason: String?

    package init(
        command: Command, expectedVersion: UInt64? = nil, trySeconds: Double? = nil, actor: String,
        reason: String? = nil
    ) {
        self.command = command
        self.expectedVersion = expectedVersion
        self.trySeconds = trySeconds
        self.actor = actor
        self.reason = reason
    }
}

/// The answer to a command. It was on disk before this is sent.
package struct CommandResult: Codable, Sendable, Equatable {
    package var accepted: Bool
    /// What was done, or why not and what to do instead.
    package var message: String
    /// The command that takes it back, where there is one.
    package var inverse: Command?
    package var configurationVersion: UInt64

    package init(accepted: Bool, message: String, inverse: Command? = nil, configurationVersion: UInt64) {
        self.accepted = accepted
        self.message = message
        self.inverse = inverse
        self.configurationVersion = configurationVersion
    }
}
