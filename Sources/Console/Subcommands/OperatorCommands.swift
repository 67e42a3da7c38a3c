import Foundation
import GatewayCore

/// The verbs that change something: each makes one `Command` and submits it.
enum OperatorCommands {
    static let entries: [Subcommand] = [
        DrainCommand.entry,
        Subcommand(
            name: "undrain", arguments: "NODE", summary: "a drained node or one in maintenance serves again",
            flags: changeFlags, argumentCount: 1...1
        ) { try submit(.undrain(node: $0.positional[0]), $0) },
        Subcommand(
            name: "maintenance", arguments: "NODE",
            summary:
                "no new requests to a node and no probes of its health, until undrain; its streams finish",
            flags: changeFlags + [forceFlag], argumentCount: 1...1
        ) { try submit(.maintenance(node: $0.positional[0], force: try forces($0)), $0) },
        Subcommand(
            name: "cut", arguments: "NODE",
            summary: "end what is left on a node that is draining or in maintenance, with an error event",
            flags: changeFlags, argumentCount: 1...1
        ) { try submit(.cut(node: $0.positional[0]), $0) },
        Subcommand(
            name: "cancel",
            summary:
                "end every request of a session and of those that it began, or one stream, with an error that says so",
            flags: changeFlags + [sessionFlag, streamFlag]
        ) { try cancel($0) },
        Subcommand(
            name: "pin", arguments: "SESSION NODE",
            summary: "all further requests of a session go to one node, for as long as it takes any",
            flags: changeFlags, argumentCount: 2...2
        ) { try submit(.pin(session: $0.positional[0], node: $0.positional[1]), $0) },
        Subcommand(
            name: "unpin", arguments: "SESSION", summary: "a session's requests go by the policy again",
            flags: changeFlags, argumentCount: 1...1
        ) { try submit(.unpin(session: $0.positional[0]), $0) },
        Subcommand(
            name: "weight", arguments: "NODE 0...100", summary: "a node's share of new requests",
            flags: changeFlags + [tryFlag], argumentCount: 2...2
        ) { try weight($0) },
        Subcommand(
            name: "limit", arguments: "NODE 1...100000|none",
            summary: "how many requests at most a node gets at once; more wait in the gateway",
            flags: changeFlags + [tryFlag], argumentCount: 2...2
        ) { try limit($0) },
        Subcommand(
            name: "queue-capacity", arguments: "0...65536",
            summary: "how many requests of each model may wait in the gateway; more are refused",
            flags: changeFlags + [tryFlag], argumentCount: 1...1
        ) { try queueCapacity($0) },
        PolicyCommand.entry,
        Subcommand(
            name: "keep", summary: "what is being tried (with --try) stays",
            flags: changeFlags
        ) { try submit(.keep, $0) },
        Subcommand(
            name: "undo", summary: "take back the last change, whoever made it", flags: changeFlags
        ) { try submit(.undo, $0) },
        Subcommand(
            name: "autotune", arguments: "on|off",
            summary: "whether foresight's w and ageing follow the last minutes' requests",
            flags: changeFlags, argumentCount: 1...1
        ) { arguments in
            guard let isOn = ["on": true, "off": false][arguments.positional[0]] else {
                throw UsageError("autotune takes on or off, not \(arguments.positional[0])")
            }
            return try submit(.setAutotune(isOn: isOn), arguments)
        },
        Subcommand(
            name: "stop", summary: "end the gateway: no new request, and it goes after the last stream",
            flags: changeFlags + [nowFlag]
        ) { try submit(.stop(mode: $0.has("--now") ? .now : .drain), $0) },
    ]

    /// Of every verb that changes something.
    static let changeFlags = [
        Subcommands.adminFlag, Flag(name: "--reason", value: "TEXT", help: "why; kept in the journal"),
        Flag(
            name: "--dry-run",
            help: "only say what it would do, with before and after, or why it would be refused (1)"),
    ]
    static let forceFlag = Flag(
        name: "--force", value: "NODE",
        help: "do it although fewer than the minimum would be left; repeat its name")
    static let tryFlag = Flag(
        name: "--try", value: "TIME",
        help: "such as 5m: after that it goes back by itself, unless signalbox keep comes first")
    private static let nowFlag = Flag(name: "--now", help: "cut what is in flight and end at once")
    private static let sessionFlag = Flag(
        name: "--session", value: "ID", help: "as the client's header or body names it")
    private static let streamFlag = Flag(
        name: "--stream", value: "ID", help: "its number in the streams view")

    static func forces(_ arguments: Arguments) throws -> Bool {
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
        let node = arguments.positional[0]
        let status = try submit(.setWeight(node: node, weight: weight), arguments)
        if arguments.has("--dry-run") { try foresee(NodeChange(.weight(weight), of: [node]), arguments) }
        return status
    }

    private static func cancel(_ arguments: Arguments) throws -> Int32 {
        switch (arguments.value("--session"), arguments.value("--stream")) {
        case (let session?, nil): return try submit(.cancelSession(id: session), arguments)
        case (nil, let word?):
            guard let id = UInt64(word) else { throw UsageError("a stream's id is a number, not \(word)") }
            return try submit(.cancelStream(id: id), arguments)
        default:
            throw UsageError("whose requests? --session ID or --stream ID; the streams view shows the ids")
        }
    }

    private static func limit(_ arguments: Arguments) throws -> Int32 {
        let (node, word) = (arguments.positional[0], arguments.positional[1])
        let requests = Int(word)
        guard word == "none" || requests.map(GatewayLimits.nodeLimits.contains) == true else {
            throw UsageError("a node's limit is 1 to 100000 requests or none, not \(word)")
        }
        let status = try submit(.setLimit(node: node, requests: requests), arguments)
        if arguments.has("--dry-run") { try foresee(NodeChange(.limit(requests), of: [node]), arguments) }
        return status
    }

    private static func queueCapacity(_ arguments: Arguments) throws -> Int32 {
        let word = arguments.positional[0]
        guard let requests = Int(word), GatewayLimits.queueCapacities.contains(requests) else {
            throw UsageError("the queue's capacity is 0 to 65536 requests, not \(word)")
        }
        return try submit(.setQueueCapacity(requests: requests), arguments)
    }

    /// Prints what the gateway foresees of a change.
    static func foresee(_ change: NodeChange, _ arguments: Arguments) throws {
        var client = try AdminClient(path: try AdminSockets.find(arguments))
        let measured = try client.snapshot().totals.ttft?.p50
        let forecast = try client.forecast(of: change)
        print("foreseen: " + forecast.words(measured: measured))
        if let shares = forecast.shareWords() { print("foreseen: new requests: " + shares) }
    }

    /// Nothing may be changed from this shell.
    static var isReadOnly: Bool { ProcessInfo.processInfo.environment["SIGNALBOX_READ_ONLY"] == "1" }

    static func submit(_ command: Command, _ arguments: Arguments) throws -> Int32 {
        guard !isReadOnly || arguments.has("--dry-run") else {
            throw CommandFailure("SIGNALBOX_READ_ONLY is set: nothing was changed")
        }
        var client = try AdminClient(path: try AdminSockets.find(arguments))
        let result = try client.perform(
            CommandRequest(
                command: command, trySeconds: try arguments.duration("--try"),
                actor: AdminSockets.actor, reason: arguments.value("--reason")),
            isDryRun: arguments.has("--dry-run"))
        guard result.accepted else { throw CommandFailure(result.message) }
        print(result.message)
        return 0
    }
}
