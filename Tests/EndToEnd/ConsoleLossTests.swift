import Foundation
import TestSupport
import Testing

/// The console may go in any way: streams live on, and the terminal is given back wherever that can be.
@Suite(.serialized, .enabled(if: Tmux.isInstalled, "tmux is not installed"))
struct ConsoleLossTests {
    /// A console that started its gateway, in a terminal, on two slow engines.
    private struct Scene {
        let signalbox: Signalbox
        let engines: [Engine]
        let terminal: Tmux
        let gateway: Int32
        let console: Int32
        let url: String
        let model: String

        init() async throws {
            signalbox = try Signalbox()
            engines = [
                try await Engine(signalbox, "--speed", "0.2"), try await Engine(signalbox, "--speed", "0.2"),
            ]
            let address = "127.0.0.1:\(try freePort())"
            url = "http://" + address
            terminal = try await signalbox.terminal(columns: 100, rows: 30)
            try await terminal.enter(signalbox.line(engines.map(\.url) + ["--listen", address]))
            let signalbox = signalbox
            let status = try await eventually("a gateway with every node serving") {
                let status = try? await signalbox.status()
                return status?.isEverybody("serving") == true ? status : nil
            }
            model = try status.firstModel
            gateway = try #require(status.processID)
            try await terminal.waitFor(text: "2 of 2 nodes serving")
            console = try #require(ProcessTree.children(of: try await terminal.shell).first)
        }

        func end() { kill(gateway, SIGKILL) }

        func openStreams(_ count: Int, tokens: Int) async throws -> [Stream] {
            let streams = try (0..<count).map { try Stream(url, model, tokens: tokens, number: $0) }
            try await expectEventually("every stream's first token", within: 60) {
                streams.allSatisfy { $0.tokens > 0 }
            }
            return streams
        }
    }

    private func expectComplete(_ streams: [Stream]) async throws {
        try await expectEventually(
            "every stream with every token and its end", within: 90,
            seen: { streams.filter { !$0.isComplete }.prefix(5).map(\.summary).joined(separator: "\n") }
        ) { streams.allSatisfy(\.hasEnded) }
        for stream in streams where !stream.isComplete { Issue.record("lost: \(stream.summary)") }
    }

    @Test func `kill -9 of the console under 100 streams loses none, and attach shows them`() async throws {
        let scene = try await Scene()
        defer { scene.end() }
        let streams = try await scene.openStreams(100, tokens: 100)
        kill(scene.console, SIGKILL)
        try await expectEventually("the console gone") { !ProcessTree.isRunning(scene.console) }
        let attached = try await scene.signalbox.terminal(columns: 100, rows: 30)
        try await attached.enter(scene.signalbox.line(["attach"]))
        try await attached.waitFor(text: "streams 100")
        try await attached.press("3")
        try await attached.waitFor(text: "decode")
        try await expectComplete(streams)
        try await expectEventually("all of them in the books") {
            try await scene.signalbox.status().requests["completed"] == 100
        }
        let status = try await scene.signalbox.status()
        #expect(status.processID == scene.gateway)
        #expect(status.requests["failed"] == 0)
    }

    @Test(arguments: [SIGTERM, SIGHUP, SIGILL, SIGSEGV])
    func `a signal that ends the console gives the terminal back and touches no stream`(
        signal: Int32
    ) async throws {
        let scene = try await Scene()
        defer { scene.end() }
        let streams = try await scene.openStreams(5, tokens: 40)
        kill(scene.console, signal)
        try await expectEventually("the console gone", within: 60) { !ProcessTree.isRunning(scene.console) }
        #expect(try await scene.terminal.disorders() == [])
        try await expectComplete(streams)
    }

    @Test func `Ctrl-Z gives the terminal to the shell, fg brings the screen back, streams go on`()
        async throws
    {
        let scene = try await Scene()
        defer { scene.end() }
        let streams = try await scene.openStreams(5, tokens: 40)
        try await scene.terminal.press("C-z")
        try await expectEventually("the console stopped") { ProcessTree.isStopped(scene.console) }
        #expect(try await scene.terminal.disorders() == [])
        try await scene.terminal.enter("fg")
        try await scene.terminal.waitFor(text: "2 of 2 nodes serving")
        #expect(try await scene.terminal.fact("alternate_on") == "1")
        try await expectComplete(streams)
    }

    @Test func `closing the terminal leaves the gateway and its streams`() async throws {
        let scene = try await Scene()
        defer { scene.end() }
        let streams = try await scene.openStreams(5, tokens: 40)
        try await scene.terminal.kill()
        try await expectEventually("the console gone") { !ProcessTree.isRunning(scene.console) }
        try await expectComplete(streams)
    }
}
