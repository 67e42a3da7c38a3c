import Foundation
import GatewayCore

/// A recording in the console, without a gateway.
enum PlayCommand {
    static let entry = Subcommand(
        name: "play", arguments: "FILE",
        summary:
            "the console on what record wrote: step with , . [ ] { }, play with p; nothing can be changed",
        flags: AttachCommand.flags.filter { $0.name != "--read-only" } + ScreenPicture.flags + [
            Subcommands.keysFlag,
            Flag(
                name: "--at", value: "TIME",
                help: "with --screen: 14:03, 14:03:20 or -90s before its end (its end)"),
        ], argumentCount: 1...1
    ) { arguments in
        var recording = try read(arguments.positional[0])
        if arguments.has("--screen") { return try show(&recording, arguments) }
        for flag in ["--view", "--size", "--at"] where arguments.has(flag) {
            throw UsageError("\(flag) goes with --screen")
        }
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
            throw UsageError("the console needs a terminal")
        }
        var options = ConsoleOptions()
        options.ownership = .recorded
        options.isASCII = arguments.has("--ascii")
        options.theme = arguments.value("--theme")
        options.keys = try ConfigurationFile.keys(arguments)
        options.recording = recording
        let nobody = ConsoleConnection(
            fileDescriptor: { -1 }, receive: { [] }, send: { _ in false }, ask: { _ in })
        let status = runConsole(connection: nobody, options: options)
        if let problem = recording.problem { complain("\(arguments.positional[0]): \(problem)") }
        return status
    }

    /// One screen of it, drawn once.
    private static func show(_ recording: inout Recording, _ arguments: Arguments) throws -> Int32 {
        guard let picture = try ScreenPicture(arguments), let reach = recording.reel.reach else { return 1 }
        var time = reach.upperBound
        if let word = arguments.value("--at") {
            guard let named = TimeTravel.time(word, newest: time) else {
                throw UsageError("--at takes a time such as 14:03, 14:03:20, -90s or -10m, not \(word)")
            }
            time = named
        }
        guard let snapshot = recording.reel.snapshot(nearest: time) else { return 1 }
        let history = recording.history.rewound(to: Int(snapshot.time))
        print(picture.text(snapshot, history, recorded: reach), terminator: "")
        if let problem = recording.problem { complain("\(arguments.positional[0]): \(problem)") }
        return 0
    }

    static func read(_ path: String) throws -> Recording {
        guard let file = FileHandle(forReadingAtPath: path),
            let data = try? file.read(upToCount: Recording.byteLimit)
        else { throw CommandFailure("\(path) can't be read; is the name right?") }
        do throws(MalformedBytes) { return try Recording(Array(data)) } catch {
            throw CommandFailure("\(path): \(error)")
        }
    }
}
