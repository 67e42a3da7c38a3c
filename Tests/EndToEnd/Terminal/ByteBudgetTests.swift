import Foundation
import TestSupport
import Testing

/// How much the real console sends of a fleet under load: a line over SSH may be slow. A slow machine draws less often,
/// and so never sends more.
struct ByteBudgetTests {
    @Test func `a usual second of the demo sends less than 1.5 KB at 80x24 and 6 KB at 200x50`() async throws
    {
        let signalbox = try Signalbox()
        let terminal = try Pty(columns: 80, rows: 24)
        let environment = signalbox.environment.merging(["TERM": "xterm-256color"]) { $1 }
        let console = try terminal.run(Signalbox.path, ["demo"], environment: environment)
        try await terminal.read(until: "of 8 nodes serving")
        // The engines start, and the load takes six seconds to be whole.
        _ = try await terminal.read(for: 9)
        #expect((100..<1_500).contains(try await bytesPerSecond(terminal)))
        terminal.resize(columns: 200, rows: 50)
        try await terminal.read(until: "Went to")
        #expect((100..<6_000).contains(try await bytesPerSecond(terminal)))
        console.signal(SIGTERM)
        _ = try await console.result()
    }

    /// The mean of a column of the charts.
    private func bytesPerSecond(_ terminal: Pty) async throws -> Double {
        Double(try await terminal.read(for: 5).count) / 5
    }
}
