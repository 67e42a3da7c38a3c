import Foundation
import GatewayCore

/// A recording in the console, without a gateway.
enum PlayCommand {
    static let entry = Subcommand(
        name: "play", arguments: "FILE",
        summary:
            "the console on what record wrote: step with , . [ ] { }, play with p; nothing can be changed",
        flags: AttachCommand.flags.filter { $0.name != "--read-only" }, argumentCount: 1...1
    ) { arguments in
        let recording = try read(arguments.positional[0])
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
            throw UsageError("the console needs a terminal")
        }
        var options = ConsoleOptions()
        options.ownership = .recorded
        options.isASCII = arguments.has("--ascii")
        options.theme = arguments.value("--theme")
        options.recording = recording
        let nobody = ConsoleConnection(fileDescriptor: { -1 }, receive: { [] }, send: { _ in false })
        let status = runConsole(connection: nobody, options: options)
        if let problem = recording.problem { complain("\(arguments.positional[0]): \(problem)") }
        return status
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
