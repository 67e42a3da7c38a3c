import Foundation
import GatewayCore
import TestSupport
import Testing

extension ProxyTests {
    @Suite(.serialized) struct TimeLimits {
        /// Asks, lets the engine go on when the gateway's clock has gone on for so long, and reads the answer.
        private func ask(
            _ request: String, _ running: RunningGateway, of engine: ScriptedEngine, after seconds: Double,
            _ goesOn: DispatchSemaphore
        ) throws -> TestAnswer {
            let client = try running.client()
            let asked = engine.count
            client.send(request)
            #expect(eventually { engine.count > asked })
            try running.goOn(seconds: seconds)
            goesOn.signal()
            return try client.answer()
        }

        @Test func `a stream that is silent after its head is in prefill, not stalled`() throws {
            let goesOn = DispatchSemaphore(value: 0)
            let engine = ScriptedEngine("a") { _, side in
                side.begin()
                side.event(
                    "{\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}")
                _ = goesOn.wait(timeout: .now() + 20)
                side.event(EngineSide.token("late"))
                side.event("{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}")
                side.event("[DONE]")
                side.end()
            }
            let running = try RunningGateway(engine) {
                $0.limits.stallSeconds = 0.3
                $0.limits.firstTokenSeconds = 5
            }
            let answer = try ask(chat(stream: true), running, of: engine, after: 0.9, goesOn)
            #expect(answer.events.last == "[DONE]")
        }

        @Test func `the first token's limit grows with the prompt, and its text names the limits`() throws {
            let engine = ScriptedEngine("a") { _, side in
                _ = side.isLeft(within: 20)
                side.close()
            }
            let running = try RunningGateway(engine) {
                $0.limits.firstTokenSeconds = 0.3
                $0.limits.prefillTokensPerSecond = 1000
                $0.limits.retries = 0
            }
            func seconds(_ words: Int) throws -> Double {
                let begun = Date()
                let answer = try running.ask(
                    chat(String(repeating: "four", count: words), stream: true))
                #expect(answer.status == 502)
                #expect(answer.body.contains("limits.firstTokenSeconds"), "\(answer.body)")
                return Date().timeIntervalSince(begun)
            }
            let short = try seconds(1)
            let long = try seconds(2000)
            #expect(short < 1.5 && long > 2, "\(short) s and \(long) s")
        }

        @Test func `an answer in one piece has time for its output too`() throws {
            let goesOn = DispatchSemaphore(value: 0)
            let engine = ScriptedEngine("a") { request, side in
                guard request.body.contains("\"max_tokens\":50,") else {
                    _ = side.isLeft(within: 20)
                    return side.close()
                }
                _ = goesOn.wait(timeout: .now() + 20)
                side.json(200, "{}")
            }
            let running = try RunningGateway(engine) {
                $0.limits.firstTokenSeconds = 0.3
                $0.limits.stallSeconds = 0.3
            }
            let long = try ask(chat(more: "\"max_tokens\":50,"), running, of: engine, after: 1.2, goesOn)
            #expect(long.status == 200)
            #expect(try running.ask(chat(more: "\"max_tokens\":1,")).status == 502)
        }

        @Test func `a whole request has a limit: a status before the answer, an error event in it`() throws {
            let engine = ScriptedEngine("a") { request, side in
                if request.body.contains("\"stream\":true") {
                    side.begin()
                    while side.event(EngineSide.token("x")), !side.isLeft(within: 0.05) {}
                } else {
                    _ = side.isLeft(within: 20)
                }
                side.close()
            }
            let running = try RunningGateway(engine) { $0.limits.requestSeconds = 0.6 }
            let begun = Date()
            let whole = try running.ask(chat())
            #expect(whole.status == 504 && whole.body.contains("limits.requestSeconds"))
            let stream = try running.ask(chat(stream: true))
            #expect(
                stream.events.last?.contains("limits.requestSeconds") == true, "\(stream.events.last ?? "")")
            #expect(Date().timeIntervalSince(begun) < 4)
            #expect(try eventually { try running.snapshot().totals.failed == 2 })
            #expect(try running.snapshot().totals.active == 0)
        }

