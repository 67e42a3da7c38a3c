import CLinux
import FleetSim
import Foundation
import GatewayCore

/// `signalbox load`: a load generator for streams. Exit status 1 when a request failed or none completed.
enum LoadCommand {
    static let entry = Subcommand(
        name: "load", arguments: "URL",
        summary: "sends a seeded workload of streams and checks every event of every answer",
        flags: [
            Flag(
                name: "--concurrency", value: "N",
                help: "closed loop: so many requests in flight at all times (16)"),
            Flag(
                name: "--rate", value: "R",
                help: "open loop: so many requests a second, latency counted from when each was due"),
            Flag(
                name: "--for", value: "TIME",
                help: "sends for so long (20s), then waits for the answers in flight"),
            Flag(name: "--requests", value: "N", help: "sends so many requests"),
            Flag(
                name: "--workload", value: "KIND",
                help:
                    "chat on shared system prompts; documents: questions on long ones; agents: tool loops with "
                    + "growing contexts and x-session-id; mix (the default): all of them; hot: chats on one prompt "
                    + "of 12,000 tokens; scan: long documents, each asked about once"),
            Flag(name: "--seed", value: "N", help: "makes a run repeat (1)"),
            Flag(name: "--model", value: "NAME", help: "the model to ask for (the first of /v1/models)"),
            Flag(name: "--max-tokens", value: "N", help: "a limit for every answer"),
            Subcommands.jsonFlag,
        ], argumentCount: 1...1
    ) { try run($0) }

    private static func run(_ arguments: Arguments) throws -> Int32 {
        guard let url = URL(string: arguments.positional[0]), url.scheme == "http", let host = url.host,
            let port = UInt16(exactly: url.port ?? 80)
        else {
            throw UsageError(
                "\(arguments.positional[0]) is no URL of a server, such as http://127.0.0.1:8080")
        }
        guard let address = SocketAddress.resolve(host: host, port: port).first else {
            throw CommandFailure("\(host) has no address; is the name right?")
        }
        sb_ignore(SIGPIPE)
        _ = Sockets.raiseOpenFileLimit()
        let authority = "\(host):\(port)"
        var options = LoadClient.Options(address: address, authority: authority, model: "")
        try apply(arguments, to: &options)
        options.model = try arguments.value("--model") ?? servedModel(at: address, authority)
        let report = LoadClient(options).run(until: StopSignal())
        print(arguments.has("--json") ? report.json : table(report))
        return report.failed == 0 && report.completed > 0 ? 0 : 1
    }

    private static func servedModel(at address: SocketAddress, _ authority: String) throws -> String {
        switch ServedModel.first(at: address, authority: authority) {
        case .success(let name): return name
        case .failure(let problem):
            throw CommandFailure(
                "http://\(authority)/v1/models: \(problem.message); is the server there? --model names a model "
                    + "without asking")
        }
    }

    private static func apply(_ arguments: Arguments, to options: inout LoadClient.Options) throws {
        if arguments.has("--rate"), arguments.has("--concurrency") {
            throw UsageError("--rate and --concurrency exclude each other: an open or a closed loop")
        }
        if let rate = try arguments.number("--rate", in: 0.001...100_000) {
            options.loop = .open(requestsPerSecond: rate)
        }
        if let count = try arguments.number("--concurrency", in: 1...10_000) {
            options.loop = .closed(concurrency: Int(count))
        }
        options.requests = try arguments.number("--requests", in: 1...1e9).map { Int($0) }
        options.seconds = try arguments.duration("--for") ?? (options.requests == nil ? 20 : nil)
        options.maxTokens = try arguments.number("--max-tokens", in: 1...1e6).map { Int($0) }
        if let seed = try arguments.number("--seed", in: 0...9e15) { options.seed = UInt64(seed) }
        if let name = arguments.value("--workload") {
            guard let kind = WorkloadKind(rawValue: name) else {
                throw UsageError(
                    "--workload takes \(WorkloadKind.allCases.map(\.rawValue).joined(separator: ", ")), not \(name)"
                )
            }
            options.workload = kind
        }
    }

    static func table(_ report: LoadReport) -> String {
        var lines = [
            "requests   \(report.completed) completed, \(report.failed) failed in \(tenths(report.seconds)) s, "
                + "\(tenths(report.requestsPerSecond)) a second",
            "tokens     \(report.outputTokens) out, \(tenths(report.tokensPerSecond)) a second; "
                + "prompts cached \(report.cachedShare.map { tenths($0 * 100) + "%" } ?? "--")",
            row("TTFT", report.timeToFirstToken), row("TPOT", report.timePerOutputToken),
            row("E2E", report.endToEnd),
        ]
        for (kind, count) in report.faults.sorted(by: { $0.value > $1.value }) {
            lines.append("failed     \(count) \(kind): \(report.examples[kind] ?? "")")
        }
        return lines.joined(separator: "\n")
    }

    private static func row(_ name: String, _ histogram: LatencyHistogram) -> String {
        let cells = [0.5, 0.9, 0.99].map { tenths(histogram.quantile($0).map { $0 * 1000 }) }
        return "\(name.padding(toLength: 11, withPad: " ", startingAt: 0))"
            + "p50 \(cells[0]) ms, p90 \(cells[1]) ms, p99 \(cells[2]) ms"
    }

    private static func tenths(_ value: Double?) -> String {
        value.map { String(format: "%.1f", $0) } ?? "--"
    }
}
