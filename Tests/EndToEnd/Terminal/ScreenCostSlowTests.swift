import Foundation
import TestSupport
import Testing

/// What the screen costs, and how soon it answers: `make bench-screen` without the rivals. On a quiet machine.
@Suite(.serialized)
struct ScreenCostSlowTests {
    private static let sizes: [Size] = [(80, 24), (200, 50)]
    private static let seconds = 20.0
    private static let keys = 200

    /// Engines that serve a real page whose numbers move each second, all in one process: a thousand `signalbox engine` would
    /// leave nothing of a small machine.
    private struct Targets {
        let program: Program
        let urls: [String]

        init?(_ count: Int) async throws {
            guard let shared = try requireShared("screens before many targets") else { return nil }
            let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent()
                .appendingPathComponent("Bench/targets.py").path
            let page = shared.appendingPathComponent(
                "fixtures/metrics/vllm-0.17-cold-start-qwen2.5-0.5b.txt"
            ).path
            let program = try Program(
                "/usr/bin/env", ["python3", script, page, "\(count)"],
                environment: ProcessInfo.processInfo.environment)
            _ = try await program.firstLine()
            self.program = program
            urls = program.output.split(separator: "\n").map(String.init)
        }
    }

    @Test func `a thousand nodes cost the screen under 5 percent of a core, and keys are answered in 50 ms`()
        async throws
    {
        guard let targets = try await Targets(1_000) else { return }
        #expect(targets.urls.count == 1_000)
        let signalbox = try Signalbox()
        let gateway = try await Serving(signalbox, targets.urls)
        _ = try await signalbox.waitForServing(gateway.admin)
        for size in Self.sizes {
            let console = try await console(signalbox, "of 1,000 nodes serving", size)
            let share = try await cpuShare(console)
            print("a thousand nodes at \(size): \(share) of a core")
            #expect(share < 0.05, "at \(size)")
            expectPromptAnswers(console.terminal, "before a thousand nodes at \(size)")
        }
    }

    @Test func `a demo that nobody touches costs the screen under 2 percent of a core`() async throws {
        let signalbox = try Signalbox()
        let demo = try signalbox.start("demo", "--headless", "--for", "10m")
        let admin = signalbox.folder.file("tmp/signalbox-demo-\(demo.processID)/admin.sock")
        try await expectEventually("the demo's gateway", within: 60) {
            FileManager.default.fileExists(atPath: admin)
        }
        for size in Self.sizes {
            let console = try await console(signalbox, "of 8 nodes serving", size, ["--admin", admin])
            let share = try await cpuShare(console)
            print("the demo at \(size): \(share) of a core")
            #expect(share < 0.02, "at \(size)")
        }
        try await demo.end()
    }

    @Test func `a key is answered in 50 ms beside a target that takes connections and says nothing`()
        async throws
    {
        let signalbox = try Signalbox()
        var engines: [Engine] = []
        for _ in 0..<3 { engines.append(try await Engine(signalbox)) }
        engines[2].program.signal(SIGSTOP)
        let gateway = try await Serving(signalbox, engines.map(\.url))
        try await expectEventually("two nodes serving", within: 60) {
            let status = try await signalbox.status(gateway.admin)
            return status.names.count { status.state($0) == "serving" } == 2
        }
        for size in Self.sizes {
            let console = try await console(signalbox, "of 3 nodes serving", size)
            expectPromptAnswers(console.terminal, "beside a hung target at \(size)")
        }
    }

    private typealias Size = (columns: Int, rows: Int)

    private func console(_ signalbox: Signalbox, _ text: String, _ size: Size, _ flags: [String] = [])
        async throws -> (terminal: Pty, program: Program)
    {
        let terminal = try Pty(columns: size.columns, rows: size.rows)
        let environment = signalbox.environment.merging(["TERM": "xterm-256color"]) { $1 }
        let program = try terminal.run(Signalbox.path, ["attach"] + flags, environment: environment)
        try await terminal.read(until: text)
        // What was in the past when it came is drawn first.
        _ = try await terminal.read(for: 3)
        return (terminal, program)
    }

    /// Of a core, by the process's own time.
    private func cpuShare(_ console: (terminal: Pty, program: Program)) async throws -> Double {
        let id = console.program.processID
        let (start, before) = (ContinuousClock.now, try #require(ProcessTree.cpuSeconds(of: id)))
        #expect(try await console.terminal.read(for: Self.seconds).count > 1_000, "it was drawn")
        let used = try #require(ProcessTree.cpuSeconds(of: id)) - before
        return used / ((ContinuousClock.now - start) / .seconds(1))
    }

    /// The selection goes down and up again: each key moves the mark before the row.
    private func expectPromptAnswers(_ terminal: Pty, _ place: String) {
        let times = (0..<Self.keys).map { terminal.time(from: $0 % 2 == 0 ? "j" : "k", until: "▸") }
        #expect(!times.contains(nil), "\(times.count { $0 == nil }) keys without an answer \(place)")
        let sorted = times.compactMap(\.self).sorted()
        guard let p99 = sorted.dropFirst(sorted.count * 99 / 100).first else { return }
        print("key to output \(place): median \(sorted[sorted.count / 2]), p99 \(p99)")
        #expect(p99 < .milliseconds(50), "\(place)")
    }
}
