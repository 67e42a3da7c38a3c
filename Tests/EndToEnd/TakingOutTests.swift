import Foundation
import TestSupport
import Testing

/// Nodes are taken out while streams are on them, as a script or a hook does it.
@Suite(.serialized)
struct TakingOutTests {
    /// Two slow engines, a gateway before them, and a stream on one.
    private struct Scene {
        let engines: [Engine]
        let gateway: Serving
        let model: String
        let stream: Stream
        /// The node that the stream is on.
        let busy: String

        init(_ signalbox: Signalbox, tokens: Int) async throws {
            engines = [
                try await Engine(signalbox, "--speed", "0.2"), try await Engine(signalbox, "--speed", "0.2"),
            ]
            gateway = try await Serving(signalbox, engines.map(\.url))
            let status = try await signalbox.waitForServing()
            model = try status.firstModel
            let stream = try Stream(gateway.url, model, tokens: tokens)
            self.stream = stream
            try await expectEventually("the stream's first events") {
                _ = stream.hasEnded
                return stream.tokens > 2
            }
            busy = try await eventually("the node of the stream") {
                let status = try await signalbox.status()
                return status.names.first { status.node($0)["active"] as? Int == 1 }
            }
        }
    }

    @Test func `drain --wait is a truth: 3 while something is in flight, 0 when it is safe to delete`()
        async throws
    {
        let signalbox = try Signalbox()
        let scene = try await Scene(signalbox, tokens: 5_000)
        let misused = try await signalbox.run("drain", scene.busy, "--timeout", "1s")
        #expect(misused.status == 2 && misused.errors.contains("--wait"))
        let early = try await signalbox.run("cut", scene.busy)
        #expect(early.status == 1 && early.errors.contains("drain it first"))

        for _ in 0..<2 {
            let wait = try await signalbox.run("drain", scene.busy, "--wait", "--timeout", "1s")
            #expect(wait.status == 3, "\(wait.errors)")
            #expect(wait.errors.contains("still has 1 request ") && !wait.output.contains("safe to delete"))
        }
        #expect(try await signalbox.run("drain", scene.busy).status == 1, "it drains already")
        var status = try await signalbox.status()
        #expect(status.state(scene.busy) == "draining")
        #expect(status.node(scene.busy)["safeToDelete"] as? Bool == false)
        #expect((status.node(scene.busy)["drain"] as? [String: Any])?["remaining"] as? Int == 1)

        let waiting = try signalbox.start("drain", scene.busy, "--wait", "--timeout", "60s")
        let cut = try await signalbox.run("cut", scene.busy, "--reason", "the rack is on fire")
        #expect(cut.status == 0 && cut.output.contains("1 request on \(scene.busy) cut"))
        let waited = try await waiting.result()
        #expect(waited.status == 0 && waited.output.contains("safe to delete"), "\(waited.errors)")
        try await expectEventually("the stream's end") { scene.stream.hasEnded }
        #expect(scene.stream.summary.contains("the operator cut its streams"))
        status = try await signalbox.status()
        #expect(status.node(scene.busy)["safeToDelete"] as? Bool == true)
        let table = try await signalbox.run("status").output
        #expect(table.contains("drained (safe to delete)"))
    }

    @Test func `stop ends the gateway after the last stream, stop --now at once`() async throws {
        let signalbox = try Signalbox()
        let scene = try await Scene(signalbox, tokens: 200)
        let dry = try await signalbox.run("stop", "--now", "--dry-run")
        #expect(dry.status == 0 && dry.output.contains("nothing was changed: stop now"))
        let stop = try await signalbox.run("stop")
        #expect(stop.status == 0 && stop.output.contains("stop after the last stream"), "\(stop.errors)")
        #expect(!scene.stream.hasEnded)
        try await expectEventually("the stream's end", within: 60) { scene.stream.hasEnded }
        #expect(scene.stream.isComplete, "\(scene.stream.summary)")
        try await expectEventually("the gateway gone") {
            !ProcessTree.isRunning(scene.gateway.program.processID)
        }

        let other = try await Scene(signalbox, tokens: 5_000)
        #expect(try await signalbox.run("stop", "--now", "--reason", "fire").status == 0)
        try await expectEventually("the gateway gone") {
            !ProcessTree.isRunning(other.gateway.program.processID)
        }
        try await expectEventually("the stream's end") { other.stream.hasEnded }
        #expect(!other.stream.isComplete)
    }

