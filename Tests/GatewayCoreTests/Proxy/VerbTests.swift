import Foundation
import GatewayCore
import TestSupport
import Testing

extension ProxyTests {
    /// Streams that go on until the test lets them end.
    @Suite(.serialized) struct Verbs {
        /// An engine whose streams begin and then wait.
        private func waitingEngine(_ name: String) -> ScriptedEngine {
            ScriptedEngine(name) { request, side in
                guard request.body.contains("long") else {
                    return ScriptedEngine.answer(request, side, from: name)
                }
                side.begin()
                side.event(EngineSide.token("begun"))
                _ = side.isLeft(within: 20)
                side.close()
            }
        }

        private func long(_ running: RunningGateway, headers: String = "") throws -> TestSocket {
            let client = try running.client()
            client.send(chat("long", stream: true, headers: headers))
            #expect(client.through("begun") != nil)
            return client
        }

        @Test
        func
            `cut is refused on a node that serves, ends what is left on one that drains, and then it is safe`()
            throws
        {
            let running = try RunningGateway(waitingEngine("a")) { $0.limits.migration = .off }
            let client = try long(running)
            let early = try running.perform(.cut(node: "a"))
            #expect(!early.accepted && early.message.contains("drain it first"))
            let drain = Command.drain(node: "a", deadlineSeconds: nil, atDeadline: .keep, force: true)
            #expect(try running.perform(drain).accepted)
            #expect(try !running.snapshot().nodes[0].safeToDelete)
            let cut = try running.perform(.cut(node: "a"))
            #expect(cut.accepted && cut.message == "1 request on a cut" && cut.inverse == nil)
            #expect(client.through("\"code\":502}}\n\n", seconds: 3)?.contains("the operator cut") == true)
            #expect(try eventually { try running.snapshot().nodes[0].safeToDelete })
            let late = try running.perform(.cut(node: "a"))
            #expect(!late.accepted && late.message.contains("safe to delete"))
        }

