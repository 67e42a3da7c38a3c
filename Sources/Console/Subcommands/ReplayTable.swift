import FleetSim
import Foundation
import GatewayCore

/// What a replay prints: a row for each policy.
struct ReplayTable {
    struct Row {
        let policy: NamedPolicy
        let report: ReplayReport
    }

    let replay: Replay
    let rows: [Row]

    private var settings: ReplaySettings { replay.settings }

    var text: String {
        let target = brief(settings.targets.firstToken)
        let head = [
            "policy", "mean", "p50", "p90", "p99", "max", "<=\(target)s", "TPOT", "p99", "good/s", "hit",
            "balance", "$/Mtok", "preempted",
        ]
        let body = rows.map { row in [row.policy.label] + Self.cells(row.report) }
        let widths = head.indices.map { column in ([head] + body).map { $0[column].count }.max() ?? 0 }
        let lines = ([head] + body).map { cells in
            cells.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + space : space + cell
            }.joined(separator: "  ")
        }
        return (facts + [""] + lines + ["", Self.legend]).joined(separator: "\n")
    }

    private static let legend = """
        mean to max: seconds to the first token; TPOT: milliseconds; good/s: requests a second that met both targets;
        hit: share of prompt tokens; balance: the busiest node's prefill to the mean; $/Mtok: for a million tokens
        generated within both targets
        """

    private var facts: [String] {
        let trace = replay.trace
        let engine =
            settings.engine == .model
            ? settings.profile.name : "the simple engine (8,000 tokens/s, 30 ms a token)"
        var lines = [
            "\(trace.kind.rawValue): \(trace.requests.count) requests, \(trace.promptTokens) tokens in, "
                + "\(trace.outputTokens) out, played at x\(brief(settings.speed))",
            "\(settings.nodes) nodes of \(engine), \(settings.cacheBlocks) blocks of 512 tokens each"
                + (settings.speeds == [1]
                    ? "" : ", speeds \(settings.speeds.map(brief).joined(separator: ","))"),
        ]
        if settings.eventLag > 0 {
            lines.append(
                "the router sees caches \(brief(settings.eventLag)) s late"
                    + (settings.countsOwnDispatches ? ", its own requests at once" : ", its own requests too")
            )
        }
        if let loss = settings.loss {
            lines.append("the first node is lost at \(brief(loss.at)) s and back at \(brief(loss.back)) s")
        }
        if let refused = rows.map(\.report.refused).max(), refused > 0 {
            lines.append("\(refused) requests are longer than a node's whole cache and refused")
        }
        return lines + trace.notes
    }

    private static func cells(_ report: ReplayReport) -> [String] {
        let first = report.timeToFirstToken
        let token = report.timePerOutputToken
        return [first?.mean, first?.p50, first?.p90, first?.p99, first?.max].map { decimals($0, 2) } + [
            decimals(report.inTime, 3), decimals(token.map { $0.mean * 1000 }, 1),
            decimals(token.map { $0.p99 * 1000 }, 1), decimals(report.goodput, 3),
            decimals(report.hitRatio, 4), decimals(report.balance, 3),
            decimals(report.dollarsPerMillionUsefulTokens, 2), "\(report.preemptions)",
        ]
    }

    private static func decimals(_ value: Double?, _ count: Int) -> String {
        value.map { String(format: "%.\(count)f", $0) } ?? "--"
    }

    private func brief(_ value: Double) -> String { JSONText(value).text }

    // MARK: for scripts

    func json(_ path: String) -> JSONText {
        .object([
            ("trace", traceJSON(path)), ("config", configJSON), ("policies", .list(rows.map(Self.json))),
        ])
    }

    private func traceJSON(_ path: String) -> JSONText {
        .object([
            ("file", .string(path)), ("kind", .string(replay.trace.kind.rawValue)),
            ("requests", JSONText(replay.trace.requests.count)),
            ("promptTokens", JSONText(replay.trace.promptTokens)),
            ("outputTokens", JSONText(replay.trace.outputTokens)),
            ("notes", .list(replay.trace.notes.map { .string($0) })),
        ])
    }

    private var configJSON: JSONText {
        .object([
            ("engine", .string(settings.engine.rawValue)), ("profile", .string(settings.profile.name)),
            ("nodes", JSONText(settings.nodes)), ("speeds", .list(settings.speeds.map { JSONText($0) })),
            ("kvBlocks", JSONText(settings.cacheBlocks)), ("blockTokens", JSONText(Trace.blockTokens)),
            ("speed", JSONText(settings.speed)), ("eventLag", JSONText(settings.eventLag)),
            ("ownDispatchesAtOnce", .bool(settings.countsOwnDispatches)),
            (
                "loss",
                settings.loss.map { .object([("at", JSONText($0.at)), ("back", JSONText($0.back))]) } ?? .null
            ),
            ("outputGuess", .string(settings.outputGuess.rawValue)),
            ("target", JSONText(settings.targets.firstToken)),
            ("tokenTarget", JSONText(settings.targets.perToken)),
            ("dollarsPerHour", JSONText(settings.targets.dollarsPerHour)), ("seed", JSONText(settings.seed)),
        ])
    }

    private static func json(_ row: Row) -> JSONText {
        let report = row.report
        let values = row.policy.values.sorted { $0.key < $1.key }
        return .object([
            ("policy", .string(row.policy.name)), ("label", .string(row.policy.label)),
            ("parameters", .object(values.map { ($0.key, JSONText($0.value)) })),
            ("requests", JSONText(report.requests)), ("completed", JSONText(report.completed)),
            ("refused", JSONText(report.refused)), ("seconds", JSONText(report.seconds)),
            ("ttft", json(report.timeToFirstToken)), ("inTime", JSONText(report.inTime)),
            ("tpot", json(report.timePerOutputToken)), ("goodput", JSONText(report.goodput)),
            ("hitRatio", JSONText(report.hitRatio)), ("balance", JSONText(report.balance)),
            ("dollarsPerMillionUsefulTokens", JSONText(report.dollarsPerMillionUsefulTokens)),
            ("preemptions", JSONText(report.preemptions)),
        ])
    }

    private static func json(_ spread: Spread?) -> JSONText {
        guard let spread else { return .null }
        return .object([
            ("mean", JSONText(spread.mean)), ("p50", JSONText(spread.p50)), ("p90", JSONText(spread.p90)),
            ("p99", JSONText(spread.p99)), ("max", JSONText(spread.max)),
        ])
    }
}
