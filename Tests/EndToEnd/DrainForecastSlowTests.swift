import Foundation
import TestSupport
import Testing

/// What a drain's preview says, held against what comes.
@Suite(.serialized)
struct DrainForecastSlowTests {
    /// Completed requests by node.
    private func counts(_ status: Status) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: status.names.map { ($0, status.node($0)["completed"] as? Int ?? 0) })
    }

    private func median(_ status: Status) -> Double? {
        let totals = status.object["totals"] as? [String: Any]
        return (totals?["ttft"] as? [String: Any])?["p50"] as? Double
    }

    /// Sends for longer than the window of the latencies that are shown, to the last answer.
    private func send(_ signalbox: Signalbox, to url: String, seed: Int) async throws {
        let words = ["--rate", "3", "--for", "75s", "--max-tokens", "100", "--seed", "\(seed)"]
        #expect(try await signalbox.run(["load", url] + words, within: 240).status == 0)
    }

    @Test func `shares come within 5 points of the preview, and the first token within 25 percent`()
        async throws
    {
        let signalbox = try Signalbox()
        var engines: [Engine] = []
        for _ in 0..<4 { engines.append(try await Engine(signalbox)) }
        let gateway = try await Serving(signalbox, engines.map(\.url))
        let names = try await signalbox.waitForServing(gateway.admin).names
        try await send(signalbox, to: gateway.url, seed: 7)
        let preview = try await signalbox.run("drain", names[0], "--dry-run").output
        let said = try #require(preview.firstMatch(of: /TTFT p50 (\d+) -> ~(\d+) ms/), "\(preview)")
        let expected = try #require(Double(said.output.2))
        var shares: [String: Double] = [:]
        for match in preview.matches(of: /([0-9.:]+) ~(\d+)%/) {
            shares[String(match.output.1)] = Double(match.output.2)
        }
        #expect(try await signalbox.run("drain", names[0], "--wait").status == 0)
        let before = counts(try await signalbox.status())
        try await send(signalbox, to: gateway.url, seed: 8)
        let status = try await signalbox.status()
        let came = counts(status).mapValues(Double.init).merging(before.mapValues(Double.init)) { $0 - $1 }
        let total = came.values.reduce(0, +)
        let measured = try #require(median(status)) * 1000
        print("a drain of 1 of 4 nodes: TTFT p50 \(said.output.1) ms, foreseen \(expected), came \(measured)")
        for name in names.dropFirst() {
            let share = 100 * came[name, default: 0] / total
            print("share of \(name): foreseen \(shares[name] ?? 0)%, came \(share)%")
            #expect(abs(share - shares[name, default: 0]) <= 5)
        }
        #expect(came[names[0]] == 0)
        #expect(abs(measured - expected) <= 0.25 * expected)
    }
}
