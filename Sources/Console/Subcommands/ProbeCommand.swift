import Collectors
import Foundation
import GatewayCore

/// What engine is at a URL, and what can be read from it.
enum ProbeCommand {
    static let entry = Subcommand(
        name: "probe", arguments: "URL", summary: "what engine is this, and what can be read from it",
        flags: [
            Subcommands.jsonFlag,
            Flag(name: "--api-key-env", value: "NAME", help: "the variable that holds the engine's key"),
            Flag(name: "--timeout", value: "TIME", help: "for each answer (5s)"),
        ], argumentCount: 1...1
    ) { arguments in
        let url: EngineURL
        do throws(InputProblem) { url = try EngineURL(parsing: arguments.positional[0]) } catch {
            throw UsageError("\(error)")
        }
        var key: String?
        if let name = arguments.value("--api-key-env") {
            guard let value = ProcessInfo.processInfo.environment[name] else {
                throw UsageError("the variable \(name) is not set")
            }
            key = value
        }
        let report = EngineProbe.run(
            url, apiKey: key, timeoutSeconds: try arguments.duration("--timeout") ?? 5)
        if arguments.has("--json") {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(report), as: UTF8.self))
        } else {
            print(text(report))
        }
        return report.engine == .unknown && !report.isReady ? 1 : 0
    }

    private static func text(_ report: ProbeReport) -> String {
        var lines = [
            "\(report.url): \(report.engine.rawValue) \(report.version ?? "(version unknown)"),"
                + (report.isReady ? " ready" : " not ready: \(report.notReadyReason ?? "no reason told")"),
            "models: " + (report.models.isEmpty ? "none told" : report.models.joined(separator: ", ")), "",
        ]
        for endpoint in report.endpoints {
            let said = endpoint.status.map { "HTTP \($0), \(endpoint.bytes ?? 0) bytes" } ?? "no answer"
            lines.append("  \(endpoint.path)  \(said)" + (endpoint.problem.map { ": \($0)" } ?? ""))
        }
        lines.append("")
        for reading in report.readings {
            let said =
                reading.isAvailable ? reading.value.map { "\($0)" } ?? "yes" : "-- \(reading.reason ?? "")"
            lines.append("  \(reading.name): \(said)")
        }
        return (lines + report.problems.map { "problem: \($0)" }).joined(separator: "\n")
    }
}
