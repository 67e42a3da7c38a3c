import Foundation
import GatewayCore
import Synchronization
import TestSupport
import Testing

extension ProxyTests {
    @Suite(.serialized) struct RetryBudgets {
        @Test
        func `a storm of failures is sent again within the budget, and the rest gets the error as it is`()
            throws
        {
            let sick = (0..<2).map { number in
                ScriptedEngine("s\(number)") { _, side in side.json(500, "{\"error\":\"sick\"}") }
            }
            // The breaker would take such nodes out; the budget must hold while they are in.
            let running = try RunningGateway(sick[0], sick[1]) {
                $0.limits.retryShare = 0.2
                $0.limits.retriesPerSecond = 1
            }
            let client = try running.client()
            for _ in 0..<200 { #expect(try client.ask(chat()).status >= 500) }
            let asked = sick[0].count + sick[1].count
            print("200 requests to a sick fleet reached its engines \(asked) times")
            // A fifth of 200, and one a second for ten seconds.
            #expect(asked <= 250, "\(asked) requests reached the engines for 200")
            #expect(try eventually { try running.snapshot().totals.retriesDenied > 0 })
            #expect(try running.snapshot().totals.retried <= 50)
        }

        @Test func `the free retry of a kept connection needs no budget`() throws {
            let engine = ScriptedEngine()
            let running = try RunningGateway(engine) {
                $0.limits.retryShare = 0
                $0.limits.retriesPerSecond = 0
            }
            let client = try running.client()
            for _ in 0..<10 {
                #expect(try client.ask(chat()).status == 200)
                engine.closeConnections()
            }
            #expect(try running.snapshot().totals.retriesDenied == 0)
        }

        @Test(arguments: [429, 503])
        func `an engine that says when to come back is left alone until then, and its request waits`(
            status: Int
        )
            throws
        {
            let calls = Mutex<[Date]>([])
            let engine = ScriptedEngine("a") { _, side in
                let number = calls.withLock { list in
                    list.append(Date())
                    return list.count
                }
                if number == 1 {
                    side.json(status, "{\"error\":\"busy\"}", headers: "Retry-After: 2\r\n")
                } else {
                    side.json(200, "{}")
                }
            }
            let running = try RunningGateway(engine)
            #expect(try running.ask(chat()).status == 200)
            let times = calls.withLock { $0 }
            #expect(times.count == 2 && times[1].timeIntervalSince(times[0]) >= 1.9, "\(times)")
            #expect(try running.snapshot().nodes[0].state == .serving, "busy is no failure")
        }

        @Test func `while one node is busy the others get everything`() throws {
            let busy = ScriptedEngine("busy") { _, side in
                side.json(429, "{\"error\":\"busy\"}", headers: "Retry-After: 30\r\n")
            }
            let good = ScriptedEngine("good")
            let running = try RunningGateway(busy, good)
            let client = try running.client()
            for _ in 0..<20 { #expect(try client.ask(chat()).body.contains("good")) }
            #expect(busy.count == 1)
        }

        @Test func `a pause that is longer than a request may wait passes the answer on as it is`() throws {
            let engine = ScriptedEngine("a") { _, side in
                side.json(429, "{\"error\":\"busy\"}", headers: "Retry-After: 50\r\n")
            }
            let running = try RunningGateway(engine)
            let answer = try running.ask(chat())
            #expect(answer.status == 429 && answer.body == "{\"error\":\"busy\"}")
            #expect(answer.header("retry-after") == "50")
        }

        @Test func `when the only other node is full, a failed request waits for it`() throws {
            let engine = HoldingEngine("held")
            let bad = ScriptedEngine("bad") { _, side in side.close() }
            let running = try RunningGateway(
                nodes: [("held", engine.engine.port, ["tiny"]), ("bad", bad.port, ["tiny"])],
                unready: ["bad"]
            ) { $0.limits.maxActivePerNode = 1 }
            let holder = try running.client()
            holder.send(chat("holder"))
            #expect(eventually { engine.arrived.count == 1 })
            try running.serve(["bad"])
            let client = try running.client()
            client.send(chat("second"))
            #expect(eventually { bad.count == 1 })
            #expect(try eventually { try running.snapshot().gateway.queued == 1 })
            engine.release(2)
            #expect(try client.answer().body.contains("held"))
        }
    }
}
