import Collectors
import Foundation
import GatewayCore

/// Every subcommand, in the order of help. Dispatch, help, completions and the manual read this table.
enum Subcommands {
    static let version = "0.1.0"

    static let adminFlag = Flag(
        name: "--admin", value: "SOCKET",
        help: "the gateway's admin socket; not needed when one gateway runs here")
    static let jsonFlag = Flag(
        name: "--json", help: "one JSON object: camelCase keys, seconds, bytes, dollars, ratios 0...1")
    static let keysFlag = Flag(
        name: "--config", value: "FILE", help: "the configuration whose keys the console takes")

    static let all: [Subcommand] =
        [
            RunCommand.entry, ServeCommand.entry, AttachCommand.entry, DemoCommand.entry, StatusCommand.entry,
        ] + OperatorCommands.entries + [
            RecordCommand.entry, PlayCommand.entry,
            ProbeCommand.entry, CheckCommand.entry, DoctorCommand.entry, EngineCommand.entry,
            LoadCommand.entry,
            ReplayCommand.entry,
            CompletionsCommand.entry, ManualCommand.entry,
        ]

    static func run(_ words: [String]) -> Int32 {
        guard let first = words.first else {
            complain("nothing to do; see signalbox --help")
            return 2
        }
        switch first {
        case "--help", "-h", "help":
            print(overview)
            return 0
        case "--version":
            print("signalbox \(version)")
            return 0
        default: break
        }
        if let entry = all.first(where: { $0.name == first && !first.isEmpty }) {
            return run(entry, Array(words.dropFirst()))
        }
        if first.contains("://") || first.hasPrefix("--") { return run(RunCommand.entry, words) }
        complain("no subcommand \(first)" + nearest(first, in: all.map(\.name)) + "; see signalbox --help")
        return 2
    }

    private static func run(_ entry: Subcommand, _ words: [String]) -> Int32 {
        do {
            guard let arguments = try entry.parse(words) else {
                print(entry.help, terminator: "")
                return 0
            }
            return try entry.run(arguments)
        } catch let error as UsageError {
            complain("\(error)")
            return 2
        } catch {
            complain("\(error)")
            return 1
        }
    }

    private static var overview: String {
        let rows = all.map { entry in
            let left =
                "  signalbox " + [entry.name, entry.arguments].filter { $0 != "" }.joined(separator: " ")
            return left.padding(toLength: max(38, left.count + 2), withPad: " ", startingAt: 0)
                + entry.summary
        }
        return "signalbox: a terminal operations console for fleets of LLM inference engines\n\n"
            + rows.joined(separator: "\n") + "\n\nsignalbox SUBCOMMAND --help tells the flags of each."
    }
}