        @Test func `a session's requests end together, and the answer says how many`() throws {
            let running = try RunningGateway(waitingEngine("a"), loops: 2)
            let mine = try (0..<5).map { _ in try long(running, headers: "X-Session-Id: s-1\r\n") }
            let other = try long(running, headers: "X-Session-Id: s-2\r\n")
            let result = try running.perform(.cancelSession(id: "s-1"))
            #expect(result.accepted && result.message == "session s-1: 5 requests ended")
            for client in mine { #expect(client.through("its session was cancelled", seconds: 3) != nil) }
            #expect(try eventually { try running.snapshot().totals.cancelled == 5 })
            #expect(try running.snapshot().nodes[0].active == 1)
            #expect(try running.perform(.cancelSession(id: "s-1")).message == "session s-1: 0 requests ended")
            #expect(try !running.perform(.cancelSession(id: "")).accepted)
            other.close()
        }

        @Test(arguments: [1, 2])
        func `one stream ends alone, whether or not it has a session`(loops: Int) throws {
            let running = try RunningGateway(waitingEngine("a"), loops: loops)
            let clients = try (0..<3).map { _ in try long(running, headers: "X-Session-Id: s-1\r\n") }
            #expect(try eventually { try running.snapshot().streams.count == 3 })
            let id = try #require(try running.snapshot().streams.map(\.id).min())
            let result = try running.perform(.cancelStream(id: id))
            #expect(result.accepted && result.message == "stream \(id): 1 request ended")
            #expect(clients[0].through("an operator cancelled it", seconds: 3) != nil)
            #expect(try eventually { try running.snapshot().nodes[0].active == 2 })
            #expect(try running.perform(.cancelStream(id: id)).message == "stream \(id): 0 requests ended")
            for client in clients { client.close() }
        }

        @Test func `what a session began ends with it, whether or not it has settled a request yet`() throws {
            let running = try RunningGateway(waitingEngine("a"))
            let root = try long(running, headers: "X-Session-Id: root\r\n")
            let child = try long(running, headers: "X-Session-Id: child\r\nX-Parent-Session-Id: root\r\n")
            let below = try long(running, headers: "X-Session-Id: below\r\nX-Parent-Session-Id: child\r\n")
            let other = try long(running, headers: "X-Session-Id: other\r\nX-Parent-Session-Id: else\r\n")
            let first = try running.perform(.cancelSession(id: "child"))
            #expect(first.message == "session child: 2 requests ended")
            for client in [child, below] {
                #expect(client.through("its session was cancelled", seconds: 3) != nil)
            }
            #expect(try eventually { try running.snapshot().sessions.contains { $0.id == "below" } })
            // The ledger knows them now.
            let again = try long(running, headers: "X-Session-Id: below\r\n")
            let second = try running.perform(.cancelSession(id: "root"))
            #expect(second.message == "session root: 2 requests ended, with the 2 sessions that it began")
            for client in [root, again] {
                #expect(client.through("its session was cancelled", seconds: 3) != nil)
            }
            #expect(try running.snapshot().nodes[0].active == 1)
            other.close()
        }

        @Test func `a node comes back slowly after its drain`() throws {
            let (a, b) = (ScriptedEngine("a"), ScriptedEngine("b"))
            let running = try RunningGateway(a, b)
            let drain = Command.drain(node: "a", deadlineSeconds: nil, atDeadline: .keep, force: false)
            #expect(try running.perform(drain).accepted)
            #expect(try running.perform(.undrain(node: "a")).accepted)
            for number in 0..<55 { #expect(try running.ask(chat("\(number)")).status == 200) }
            #expect((1...15).contains(a.count), "\(a.count) of 55 at a tenth of its weight")
            let status = try running.snapshot().nodes[0]
            #expect(status.slowWeight.map { (10...40).contains($0) } == true && status.weight == 100)
        }

        @Test func `an engine that counts otherwise for long is an event, and its end another`() throws {
            let engine = waitingEngine("a")
            let running = try RunningGateway(engine) { $0.rules.disagreementSeconds = 0.3 }
            let client = try long(running)
            func tell(_ count: Double) {
                var reading = EngineReading()
                reading.models = ["tiny"]
                reading.running = count
                reading.waiting = 0
                running.gateway.inbox.accept(
                    NodeReading(
                        node: "a", instant: Double(MonotonicClock.now()) / 1e9, probe: .ready,
                        engine: .success(reading)))
            }
            let told = try eventually {
                tell(9)
                return try running.snapshot().events.contains {
                    $0.text.contains("has 9 requests, this gateway 1")
                }
            }
            #expect(told)
            #expect(try running.snapshot().nodes[0].disagreementSeconds.map { $0 >= 0.3 } == true)
            let ended = try eventually {
                tell(1)
                return try running.snapshot().events.contains { $0.text.contains("agree again") }
            }
            #expect(ended)
            #expect(try running.snapshot().nodes[0].disagreementSeconds == nil)
            client.close()
        }

        @Test func `the memory line says who holds what`() throws {
            let running = try RunningGateway(ScriptedEngine("a"))
            let words = String(repeating: "word ", count: 400)
            #expect(try running.ask(chat(words)).status == 200)
            #expect(try eventually { try running.snapshot().gateway.memory.prefixIndexBytes ?? 0 > 0 })
            let memory = try running.snapshot().gateway.memory
            let resident = try #require(memory.residentBytes)
            let limit = try #require(memory.limitBytes)
            #expect(resident > 1e6 && limit > resident)
            #expect(
                try #require(memory.ledgerBytes) > 0 && memory.retainedBytes == 0 && memory.queueBytes == 0)
            let (files, most) = (try #require(memory.openFiles), try #require(memory.openFileLimit))
            #expect(files > 5 && files < most)
        }
    }
}
