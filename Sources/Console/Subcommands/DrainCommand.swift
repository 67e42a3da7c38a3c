import GatewayCore

/// No new requests to a node; with --wait a truth, not a timer: it returns 0 when nothing is in flight there.
enum DrainCommand {
    /// The exit status of a wait that was given up: neither done (0) nor refused (1).
    static let timedOut: Int32 = 3

    static let entry = Subcommand(
        name: "drain", arguments: "NODE", summary: "no new requests to a node; its streams finish",
        flags: OperatorCommands.changeFlags + [
            OperatorCommands.forceFlag,
            Flag(
                name: "--migrate", help: "move its streams to other nodes now; what can't be moved finishes"),
            Flag(
                name: "--deadline", value: "TIME",
                help: "such as 10m; none: it may take as long as it takes"),
            Flag(
                name: "--at-deadline", value: "keep|cut|migrate",
                help: "what happens to streams left then (keep); an alarm in any case"),
            Flag(
                name: "--wait",
                help:
                    "return 0 only when nothing is in flight there: safe to delete; also for a node that drains already"
            ),
            Flag(
                name: "--timeout", value: "TIME", help: "with --wait: give up after this, with exit status 3"),
        ], argumentCount: 1...1
    ) { try run($0) }

    private static func run(_ arguments: Arguments) throws -> Int32 {
        let node = arguments.positional[0]
        let (deadline, action) = try atDeadline(arguments)
        let timeout = try arguments.duration("--timeout")
        guard timeout == nil || arguments.has("--wait") else { throw UsageError("--timeout needs --wait") }
        let force = try OperatorCommands.forces(arguments)
        let isDryRun = arguments.has("--dry-run")
        let isGoingOn = try isGoingOn(node, deadline, arguments)
        if !isGoingOn {
            _ = try OperatorCommands.submit(
                .drain(node: node, deadlineSeconds: deadline, atDeadline: action, force: force), arguments)
        }
        if isDryRun, !isGoingOn { try foresee(node, arguments) }
        if arguments.has("--migrate") {
            if isDryRun, !isGoingOn {
                print("then its streams move to other nodes; what can't be moved finishes")
            } else {
                _ = try OperatorCommands.submit(.migrate(node: node), arguments)
            }
        }
        return arguments.has("--wait") && !isDryRun ? try wait(for: node, timeout, arguments) : 0
    }

    private static func foresee(_ node: String, _ arguments: Arguments) throws {
        try OperatorCommands.foresee(.out([node]), arguments)
        var client = try AdminClient(path: try AdminSockets.find(arguments))
        if let time = DrainTime([node], try client.snapshot()) {
            print("foreseen: nothing is left on it in \(time.words)")
        }
    }

    private static func atDeadline(_ arguments: Arguments) throws -> (Double?, DeadlineAction) {
        let word = arguments.value("--at-deadline") ?? "keep"
        guard let action = DeadlineAction(rawValue: word) else {
            let known = DeadlineAction.allCases.map(\.rawValue).joined(separator: ", ")
            throw UsageError("--at-deadline takes one of \(known), not \(word)")
        }
        let deadline = try arguments.duration("--deadline")
        if arguments.has("--at-deadline"), deadline == nil {
            throw UsageError("--at-deadline needs --deadline")
        }
        return (deadline, action)
    }

    /// It drains already and there is nothing new to say of it: a hook that runs twice goes on waiting.
    private static func isGoingOn(_ node: String, _ deadline: Double?, _ arguments: Arguments) throws -> Bool
    {
        guard deadline == nil, arguments.has("--wait") || arguments.has("--migrate") else { return false }
        var client = try AdminClient(path: try AdminSockets.find(arguments))
        return try client.snapshot().node(named: node)?.isTakenOut ?? false
    }

    private static func wait(for node: String, _ timeout: Double?, _ arguments: Arguments) throws -> Int32 {
        var client = try AdminClient(path: try AdminSockets.find(arguments))
        let start = MonotonicClock.now()
        var nextWord = 10.0
        while true {
            let snapshot = try client.snapshot()
            guard let status = snapshot.node(named: node) else { throw CommandFailure("\(node) is gone") }
            guard status.isTakenOut else {
                throw CommandFailure("\(node) is \(status.state.rawValue): the drain was taken back")
            }
            if status.safeToDelete {
                print("nothing is in flight on \(node): safe to delete")
                return 0
            }
            let waited = Double(MonotonicClock.now() - start) / 1e9
            if let timeout, waited >= timeout {
                complain(
                    "\(node) still has \(NumberText.plural(status.active, "request")) after \(Int(timeout)) s; cut \(node) ends them"
                )
                return timedOut
            }
            if waited >= nextWord {
                let time = DrainTime([node], snapshot).map { "; likely empty in \($0.words)" } ?? ""
                complain("\(node): \(status.active) in flight, the oldest for \(oldest(status)) s\(time)")
                nextWord += 10
            }
            pause(milliseconds: 100)
        }
    }

    private static func oldest(_ status: NodeStatus) -> String {
        status.drain?.oldestAgeSeconds.map { "\(Int($0))" } ?? "--"
    }
}
