import Foundation
import TestSupport
import Testing

/// A terminal that is not read is the console's trouble alone.
struct StalledTerminalSlowTests {
    private static let window = 20.0

    /// Windows with and without reading take turns, so that the machine's moods meet both.
    @Test func `a terminal not read for a minute costs the gateway less than 1 ms at the p99`() async throws {
        let signalbox = try Signalbox()
        let engines = [
            try await Engine(signalbox, "--speed", "50"), try await Engine(signalbox, "--speed", "50"),
        ]
        let gateway = try await Serving(signalbox, engines.map(\.url))
        _ = try await signalbox.waitForServing()
        let terminal = try Pty(columns: 200, rows: 50)
        let environment = signalbox.environment.merging(["TERM": "xterm-256color"]) { $1 }
        let console = try terminal.run(Signalbox.path, ["attach"], environment: environment)
        try await terminal.read(until: "2 of 2 nodes serving")
        var (stalled, read): ([Double], [Double]) = ([], [])
        for _ in 0..<3 {
            stalled.append(try await p99(signalbox, gateway.url))
            async let all = terminal.read(for: Self.window + 1)
            read.append(try await p99(signalbox, gateway.url))
            #expect(try await all.count > 10_000, "the console went on when it was read")
        }
        #expect(stalled.sorted()[1] - read.sorted()[1] < 1, "p99 in ms: not read \(stalled), read \(read)")
        #expect(console.status == nil)
    }

    /// Milliseconds to the first token.
    private func p99(_ signalbox: Signalbox, _ url: String) async throws -> Double {
        let result = try await signalbox.run("load", url, "--concurrency", "4", "--for", "20s", "--json")
        let report = try #require(
            try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any],
            "\(result.errors)")
        let ttft = try #require(report["ttft"] as? [String: Double], "\(report.keys)")
        return try #require(ttft["p99"]) * 1_000
    }
}