    @Test func `drain --migrate empties a node at once, and the client notices nothing`() async throws {
        let signalbox = try Signalbox()
        let scene = try await Scene(signalbox, tokens: 600)
        let drain = try await signalbox.run("drain", scene.busy, "--migrate", "--wait", "--timeout", "20s")
        #expect(
            drain.status == 0 && drain.output.contains("safe to delete"), "\(drain.output)\(drain.errors)")
        #expect(!scene.stream.hasEnded, "the stream goes on elsewhere")
        #expect(scene.stream.tokens < 500)
        try await expectEventually("the stream's end", within: 60) { scene.stream.hasEnded }
        #expect(scene.stream.isComplete, "\(scene.stream.summary)")
    }

    @Test func `cancel --session ends that session's requests and no others`() async throws {
        let signalbox = try Signalbox()
        let scene = try await Scene(signalbox, tokens: 5_000)
        let mine = try (0..<3).map {
            try Stream(scene.gateway.url, scene.model, tokens: 5_000, number: $0, session: "agent-7")
        }
        try await expectEventually("three streams of the session") {
            mine.allSatisfy { !$0.hasEnded && $0.tokens > 0 }
        }
        #expect(try await signalbox.run("cancel").status == 2)
        let cancel = try await signalbox.run("cancel", "--session", "agent-7")
        #expect(cancel.status == 0 && cancel.output.contains("3 requests ended"), "\(cancel.errors)")
        for stream in mine {
            try await expectEventually("its end") { stream.hasEnded }
            #expect(stream.summary.contains("its session was cancelled"), "\(stream.summary)")
        }
        #expect(!scene.stream.hasEnded)
        try await expectEventually("the count") { try await signalbox.status().requests["cancelled"] == 3 }
    }

    @Test func `the README's hooks for Kubernetes do what they say`() async throws {
        let signalbox = try Signalbox()
        let scene = try await Scene(signalbox, tokens: 60)
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let readme = try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
        let hooks = readme.matches(of: /command: \[sh, -c, '(.+)'\]/).map { String($0.1) }
        #expect(hooks.count == 2)
        var environment = signalbox.environment
        let folder = URL(fileURLWithPath: Signalbox.path).deletingLastPathComponent().path
        environment["PATH"] = folder + ":" + (environment["PATH"] ?? "")
        environment["NODE"] = scene.busy
        func run(_ hook: String) async throws -> Program.Result {
            let line = hook.replacing("/run/signalbox/admin.sock", with: scene.gateway.admin)
            return try await Program("/bin/sh", ["-c", line], environment: environment).result()
        }
        let stop = try await run(try #require(hooks.first { $0.hasPrefix("signalbox drain") }))
        #expect(stop.status == 0 && stop.output.contains("safe to delete"), "\(stop.errors)")
        #expect(try await signalbox.status().state(scene.busy) == "drained")
        let start = try await run(try #require(hooks.first { $0.contains("undrain") }))
        #expect(start.status == 0, "\(start.errors)")
        #expect(try await signalbox.status().state(scene.busy) == "serving")
        // The hook of a node that was never drained is no error either.
        #expect(try await run(try #require(hooks.first { $0.contains("undrain") })).status == 0)
        try await expectEventually("the stream's end", within: 60) { scene.stream.hasEnded }
        #expect(scene.stream.isComplete, "\(scene.stream.summary)")
    }
}
