import Foundation
import GatewayCore

/// The verbs that change something: each makes one `Command` and submits it.
enum OperatorCommands {
    static let entries: [Subcommand] = [
        Subcommand(
            name: "drain", arguments: "NODE", summary: "no new requests to a node; its streams finish",
            flags: [
                Subcommands.adminFlag, Subcommands.reasonFlag, forceFlag,
                Flag(
                    name: "--deadline", value: "TIME",
                    help: "such as 10m; none: it may take as long as it takes"),
                Flag(
                    name: "--at-deadline", value: "keep|cut",
                    help: "what happens to streams left then (keep, with an alarm)"),
                Flag(name: "--wait", help: "return when it is drained; 1 when the deadline passes first"),
            ], argumentCount: 1...1
        ) { try drain($0) },
        Subcommand(
            name: "undrain", arguments: "NODE", summary: "a drained node or one in maintenance serves again",
            flags: [Subcommands.adminFlag, Subcommands.reasonFlag], argumentCount: 1...1
        ) { try submit(.undrain(node: $0.positional[0]), $0) },
        Subcommand(
            name: "maintenance", arguments: "NODE", summary: "take a node out, until undrain",
            flags: [Subcommands.adminFlag, Subcommands.reasonFlag, forceFlag], argumentCount: 1...1
        ) { try submit(.maintenance(node: $0.positional[0], force: try forces($0)), $0) },
        Subcommand(
            name: "weight", arguments: "NODE 0...100", summary: "a node's share of new requests",
            flags: [Subcommands.adminFlag, Subcommands.reasonFlag], argumentCount: 2...2
        ) { try weight($0) },
        Subcommand(
            name: "policy", arguments: "NAME", summary: "route by \(Policies.names.joined(separator: ", "))",
            flags: [Subcommands.adminFlag, Subcommands.reasonFlag], argumentCount: 1...1
        ) { try submit(.setPolicy(name: $0.positional[0]), $0) },
    ]

    private static let forceFlag = Flag(
        name: "--force", value: "NODE", help: "do it although it is the last serving node; repeat its name")

    private static func forces(_ arguments: Arguments) throws -> Bool {
        guard let name = arguments.value("--force") else { return false }
        guard name == arguments.positional[0] else {
            throw UsageError("--force must repeat the node's name, \(arguments.positional[0])")
        }
        return true
    }

    private static func weight(_ arguments: Arguments) throws -> Int32 {
        guard let weight = Int(arguments.positional[1]), (0...100).contains(weight) else {
            throw UsageError("a weight is 0 to 100, not \(arguments.positional[1])")
        }
        return try submit(.setWeight(node: arguments.positional[0], weight: weight), arguments)
    }

    private static func submit(_ command: Command, _ arguments: Arguments) throws -> Int32 {
        var client = try AdminClient(path: try AdminSockets.find(arguments))
        let result = try client.perform(
            CommandRequest(command: command, actor: AdminSockets.actor, reason: arguments.value("--reason")))
        guard result.accepted else { throw CommandFailure(result.message) }
        print(result.message)
        return 0
    }

    private static func drain(_ arguments: Arguments) throws -> Int32 {
        let node = arguments.positional[0]
        let word = arguments.value("--at-deadline") ?? "keep"
        guard let action = DeadlineAction(rawValue: word) else {
            throw UsageError("--at-deadline takes keep or cut, not \(word)")
        }
        let deadline = try arguments.duration("--deadline")
        if arguments.has("--at-deadline"), deadline == nil {
            throw UsageError("--at-deadline needs --deadline")
        }
        let status = try submit(
            .drain(node: node, deadlineSeconds: deadline, atDeadline: action, force: try forces(arguments)),
            arguments)
        return arguments.has("--wait") ? try waitUntilDrained(node, deadline, arguments) : status
    }

    private static func waitUntilDrained(_ node: String, _ deadline: Double?, _ arguments: Arguments) throws
        -> Int32
    {
        var client = try AdminClient(path: try AdminSockets.find(arguments))
        let start = MonotonicClock.now()
        while true {
            let snapshot = try client.snapshot()
            guard let status = snapshot.node(named: node) else { throw CommandFailure("\(node) is gone") }
            switch status.state {
            case .drained:
                print("\(node) is drained: safe to delete")
                return 0
            case .draining: break
            default: throw CommandFailure("\(node) is \(status.state.rawValue): the drain was taken back")
            }
            if let deadline, Double(MonotonicClock.now() - start) / 1e9 > deadline + 2 {
                throw CommandFailure(
                    "\(node) still has \(status.active) requests after its deadline; they are kept")
            }
            pause(milliseconds: 100)
        }
    }
}
