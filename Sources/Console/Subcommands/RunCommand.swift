import Foundation
import GatewayCore

/// A gateway, in a process and session of its own, and the console attached to it.
enum RunCommand {
    static let entry = Subcommand(
        name: "", arguments: "URL... | --config FILE",
        summary: "a gateway on these nodes, and the console attached to it",
        flags: GatewaySettings.flags + AttachCommand.flags, argumentCount: 0...4096
    ) { try run($0) }

    private static func run(_ arguments: Arguments) throws -> Int32 {
        // Mistakes are told before anything starts.
        let configuration = try GatewaySettings.configuration(arguments)
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
            throw UsageError("the console needs a terminal; signalbox serve runs the gateway alone")
        }
        var words = ["serve"] + arguments.positional
        for flag in GatewaySettings.flags {
            if let value = arguments.value(flag.name) { words += [flag.name, value] }
        }
        let log = try logFile(configuration)
        let gateway = try ChildProcess.start("/proc/self/exe", words, ownSession: true, errorsTo: log)
        guard let line = gateway.firstLine(withinSeconds: 15), let socket = socket(in: line) else {
            gateway.end(withinSeconds: 1)
            throw CommandFailure("the gateway did not start:\n\(lastLines(of: log))")
        }
        return try AttachCommand.run(GatewayLink(path: socket).connection, ownership: .started, arguments)
    }

    /// "signalbox ready on http://... (admin PATH)"
    static func socket(in line: String) -> String? {
        guard let start = line.range(of: "(admin "), line.hasSuffix(")") else { return nil }
        return String(line[start.upperBound...].dropLast())
    }

    private static func logFile(_ configuration: GatewayConfiguration) throws -> String {
        let directory =
            configuration.journal
            ?? StatePaths.journalDirectory(
                address: "\(configuration.listen)", environment: ProcessInfo.processInfo.environment)
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return directory + "/gateway.log"
    }

    private static func lastLines(of file: String) -> String {
        let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").suffix(5).joined(separator: "\n")
    }
}
