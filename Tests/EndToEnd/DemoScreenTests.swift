import Foundation
import TestSupport
import Testing

/// The console on a live fleet in a real terminal: keys in, screen out.
@Suite(.serialized, .enabled(if: Tmux.isInstalled, "tmux is not installed"))
struct DemoScreenTests {
    @Test(arguments: [(80, 24), (200, 50)])
    func `an operator reads and steers the demo`(columns: Int, rows: Int) async throws {
        let signalbox = try Signalbox()
        let terminal = try await signalbox.terminal(columns: columns, rows: rows)
        let shell = try await terminal.shell
        try await terminal.enter(signalbox.line(["demo", "--nodes", "4"]))
        let tour = ConsoleTour(
            terminal: terminal, node: "h100-a1", others: ["h100-b1", "h100-a2", "h100-b2"])
        try await tour.steer()
        #expect(ProcessTree.descendants(of: shell).count >= 5, "engines and a gateway are child processes")
        try await terminal.press("q")
        try await tour.waitForShell()
        #expect(try await terminal.disorders() == [])
        #expect(ProcessTree.descendants(of: shell) == [], "no child process is left")
    }

    @Test func `the same console steers engines that were started by hand and given by URL`() async throws {
        let signalbox = try Signalbox()
        let engines = [try await Engine(signalbox), try await Engine(signalbox), try await Engine(signalbox)]
        let port = try freePort()
        let terminal = try await signalbox.terminal(columns: 120, rows: 40)
        try await terminal.enter(
            signalbox.line(engines.map(\.url) + ["--listen", "127.0.0.1:\(port)"]))
        let status = try await eventually("a gateway with every node serving", within: 60) {
            let status = try? await signalbox.status()
            return status?.isEverybody("serving") == true ? status : nil
        }
        let gateway = try #require(status.processID)
        defer { kill(gateway, SIGKILL) }
        let load = try signalbox.start(
            "load", "http://127.0.0.1:\(port)", "--concurrency", "12", "--for", "120s", "--json")
        defer { load.signal(SIGKILL) }
        let names = status.names
        let tour = ConsoleTour(terminal: terminal, node: names[0], others: Array(names.dropFirst()))
        try await tour.steer()
        try await terminal.press("q")
        try await terminal.waitFor(text: "keep serving")
        try await terminal.press("k")
        try await tour.waitForShell()
        #expect(try await terminal.disorders() == [])
        let after = try await signalbox.status()
        #expect(after.processID == gateway, "the gateway goes on without its console")
        #expect(after.requests["failed"] == 0)
        #expect((after.requests["completed"] ?? 0) > 0)
    }
}
