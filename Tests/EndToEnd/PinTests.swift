import Foundation
import TestSupport
import Testing

/// A session is pinned to a node by the command line, as a runbook does it.
@Suite(.serialized)
struct PinTests {
    private func ask(_ gateway: Serving, _ model: String) throws -> TextRequest {
        let request = try TextRequest(gateway.url, model, prompt: "Count, please.", session: "agent-7")
        try [request].finish()
        return request
    }

    @Test func `pin sends a session to its node, around its drain and over a kill -9, until unpin`()
        async throws
    {
        let signalbox = try Signalbox()
        let engines = [
            try await Engine(signalbox, "--speed", "20"), try await Engine(signalbox, "--speed", "20"),
        ]
        let listen = "127.0.0.1:\(try freePort())"
        let first = try await Serving(signalbox, engines.map(\.url), listen: listen)
        let status = try await signalbox.waitForServing()
        let (model, names) = (try status.firstModel, status.names)
        let usual = try #require(try ask(first, model).node)
        let node = try #require(names.first { $0 != usual })

        let dry = try await signalbox.run("pin", "agent-7", node, "--dry-run")
        #expect(dry.output.contains("nothing was changed: session agent-7: not pinned → pinned to \(node)"))
        #expect(try await signalbox.status().pins.isEmpty)
        #expect(try await signalbox.run("pin", "agent-7", node, "--reason", "its own node").status == 0)
        #expect(try await signalbox.run("pin", "agent-7", node).errors.contains("already"))
        let pinned = try ask(first, model)
        #expect(pinned.node == node && pinned.decision.contains("pinned by operator"), "\(pinned.decision)")

        #expect(try await signalbox.run("drain", node, "--wait").status == 0)
        let aside = try ask(first, model)
        #expect(aside.node == usual && aside.isComplete)
        #expect(aside.decision.contains("its pin to \(node) is set aside: drained"), "\(aside.decision)")
        try await expectEventually("the pin set aside") {
            try await signalbox.run("status").output.contains("it takes none now")
        }
        #expect(try await signalbox.run("undrain", node).status == 0)
        #expect(try ask(first, model).node == node)

        first.program.signal(SIGKILL)
        _ = try await first.program.result()
        let second = try await Serving(signalbox, engines.map(\.url), listen: listen)
        _ = try await signalbox.waitForServing(second.admin)
        let again = try await signalbox.status()
        #expect(again.restored?.contains("session agent-7 pinned to \(node)") == true)
        #expect(again.pins.map { $0["node"] as? String } == [node])
        #expect(try ask(second, model).node == node)
        #expect(try await signalbox.run("unpin", "agent-7").output.contains("→ not pinned"))
        #expect(try await signalbox.run("unpin", "agent-7").status == 1)
        #expect(try await signalbox.status().pins.isEmpty)
    }
}
