import Foundation
import TestSupport
import Testing

/// What a drain's preview says, held against what comes.
@Suite(.serialized)
struct DrainForecastSlowTests {
    /// What a preview says: of the first token in milliseconds, and of new requests by node in percent.
    private struct Preview {
        var present: Double
        var expected: Double
        var shares: [String: Double] = [:]

        init(_ text: String) throws {
            let said = try #require(text.firstMatch(of: /TTFT p50 ([\d.]+) -> ~([\d.]+) ms/), "\(text)")
            present = try #require(Double(said.output.1))
            expected = try #require(Double(said.output.2))
            for match in text.matches(of: /([0-9.:]+) ~(\d+)%/) {
                shares[String(match.output.1)] = Double(match.output.2)
            }
        }
    }

    /// Requests sent to each node so far.
    private func counts(_ status: Status) -> [String: Int] {
        Dictionary(
            uniqueKeysWithValues: status.names.map { name in
                let node = status.node(name)
                return (name, ["completed", "active"].reduce(0) { $0 + (node[$1] as? Int ?? 0) })
            })
    }

    /// The counts when the last streams of a drained node are booked: a loop tells of an end up to a quarter of a second later.
    private func counts(_ signalbox: Signalbox, atRest name: String) async throws -> [String: Int] {
        var (last, readings) = (-1, 0)
        return try await eventually("the books of \(name) at rest", seen: { "\(last) requests" }) {
            let status = try await signalbox.status()
            let counts = counts(status)
            readings = counts[name] == last && status.node(name)["active"] as? Int == 0 ? readings + 1 : 0
            last = counts[name] ?? -1
            return readings >= 40 ? counts : nil
        }
    }

    private func median(_ status: Status) -> Double? {
        let totals = status.object["totals"] as? [String: Any]
        return (totals?["ttft"] as? [String: Any])?["p50"] as? Double
    }

    /// Lets the load go on for longer than the window of the latencies that are shown.
    private func watch(_ signalbox: Signalbox, as name: String) async throws {
        let file = signalbox.folder.file(name)
        #expect(try await signalbox.run(["record", file, "--for", "70s"], within: 120).status == 0)
    }

    /// Who asks what how often, behind which policy.
    struct Traffic: Sendable, CustomTestStringConvertible {
        var policy: String
        var workload: String
        var rate: String
        var testDescription: String { "\(policy), \(workload)" }
    }

    @Test(arguments: [
        // Prompts with nothing in common.
        Traffic(policy: "foresight", workload: "scan", rate: "20"),
        // So many sessions that a minute's are like the next one's: of a few, shares differ by six points by themselves.
        Traffic(policy: "session-sticky", workload: "agents", rate: "60"),
    ])
    func `shares come within 5 points of the preview, and the first token within 25 percent`(
        _ traffic: Traffic
    ) async throws {
        let signalbox = try Signalbox()
        var engines: [Engine] = []
        for _ in 0..<4 { engines.append(try await Engine(signalbox, "--speed", "8")) }
        let gateway = try await Serving(signalbox, engines.map(\.url) + ["--policy", traffic.policy])
        let names = try await signalbox.waitForServing(gateway.admin).names
        // One load before and after: the forecast is of the traffic that was, for traffic that goes on.
        let load = try signalbox.start(
            "load", gateway.url, "--workload", traffic.workload, "--rate", traffic.rate, "--for", "200s",
            "--max-tokens", "40", "--seed", "8")
        try await watch(signalbox, as: "before")
        let preview = try Preview(await signalbox.run("drain", names[0], "--dry-run").output)
        #expect(try await signalbox.run("drain", names[0], "--wait").status == 0)
        let before = try await counts(signalbox, atRest: names[0])
        try await watch(signalbox, as: "after")
        let status = try await signalbox.status()
        #expect(load.status == nil, "\(load.output) \(load.errors)")
        let came = counts(status).merging(before) { $0 - $1 }
        let total = Double(came.values.reduce(0, +))
        let measured = try #require(median(status)) * 1000
        print(
            "\(traffic.testDescription): a drain of 1 of 4 nodes, \(Int(total)) requests: TTFT p50 \(preview.present) ms, foreseen "
                + "\(preview.expected), came \(measured)")
        for name in names {
            let share = 100 * Double(came[name, default: 0]) / total
            print("share of \(name): foreseen \(preview.shares[name] ?? 0)%, came \(share)%")
            #expect(abs(share - preview.shares[name, default: 0]) <= 5)
        }
        #expect(came[names[0], default: 0] <= 0)
        #expect(abs(measured - preview.expected) <= 0.25 * preview.expected)
    }
}
