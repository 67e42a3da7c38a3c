import Foundation
import GatewayCore
import TestSupport
import Testing

extension ProxyTests {
    /// Sessions that an operator pinned, through a gateway over sockets.
    @Suite(.serialized) struct PinnedSessions {
        private static let why = "X-Signalbox-Decision: 1\r\n"

        private func ask(_ running: RunningGateway, _ session: String) throws -> TestAnswer {
            try running.ask(chat(headers: Self.why + "X-Session-Id: \(session)\r\n"))
        }

        private func node(_ answer: TestAnswer) -> String? { answer.header("x-node") }

        private func reason(_ answer: TestAnswer) -> String {
            let words = answer.header("x-signalbox-decision")?.components(separatedBy: "reason=\"") ?? []
            return words.last?.components(separatedBy: "\";").first ?? ""
        }

        private func isTold(_ running: RunningGateway, _ words: String) throws -> Bool {
            try eventually {
                try running.snapshot().events.contains { $0.text.contains(words) && $0.node == "b" }
            }
        }

        @Test func `a pinned session goes to its node and no other does, until it is unpinned`() throws {
            let (a, b) = (ScriptedEngine("a"), ScriptedEngine("b"))
            let running = try RunningGateway(a, b, loops: 2)
            let pin = try running.perform(.pin(session: "s-1", node: "b"))
            #expect(pin.accepted && pin.message == "session s-1: not pinned → pinned to b")
            #expect(pin.inverse == .unpin(session: "s-1"))
            for _ in 0..<8 {
                let answer = try ask(running, "s-1")
                #expect(node(answer) == "b" && reason(answer) == "pinned by operator")
            }
            #expect(a.count == 0)
            let others = try (0..<8).map { _ in try node(ask(running, "s-2")) }
            #expect(Set(others) == ["a", "b"], "round robin")
            let moved = try running.perform(.pin(session: "s-1", node: "a"))
            #expect(moved.message == "session s-1: pinned to b → pinned to a")
            #expect(moved.inverse == .pin(session: "s-1", node: "b"))
            for _ in 0..<4 { #expect(try node(ask(running, "s-1")) == "a") }
            #expect(try running.perform(try #require(moved.inverse)).accepted, "undone")
            for _ in 0..<4 { #expect(try node(ask(running, "s-1")) == "b") }
            #expect(try running.perform(.unpin(session: "s-1")).accepted)
            let free = try (0..<4).map { _ in try node(ask(running, "s-1")) }
            #expect(Set(free) == ["a", "b"])
            #expect(try running.snapshot().pins.isEmpty)
        }

        @Test func `a pin is set aside while its node takes nothing, is told so, and holds again after`()
            throws
        {
            let running = try RunningGateway(ScriptedEngine("a"), ScriptedEngine("b"))
            #expect(try running.perform(.pin(session: "s-1", node: "b")).accepted)
            let drain = Command.drain(node: "b", deadlineSeconds: nil, atDeadline: .keep, force: false)
            #expect(try running.perform(drain).accepted)
            let aside = try ask(running, "s-1")
            #expect(aside.status == 200 && node(aside) == "a")
            #expect(reason(aside) == "the only node that takes it; its pin to b is set aside: drained")
            let words = "the pins of 1 session"
            #expect(try isTold(running, words + " are set aside until it does (s-1)"))
            #expect(try running.snapshot().pins.first?.isSetAside == true)
            #expect(try running.perform(.undrain(node: "b")).accepted)
            for _ in 0..<4 { #expect(try node(ask(running, "s-1")) == "b") }
            #expect(try isTold(running, words + " hold (s-1)"))
            #expect(try running.snapshot().pins.first?.isSetAside == false)
        }

        @Test
        func `a pinned request waits while its node is full, and one that failed there goes elsewhere`()
            throws
        {
            let b = ScriptedEngine("b") { request, side in
                guard request.body.contains("long") else {
                    return ScriptedEngine.answer(request, side, from: "b")
                }
                side.begin()
                side.event(EngineSide.token("begun"))
                _ = side.isLeft(within: 20)
                side.close()
            }
            let running = try RunningGateway(ScriptedEngine("a"), b) { $0.nodes[1].maxActive = 1 }
            #expect(try running.perform(.pin(session: "s-1", node: "b")).accepted)
            let header = "X-Session-Id: s-1\r\n"
            let long = try running.client()
            long.send(chat("long", stream: true, headers: header))
            #expect(long.through("begun") != nil)
            let second = try running.client()
            second.send(chat(headers: header))
            let waits = try eventually { try running.snapshot().gateway.queued == 1 }
            #expect(waits)
            #expect(try running.ask(chat(headers: "X-Session-Id: s-2\r\n")).header("x-node") == "a")
            long.close()
            #expect(try second.answer().header("x-node") == "b")
            b.rescript { _, side in side.reset() }
            let failed = try ask(running, "s-1")
            #expect(node(failed) == "a")
            #expect(reason(failed).hasSuffix("its pin to b is set aside: tried before"))
        }

        @Test func `a pin to a node that does not serve the request's model is set aside, and says why`()
            throws
        {
            let engines = [ScriptedEngine("a"), ScriptedEngine("b")]
            let running = try RunningGateway(
                nodes: [("a", engines[0].port, ["tiny"]), ("b", engines[1].port, ["big"])])
            #expect(try running.perform(.pin(session: "s-1", node: "b")).accepted)
            let answer = try ask(running, "s-1")
            #expect(node(answer) == "a")
            #expect(reason(answer).hasSuffix("its pin to b is set aside: it does not serve the model"))
        }

        @Test func `pins are restored from the journal, those of nodes that are gone are not`() throws {
            let folder = try TemporaryFolder()
            let engines = ["a", "b", "c"].map { ScriptedEngine($0) }
            func gateway(_ count: Int) throws -> RunningGateway {
                try RunningGateway(nodes: engines.prefix(count).map { ($0.name, $0.port, ["tiny"]) }) {
                    $0.journal = folder.file("journal")
                }
            }
            func begin() throws {
                let running = try gateway(3)
                for (session, node) in [
                    ("s-1", "a"), ("s-2", "b"), ("s-1", "b"), ("s-3", "c"), ("s-4", "a"),
                ] {
                    #expect(try running.perform(.pin(session: session, node: node)).accepted)
                }
                #expect(try running.perform(.unpin(session: "s-4")).accepted)
            }
            try begin()
            let running = try gateway(2)
            let snapshot = try running.snapshot()
            #expect(snapshot.pins.map(\.session) == ["s-2", "s-1"])
            #expect(snapshot.pins.allSatisfy { $0.node == "b" && $0.actor.hasPrefix("test (uid") })
            #expect(snapshot.gateway.restored == "session s-2 pinned to b; session s-1 pinned to b")
            for _ in 0..<4 { #expect(try node(ask(running, "s-1")) == "b") }
        }

        @Test func `a session's id that is too long is shown cut, and is not pinned by what is shown`()
            throws
        {
            let running = try RunningGateway(ScriptedEngine("a"))
            let long = String(repeating: "x", count: 65)
            #expect(try ask(running, long).status == 200)
            let isShown = try eventually { try !running.snapshot().sessions.isEmpty }
            #expect(isShown)
            let id = try #require(try running.snapshot().sessions.first?.id)
            #expect(id == long.dropLast() + "…")
            #expect(try !running.perform(.pin(session: id, node: "a")).accepted)
        }
    }
}
