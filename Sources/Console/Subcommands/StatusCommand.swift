import Foundation
import GatewayCore

/// The fleet, once, for scripts and for people.
enum StatusCommand {
    static let entry = Subcommand(
        name: "status", summary: "nodes, policy and totals, once",
        flags: [Subcommands.jsonFlag, Subcommands.adminFlag]
    ) { arguments in
        var client = try AdminClient(path: try AdminSockets.find(arguments))
        let snapshot = try client.snapshot()
        print(arguments.has("--json") ? json(snapshot).text : table(snapshot))
        return 0
    }

    static func json(_ snapshot: Snapshot) -> JSONText {
        .object([
            ("time", JSONText(snapshot.time)),
            ("address", .string(snapshot.gateway.address)),
            ("adminSocket", .string(snapshot.gateway.adminSocket)),
            ("version", .string(snapshot.gateway.version)),
            ("processId", JSONText(snapshot.gateway.processID)),
            ("uptimeSeconds", JSONText(snapshot.gateway.uptimeSeconds)),
            ("configurationVersion", JSONText(snapshot.gateway.configurationVersion)),
            ("restored", JSONText(snapshot.gateway.restored)),
            ("policy", .string(snapshot.gateway.policy)),
            ("rateWindowSeconds", JSONText(snapshot.gateway.rateWindowSeconds)),
            ("latencyWindowSeconds", JSONText(snapshot.gateway.latencyWindowSeconds)),
            ("totals", totals(snapshot)),
            ("nodes", .list(snapshot.nodes.map(node))),
        ])
    }

    private static func totals(_ snapshot: Snapshot) -> JSONText {
        let totals = snapshot.totals
        return .object([
            (
                "requests",
                .object([
                    ("received", JSONText(totals.requests)), ("completed", JSONText(totals.completed)),
                    ("cancelled", JSONText(totals.cancelled)), ("failed", JSONText(totals.failed)),
                    ("refused", JSONText(totals.refused)), ("retried", JSONText(totals.retried)),
                    ("active", JSONText(totals.active)), ("queued", JSONText(snapshot.gateway.queued)),
                ])
            ),
            (
                "tokens",
                .object([
                    ("prompt", JSONText(totals.promptTokens)), ("cached", JSONText(totals.cachedTokens)),
                    ("output", JSONText(totals.outputTokens)), ("wasted", JSONText(totals.wastedTokens)),
                ])
            ),
            ("requestsPerSecond", JSONText(totals.requestsPerSecond)),
            ("tokensPerSecond", JSONText(totals.tokensPerSecond)),
            ("prefixHitRate", JSONText(totals.prefixHitRate)),
            ("ttft", latency(totals.ttft)), ("tpot", latency(totals.tpot)),
            ("dollars", JSONText(totals.dollars)),
            ("dollarsPerMillionTokens", JSONText(totals.dollarsPerMillionTokens)),
        ])
    }

    private static func latency(_ summary: LatencySummary?) -> JSONText {
        guard let summary else { return .null }
        return .object([
            ("p50", JSONText(summary.p50)), ("p99", JSONText(summary.p99)),
            ("count", JSONText(summary.count)),
        ])
    }

    private static func node(_ node: NodeStatus) -> JSONText {
        .object([
            ("name", .string(node.name)), ("url", .string(node.url)), ("state", .string(node.state.rawValue)),
            ("safeToDelete", .bool(node.safeToDelete)), ("weight", JSONText(node.weight)),
            ("configuredWeight", JSONText(node.configuredWeight)),
            ("trafficShare", JSONText(node.trafficShare)), ("role", .string(node.role.rawValue)),
            ("zone", JSONText(node.zone)), ("models", .list(node.models.map { .string($0) })),
            ("engine", .string(node.engine.rawValue)), ("engineVersion", JSONText(node.engineVersion)),
            ("running", JSONText(node.running)), ("waiting", JSONText(node.waiting)),
            ("active", JSONText(node.active)), ("prefilling", JSONText(node.prefilling)),
            ("decoding", JSONText(node.decoding)), ("kvUsage", JSONText(node.kvUsage)),
            ("kvCapacityTokens", JSONText(node.kvCapacityTokens)),
            (
                "hbm",
                node.hbmUsedBytes == nil && node.hbmTotalBytes == nil
                    ? .null
                    : .object([
                        ("usedBytes", JSONText(node.hbmUsedBytes)),
                        ("totalBytes", JSONText(node.hbmTotalBytes)),
                    ])
            ),
            ("gpus", JSONText(node.gpus.count)),
            ("prefixHitRate", JSONText(node.prefixHitRate)),
            ("prefixHitRateLifetime", JSONText(node.prefixHitRateLifetime)),
            ("ttft", latency(node.ttft)), ("tpot", latency(node.tpot)), ("e2e", latency(node.e2e)),
            ("tokensPerSecond", JSONText(node.tokensPerSecond)),
            ("promptTokensPerSecond", JSONText(node.promptTokensPerSecond)),
            ("dollarsPerHour", JSONText(node.dollarsPerHour)),
            ("dollarsPerMillionTokens", JSONText(node.dollarsPerMillionTokens)),
            ("completed", JSONText(node.completed)), ("failed", JSONText(node.failed)),
            ("cancelled", JSONText(node.cancelled)), ("retriedAway", JSONText(node.retriedAway)),
            ("readingAgeSeconds", JSONText(node.readingAgeSeconds)), ("stale", .bool(node.isStale)),
            ("estimated", .list(estimates(node.estimated))), ("problem", JSONText(node.problem)),
        ])
    }

    private static func estimates(_ fields: EstimatedFields) -> [JSONText] {
        let names: [(EstimatedFields, String)] = [
            (.running, "running"), (.waiting, "waiting"), (.kvUsage, "kvUsage"),
            (.prefixHitRate, "prefixHitRate"),
            (.tokensPerSecond, "tokensPerSecond"), (.hbm, "hbm"), (.dollars, "dollars"),
        ]
        return names.filter { fields.contains($0.0) }.map { .string($0.1) }
    }

    static func table(_ snapshot: Snapshot) -> String {
        let header = [
            "NODE", "STATE", "WEIGHT", "RUN", "WAIT", "KV", "HIT", "TTFT p50", "p99", "TOK/S", "$/M",
        ]
        let rows = snapshot.nodes.map { node in
            [
                node.name, node.state.rawValue + (node.isStale ? " stale" : ""), "\(node.weight)",
                number(node.running, 0), number(node.waiting, 0), percent(node.kvUsage),
                percent(node.prefixHitRate), number(node.ttft?.p50, 3), number(node.ttft?.p99, 3),
                number(node.tokensPerSecond, 0), number(node.dollarsPerMillionTokens, 2),
            ]
        }
        let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
        let lines = ([header] + rows).map { row in
            row.enumerated().map { column, text in
                let space = String(repeating: " ", count: widths[column] - text.count)
                return column < 2 ? text + space : space + text
            }.joined(separator: "  ")
        }
        let totals = snapshot.totals
        return
            "gateway \(snapshot.gateway.address), policy \(snapshot.gateway.policy), \(totals.active) active,"
            + " \(totals.completed) completed, \(totals.cancelled) cancelled, \(totals.failed) failed,"
            + " \(totals.refused) refused, \(totals.retried) retried\n" + lines.joined(separator: "\n")
    }

    private static func number(_ value: Double?, _ digits: Int) -> String {
        value.map { String(format: "%.\(digits)f", $0) } ?? "--"
    }

    private static func percent(_ ratio: Double?) -> String {
        ratio.map { String(format: "%.1f%%", $0 * 100) } ?? "--"
    }
}
