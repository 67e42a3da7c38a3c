import Foundation
import TestSupport
import Testing

/// The simple-model tables of workloads.md, section 2, made again by `signalbox replay --engine simple`: so the baselines
/// are known to be what they are called. Needs a release build to be quick.
@Suite(.enabled(if: sharedFolder != nil))
struct ReplayTableSlowTests {
    private struct Figures {
        var hit: Double
        var mean: Double
        var p99: Double
        var inTime: Double
    }

    /// Arms that must come out.
    private static let held = [
        "round_robin": "round-robin", "session_sticky_ll": "session-sticky", "preble": "preble:window=0",
        "wttft": "foresight:w=1.5:lambda=0:leave=0:hold=0",
        "wttft w=2": "foresight:w=2:lambda=0:leave=0:hold=0",
        "wttft w=3": "foresight:w=3:lambda=0:leave=0:hold=0",
        "wttft w=5": "foresight:w=5:lambda=0:leave=0:hold=0",
    ]
    /// Arms that are printed beside the tables, with a mark where they are outside the tolerance. Those of the first line
    /// draw, or order equal nodes by something that the tables don't tell. `min_ttft` orders them by idle time here and by
    /// requests there, which explains it. Of the others the cause of what is outside is not known: near saturation
    /// the smallest change of a tie moves `mult` and `dynamo` by a tenth and more.
    private static let printed = [
        "random": "random", "p2c": "power-of-two", "least_req": "least-requests",
        "sglang": "sglang-cache-aware-a:threshold=0.5:era=1", "lpm_load": "longest-prefix",
        "min_ttft": "foresight:w=1:lambda=0:leave=0:hold=0", "llmd3": "llm-d:queue=0:active-request=2",
        "dynamo": "dynamo-kv", "dynamo w=4": "dynamo-kv:scale=4", "mult": "lmetric",
        "sticky_sat": "llm-d-sticky:seconds=14",
    ]
    private static let seeds = 10

    @Test(arguments: ["conversation", "synthetic"], ["1", "1.6"])
    func `the tables of the simple model come out`(trace: String, speed: String) async throws {
        let signalbox = try Signalbox()
        let tables = try Self.tables()
        for blocks in [3000, 10_000] {
            var runs: [String: [Figures]] = [:]
            for seed in 1...Self.seeds {
                let once = try await Self.run(signalbox, trace, speed, blocks, seed)
                for (label, figures) in once { runs[label, default: []].append(figures) }
            }
            for (arm, label) in Self.held.merging(Self.printed, uniquingKeysWith: { $1 }).sorted(by: <) {
                let theirs = try #require(tables["\(trace) \(speed) \(blocks) \(arm)"])
                Self.check(
                    "\(trace) x\(speed) K=\(blocks) \(arm)", try #require(runs[label]), theirs,
                    isHeld: Self.held[arm] != nil)
            }
        }
    }

    /// The tables hold one drawing of arrivals within the buckets and one order of equal nodes: where ours scatter over
    /// the seeds, three standard deviations are allowed for theirs.
    private static func check(_ cell: String, _ runs: [Figures], _ theirs: Figures, isHeld: Bool) {
        func compare(_ name: String, _ values: [Double], _ other: Double, within tolerance: Double) -> String
        {
            let mean = values.reduce(0, +) / Double(values.count)
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
            let allowed = max(tolerance, 3 * variance.squareRoot())
            if isHeld {
                #expect(abs(mean - other) <= allowed, "\(cell): \(name) \(mean), the table has \(other)")
            }
            let mark = abs(mean - other) > tolerance ? " outside" : ""
            return "\(name) "
                + String(format: "%.4f (+-%.4f) %.4f", mean, variance.squareRoot(), other) + mark
        }
        let row = [
            compare("hit", runs.map(\.hit), theirs.hit, within: 0.005),
            compare("mean", runs.map(\.mean), theirs.mean, within: 0.03 * theirs.mean),
            compare("p99", runs.map(\.p99), theirs.p99, within: 0.08 * theirs.p99),
        ]
        print(
            "\(cell)\(isHeld ? "" : " (not held to it)"): ours (deviation) theirs: \(row.joined(separator: "; "))"
        )
    }

    private static func run(
        _ signalbox: Signalbox, _ trace: String, _ speed: String, _ blocks: Int, _ seed: Int
    ) async throws -> [String: Figures] {
        let path = try #require(sharedFolder?.appendingPathComponent("traces").path)
        let labels = Array(held.values) + Array(printed.values)
        let result = try await signalbox.run(
            [
                "replay", "\(path)/mooncake_\(trace)_trace.jsonl.gz", "--engine", "simple", "--kv-blocks",
                "\(blocks)", "--speed", speed, "--seed", "\(seed)", "--json", "--policies",
                labels.joined(separator: ","),
            ], within: 600)
        let json = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        let policies = try #require(json?["policies"] as? [[String: Any]], "\(result.errors)")
        var figures: [String: Figures] = [:]
        for policy in policies {
            let spread = policy["ttft"] as? [String: Double]
            figures[try #require(policy["label"] as? String)] = Figures(
                hit: try #require(policy["hitRatio"] as? Double), mean: try #require(spread?["mean"]),
                p99: try #require(spread?["p99"]), inTime: try #require(policy["inTime"] as? Double))
        }
        return figures
    }

    /// By "conversation 1.6 3000 wttft".
    private static func tables() throws -> [String: Figures] {
        let file = try #require(sharedFolder).appendingPathComponent("reference/workloads.md")
        var tables: [String: Figures] = [:]
        var heading: String?
        for line in try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n") {
            if let match = line.firstMatch(of: /^\*\*Mooncake (\w+) x([0-9.]+)/) {
                heading = "\(match.1) \(match.2)"
            }
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard let heading, cells.count == 10, Double(cells[1]) != nil else { continue }
            for (column, blocks) in [(1, 3000), (4, 10_000)] {
                let times = cells[column + 1].components(separatedBy: " / ").compactMap(Double.init)
                guard let hit = Double(cells[column]), let share = Double(cells[column + 2]), times.count == 3
                else { continue }
                tables["\(heading) \(blocks) \(cells[0])"] = Figures(
                    hit: hit, mean: times[0], p99: times[2], inTime: share)
            }
        }
        return tables
    }
}