        @Test func `no limit for whole requests is none`() throws {
            let goesOn = DispatchSemaphore(value: 0)
            let engine = ScriptedEngine("a") { _, side in
                _ = goesOn.wait(timeout: .now() + 20)
                side.json(200, "{}")
            }
            let running = try RunningGateway(engine) { $0.limits.requestSeconds = 0 }
            #expect(try ask(chat(), running, of: engine, after: 0.7, goesOn).status == 200)
        }

        @Test func `a request that waits has the whole request's limit too`() throws {
            let running = try RunningGateway(nodes: [("a", deadPort(), ["tiny"])], unready: ["a"]) {
                $0.limits.requestSeconds = 0.4
            }
            let answer = try running.ask(chat())
            #expect(answer.status == 504 && answer.body.contains("limits.requestSeconds"))
            #expect(try eventually { try running.snapshot().gateway.queued == 0 })
        }

        @Test func `a client that waits for a stream gets comments, and a late failure as an event`() throws {
            let goesOn = DispatchSemaphore(value: 0)
            let engine = ScriptedEngine("a") { request, side in
                _ = goesOn.wait(timeout: .now() + 20)
                if request.body.contains("die") { return side.close() }
                side.stream(["late"], for: request)
            }
            let running = try RunningGateway(engine) {
                $0.limits.waitingSeconds = 0.3
                $0.limits.retries = 0
            }
            let good = try ask(chat(stream: true), running, of: engine, after: 2.2, goesOn)
            #expect(good.status == 200 && good.events.last == "[DONE]")
            #expect(good.body.components(separatedBy: ": waiting\n\n").count >= 4)
            let bad = try ask(chat("die", stream: true), running, of: engine, after: 2.2, goesOn)
            #expect(bad.status == 200 && bad.events.last?.contains("\"error\"") == true, "\(bad.body)")
            let silent = try ask(chat(stream: false), running, of: engine, after: 2.2, goesOn)
            #expect(!silent.body.contains("waiting"))
        }

        @Test func `a committed request that waits in the queue hears comments and then an event`() throws {
            let engine = HoldingEngine()
            let goesOn = DispatchSemaphore(value: 0)
            let bad = ScriptedEngine("bad") { _, side in
                _ = goesOn.wait(timeout: .now() + 20)
                side.close()
            }
            let running = try RunningGateway(
                nodes: [("held", engine.engine.port, ["tiny"]), ("bad", bad.port, ["tiny"])],
                unready: ["bad"]
            ) {
                $0.limits.maxActivePerNode = 1
                $0.limits.waitingSeconds = 0.3
                $0.limits.queueSeconds = 1.5
            }
            let holder = try running.client()
            holder.send(chat("holder"))
            #expect(eventually { engine.arrived.count == 1 })
            try running.serve(["bad"])
            let answer = try ask(chat("second", stream: true), running, of: bad, after: 1.6, goesOn)
            #expect(answer.status == 200)
            #expect(answer.events.last?.contains("limits.queueSeconds") == true, "\(answer.body)")
            #expect(answer.body.components(separatedBy: ": waiting\n\n").count >= 4)
            engine.release(1)
        }

        @Test func `a connection without a request is closed after its limit`() throws {
            let running = try RunningGateway(ScriptedEngine()) { $0.limits.idleSeconds = 0.4 }
            let client = try running.client()
            #expect(try client.ask(chat()).status == 200)
            let begun = Date()
            #expect(client.ends(within: 5))
            #expect(Date().timeIntervalSince(begun) > 0.3)
        }

        @Test func `a header that does not come whole is told so, with the limit's name`() throws {
            let running = try RunningGateway(ScriptedEngine()) { $0.limits.headerSeconds = 0.3 }
            let client = try running.client()
            client.send("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n")
            let answer = try client.answer()
            #expect(answer.status == 408 && answer.body.contains("limits.headerSeconds"))
        }

        @Test func `an engine that accepts no connection is given up after its limit`() throws {
            // A listener whose backlog is full: further connections are not answered.
            let full = try FullListener()
            let running = try RunningGateway(nodes: [("a", full.port, ["tiny"])]) {
                $0.limits.connectSeconds = 0.3
            }
            let answer = try running.ask(chat())
            #expect(answer.status == 502 && answer.body.contains("limits.connectSeconds"), "\(answer.body)")
        }
    }
}
