import Foundation
import GatewayCore
import TestSupport
import Testing

/// How an engine fails before its first byte.
enum EarlyFailure: String, CaseIterable, Sendable {
    case refused, reset, closed, halfHead, status500, status503, status429, errorEvent, garbage

    func perform(_ side: EngineSide) {
        switch self {
        case .refused: break
        case .reset: side.reset()
        case .closed: side.close()
        case .halfHead:
            side.raw("HTTP/1.1 200 OK\r\nContent-Le")
            side.close()
        case .status500: side.json(500, "{\"error\":\"shutting down\"}")
        case .status503: side.json(503, "{}")
        case .status429: side.json(429, "{}")
        case .errorEvent:
            side.begin()
            side.event("{\"error\":{\"message\":\"cannot schedule\",\"code\":500}}")
            side.event("[DONE]")
            side.end()
        case .garbage:
            side.raw("SSH-2.0-OpenSSH_9.2\r\n\r\n")
            side.close()
        }
    }
}

extension ProxyTests {
    @Suite(.serialized) struct Retries {
        @Test(arguments: EarlyFailure.allCases)
        func `what fails before its first byte is answered by another node`(failure: EarlyFailure) throws {
            let bad = ScriptedEngine("bad") { _, side in failure.perform(side) }
            if failure == .refused { bad.stopListening() }
            let good = ScriptedEngine("good")
            let running = try RunningGateway(bad, good)
            for stream in [true, false, true, false, true, false] {
                let answer = try running.ask(chat(stream: stream || failure == .errorEvent))
                #expect(answer.status == 200)
                #expect(answer.body.contains("good"), "\(answer.body)")
            }
            #expect(good.count == 6)
            let settled = try eventually { try running.snapshot().totals.completed == 6 }
            let totals = try running.snapshot().totals
            #expect(settled && totals.failed == 0)
            #expect(totals.retried >= 1)
        }

        @Test func `when all fail it is 502 and names node and URL`() throws {
            let a = ScriptedEngine("a") { _, side in side.reset() }
            let b = ScriptedEngine("b") { _, side in side.close() }
            let running = try RunningGateway(a, b)
            let answer = try running.ask(chat())
            #expect(answer.status == 502)
            let namesOne =
                answer.body.contains("a at http://127.0.0.1:\(a.port)")
                || answer.body.contains("b at http://127.0.0.1:\(b.port)")
            #expect(namesOne, "\(answer.body)")
            #expect(a.count == 1 && b.count == 1, "each was asked once")
        }

        @Test func `the last engine's own error passes as it came`() throws {
            let engine = ScriptedEngine("a") { _, side in side.json(500, "{\"error\":\"mine\"}") }
            let answer = try RunningGateway(engine).ask(chat())
            #expect(answer.status == 500 && answer.body == "{\"error\":\"mine\"}")
        }

        @Test func `an error that another node would answer alike is not sent again`() throws {
            let a = ScriptedEngine("a") { _, side in side.json(400, "{\"error\":\"too long\"}") }
            let b = ScriptedEngine("b") { _, side in side.json(400, "{\"error\":\"too long\"}") }
            let running = try RunningGateway(a, b)
            #expect(try running.ask(chat()).status == 400)
            #expect(a.count + b.count == 1)
        }

        @Test func `a kept connection that turned out closed is no failure`() throws {
            let engine = ScriptedEngine()
            let running = try RunningGateway(engine)
            let client = try running.client()
            for turn in 0..<20 {
                #expect(try client.ask(chat()).status == 200)
                // The engine closes, and the request may be on its way before the gateway sees it.
                engine.closeConnections()
                if turn % 2 == 0 { try running.goOn(seconds: 0.01) }
            }
            let snapshot = try running.snapshot()
            #expect(snapshot.totals.failed == 0 && snapshot.totals.retried == 0)
        }

        @Test func `an engine that reads a request on a kept connection and closes is asked once more only`()
            throws
        {
            let engine = ScriptedEngine("a") { request, side in
                if request.body.contains("die") { side.close() } else { side.json(200, "{}") }
            }
            let running = try RunningGateway(engine)
            let client = try running.client()
            #expect(try client.ask(chat()).status == 200)
            #expect(try client.ask(chat("die")).status == 502)
            #expect(engine.count == 3)
        }

        @Test func `silence on a kept connection is not taken for a closed one`() throws {
            let engine = ScriptedEngine("a") { request, side in
                if request.body.contains("be silent") {
                    _ = side.isLeft(within: 10)
                    side.close()
                } else {
                    side.json(200, "{}")
                }
            }
            let running = try RunningGateway(engine) { $0.limits.firstTokenSeconds = 0.3 }
            let client = try running.client()
            #expect(try client.ask(chat()).status == 200)
            #expect(try client.ask(chat("be silent", more: "\"max_tokens\":1,")).status == 502)
            #expect(engine.count == 2)
        }

        @Test func `a POST that is no inference is not sent twice to another node`() throws {
            let a = ScriptedEngine("a") { _, side in side.close() }
            let b = ScriptedEngine("b") { _, side in side.close() }
            let running = try RunningGateway(a, b)
            #expect(try running.ask(post("/v1/load_lora_adapter", "{\"model\":\"tiny\"}")).status == 502)
            #expect(a.count + b.count == 1)
        }

        @Test func `silence is given up after the first-token limit and answered elsewhere`() throws {
            let silent = ScriptedEngine("silent") { _, side in _ = side.isLeft(within: 10) }
            let good = ScriptedEngine("good")
            let running = try RunningGateway(silent, good) { $0.limits.firstTokenSeconds = 0.3 }
            for _ in 0..<2 {
                #expect(try running.ask(chat(more: "\"max_tokens\":1,")).body.contains("good"))
            }
            #expect(silent.count == 1)
        }
    }
}
