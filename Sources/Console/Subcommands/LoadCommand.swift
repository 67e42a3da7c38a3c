import CLinux
import FleetSim
import Foundation
import GatewayCore

/// `signalbox load`: a load generator for streams.
enum LoadCommand {
    static let help = """
        usage: signalbox load URL [--concurrency N | --rate R] [--for 20s | --requests N]
                              [--workload chat|documents|agents|mix] [--seed N] [--model NAME] [--max-tokens N] [--json]

        Sends a seeded workload of streamed chat completions and checks every event of every answer. Exit status 0: no
        request failed; 1: some did, or the server can't be reached.

          --concurrency N     a closed loop: so many requests in flight at all times (default: 16)
          --rate R            an open loop: so many requests a second, latency counted from when each was due
          --for DURATION      sends for so long (20s, 5m, 1h; default: 20s), then waits for the answers in flight
          --requests N        sends so many requests
          --workload KIND     chat: conversations on shared system prompts; documents: questions on long documents;
                              agents: tool loops with growing contexts and x-session-id; mix (default): all of them
          --seed N            makes a run repeat (default: 1)
          --model NAME        the model to ask for (default: the first of the server's /v1/models)
          --max-tokens N      a limit for every answer
          --json              the report as one JSON object: seconds, ratios 0...1, null where unknown
        """

    private struct UsageError: Error { let message: String }

    private struct Arguments {
        var url: String?
        var loop = LoadClient.Options.Loop.closed(concurrency: 16)
        var seconds: Double?
        var requests: Int?
        var workload = WorkloadKind.mix
        var seed: UInt64 = 1
        var model: String?
        var maxTokens: Int?
        var wantsJSON = false
    }

    static func run(_ arguments: [String]) -> Int32 {
        if arguments.contains("--help") {
            print(help)
            return 0
        }
        do throws(UsageError) {
            let parsed = try parse(arguments)
            guard let url = parsed.url.flatMap({ URL(string: $0) }), url.scheme == "http",
                let host = url.host,
                let address = SocketAddress.resolve(host: host, port: UInt16(url.port ?? 80)).first
            else { throw UsageError(message: "give the server's URL, such as http://127.0.0.1:8080") }
            return send(parsed, to: address, authority: "\(host):\(url.port ?? 80)")
        } catch {
            complain("signalbox load: \(error.message)")
            return 2
        }
    }

    private static func send(_ arguments: Arguments, to address: SocketAddress, authority: String) -> Int32 {
        sb_ignore(SIGPIPE)
        _ = Sockets.raiseOpenFileLimit()
        let model: String
        switch arguments.model.map(Result.success) ?? ServedModel.first(at: address, authority: authority) {
        case .success(let name): model = name
        case .failure(let problem):
            complain(
                "signalbox load: http://\(authority): \(problem.message). Is the server there? --model names one."
            )
            return 1
        }
        var options = LoadClient.Options(address: address, authority: authority, model: model)
        options.loop = arguments.loop
        options.workload = arguments.workload
        options.seed = arguments.seed
        options.maxTokens = arguments.maxTokens
        options.requests = arguments.requests
        options.seconds = arguments.seconds ?? (arguments.requests == nil ? 20 : nil)
        let report = LoadClient(options).run(until: StopSignal())
        print(arguments.wantsJSON ? report.json : table(report))
        return report.failed == 0 && report.completed > 0 ? 0 : 1
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

    private static func parse(_ arguments: [String]) throws(UsageError) -> Arguments {
        var parsed = Arguments()
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--json" {
                parsed.wantsJSON = true
            } else if argument.hasPrefix("--") {
                guard let text = rest.popFirst() else {
                    throw UsageError(message: "\(argument) needs a value")
                }
                try set(argument, text, in: &parsed)
            } else if parsed.url == nil {
                parsed.url = argument
            } else {
                throw UsageError(message: "one URL is enough; what is `\(argument)`?")
            }
        }
        return parsed
    }

    private static func set(_ flag: String, _ text: String, in parsed: inout Arguments) throws(UsageError) {
        let wrong = UsageError(message: "\(flag) does not take `\(text)`; --help shows what it takes")
        func positive() throws(UsageError) -> Int {
            guard let number = Int(text), (1...100_000_000).contains(number) else { throw wrong }
            return number
        }
        switch flag {
        case "--concurrency": parsed.loop = .closed(concurrency: min(10_000, try positive()))
        case "--rate":
            guard let rate = Double(text), rate > 0, rate <= 100_000 else { throw wrong }
            parsed.loop = .open(requestsPerSecond: rate)
        case "--for":
            guard let seconds = duration(text) else { throw wrong }
            parsed.seconds = seconds
        case "--requests": parsed.requests = try positive()
        case "--workload":
            guard let kind = WorkloadKind(rawValue: text) else { throw wrong }
            parsed.workload = kind
        case "--seed":
            guard let seed = UInt64(text) else { throw wrong }
            parsed.seed = seed
        case "--model": parsed.model = text
        case "--max-tokens": parsed.maxTokens = try positive()
        default: throw UsageError(message: "unknown argument `\(flag)`; --help shows what there is")
        }
    }

    /// Seconds of "20s", "5m" or "1h".
    private static func duration(_ text: String) -> Double? {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600]
        guard let unit = text.last.flatMap({ units[$0] }), let count = Double(text.dropLast()), count > 0,
            count * unit <= 86_400 * 30
        else { return nil }
        return count * unit
    }

    private static func complain(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}
