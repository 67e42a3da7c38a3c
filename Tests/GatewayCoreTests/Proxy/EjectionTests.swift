import Foundation
import GatewayCore
import Synchronization
import TestSupport
import Testing

extension ProxyTests {
    @Suite(.serialized) struct Ejections {
        private func node(_ name: String, _ running: RunningGateway) throws -> NodeStatus {
            try #require(try running.snapshot().node(named: name))
        }

        @Test
        func `a node that fails in a row is ejected, tried by one request at a time, and begins slowly`()
            throws
        {
            let mayEnd = Atomic<Bool>(false)
            let a = ScriptedEngine("a") { _, side in side.reset() }
            let b = ScriptedEngine("b")
            let running = try RunningGateway(a, b, loops: 2) { $0.rules.ejection.seconds = 0.5 }
            for _ in 0..<8 { #expect(try running.ask(chat()).status == 200) }
            #expect(try eventually { try running.snapshot().nodes[0].state == .ejected })
            let ejection = try #require(try node("a", running).ejection)
            #expect(ejection.reason.contains("3 requests in a row") && ejection.count == 1)
            #expect(
                try running.snapshot().events.contains { $0.node == "a" && $0.text.hasPrefix("ejected for") })

            // It is well again, but slow: a request on probation holds the ticket, the others go elsewhere.
            let before = a.count
            a.rescript { request, side in
                _ = eventually { mayEnd.load(ordering: .acquiring) }
                ScriptedEngine.answer(request, side, from: "a")
            }
            #expect(try eventually { try node("a", running).ejection?.secondsLeft == nil })
            let probe = try running.client()
            probe.send(chat("probe"))
            #expect(eventually { a.count == before + 1 })
            for number in 0..<30 { #expect(try running.ask(chat("other \(number)")).header("x-node") == "b") }
            #expect(a.count == before + 1)
            mayEnd.store(true, ordering: .releasing)
            #expect(try probe.answer().header("x-node") == "a")
            #expect(try eventually { try node("a", running).state == .serving })
            let back = try node("a", running)
            #expect(back.slowWeight.map { $0 < 50 } == true && back.trafficShare.map { $0 < 0.4 } == true)
            let then = a.count
            for number in 0..<44 { #expect(try running.ask(chat("then \(number)")).status == 200) }
            #expect((1...14).contains(a.count - then), "\(a.count - then) of 44")
        }

        @Test func `the last node of a model is never ejected, nor one too many`() throws {
            let dead = (0..<2).map { number in ScriptedEngine("dead\(number)") { _, side in side.reset() } }
            let good = ScriptedEngine("good")
            let nodes = (dead + [good]).map { ($0.name, $0.port, ["tiny"]) }
            let running = try RunningGateway(nodes: nodes) { $0.limits.retries = 5 }
            for _ in 0..<40 { #expect(try running.ask(chat()).status == 200) }
            // Of three, two must be left: one of the dead is out, the other one is left alone by the loops.
            #expect(try eventually { try running.snapshot().nodes.count { $0.state == .ejected } == 1 })
            let told = try eventually {
                try running.snapshot().events.contains { $0.text.hasPrefix("not ejected, too few") }
            }
            #expect(told)
            let alone = ScriptedEngine("alone") { _, side in side.reset() }
            let single = try RunningGateway(alone)
            for _ in 0..<5 { #expect(try single.ask(chat()).status == 502) }
            #expect(
                try eventually { try single.snapshot().events.contains { $0.text.hasPrefix("not ejected") } })
            #expect(try single.snapshot().nodes[0].state == .serving)
        }

        @Test func `4xx, clients that hang up and busy engines are no failures`() throws {
            let a = ScriptedEngine("a") { request, side in
                if request.body.contains("hang") {
                    _ = side.isLeft()
                    return side.close()
                }
                side.json(400, "{\"error\":{\"message\":\"no\"}}")
            }
            let b = ScriptedEngine("b")
            let running = try RunningGateway(a, b)
            for _ in 0..<12 { _ = try running.ask(chat()) }
            for number in 1...8 {
                let client = try running.client()
                client.send(chat("hang", stream: true))
                #expect(eventually { a.count + b.count == 12 + number }, "it is with an engine")
                client.close()
            }
            #expect(try eventually { try running.snapshot().totals.active == 0 })
            try running.goOn(seconds: 0.3)
            let nodes = try running.snapshot().nodes
            #expect(nodes.allSatisfy { $0.state == .serving && $0.ejection == nil })
        }

        @Test func `faults in streams are counted by node and kind, told once, and eject`() throws {
            let a = ScriptedEngine("a") { _, side in
                side.begin()
                side.event(EngineSide.token("one"))
                side.end()
            }
            let b = ScriptedEngine("b")
            let running = try RunningGateway(a, b) {
                $0.limits.migration = .off
                $0.rules.ejection.seconds = 60
            }
            var broken = 0
            for _ in 0..<20 where broken < 5 {
                let answer = try running.ask(chat(stream: true))
                if answer.events.last != "[DONE]" { broken += 1 }
            }
            #expect(try eventually { try node("a", running).state == .ejected })
            let status = try node("a", running)
            #expect(status.faults == [FaultCount(fault: "truncated", count: 5)])
            #expect(status.ejection?.reason.contains("5 faulty streams") == true)
            let events = try running.snapshot().events.filter {
                $0.node == "a" && $0.text.contains("stream ")
            }
            #expect((1...2).contains(events.count { $0.text.contains("without a finish reason") }))
            let page = try running.ask("GET /metrics HTTP/1.1\r\nHost: gateway\r\n\r\n").body
            #expect(page.contains("signalbox_stream_faults_total{node=\"a\",fault=\"truncated\"} 5"))
            #expect(try node("b", running).faults.isEmpty)
        }
    }
}
