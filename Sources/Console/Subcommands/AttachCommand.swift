import Foundation
import GatewayCore

/// The console on a gateway that runs.
enum AttachCommand {
    static let flags: [Flag] = [
        Flag(name: "--read-only", help: "look, but change nothing"),
        Flag(name: "--ascii", help: "draw with ASCII only"),
        Flag(
            name: "--theme", value: "NAME",
            help: "dark, light, production and nine more (T goes through them), or one of yours"),
    ]

    static let entry = Subcommand(
        name: "attach", summary: "the console on a running gateway",
        flags: [Subcommands.adminFlag, Subcommands.keysFlag] + flags
    ) { arguments in
        let connection = GatewayLink(path: try AdminSockets.find(arguments)).connection
        return try run(connection, ownership: .attached, arguments)
    }

    static func run(_ connection: ConsoleConnection, ownership: GatewayOwnership, _ arguments: Arguments)
        throws
        -> Int32
    {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
            throw UsageError("the console needs a terminal; for scripts there is signalbox status --json")
        }
        var options = ConsoleOptions()
        options.ownership = ownership
        options.actor = AdminSockets.actor
        options.isASCII = arguments.has("--ascii")
        options.theme = arguments.value("--theme")
        options.keys = try ConfigurationFile.keys(arguments)
        if arguments.has("--read-only") {
            options.readOnlyReason = "started with --read-only"
        } else if OperatorCommands.isReadOnly {
            options.readOnlyReason = "SIGNALBOX_READ_ONLY is set"
        }
        return runConsole(connection: connection, options: options)
    }
}
