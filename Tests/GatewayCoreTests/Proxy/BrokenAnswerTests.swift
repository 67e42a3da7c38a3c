import Foundation
import GatewayCore
import Synchronization
import TestSupport
import Testing

extension ProxyTests {
    @Suite(.serialized) struct BrokenAnswers {
        @Test(arguments: ["close", "reset", "half an event", "bad chunk"])
        func `an engine that dies in the middle of a stream ends it with an error event and the last chunk`(
            way: String
        ) throws {
            // A reset overtakes what has not been read.
            let hasArrived = Atomic<Bool>(false)
            let engine = ScriptedEngine("a") { _, side in
                side.begin()
                side.event(EngineSide.token("one"))
                side.event(EngineSide.token("two"))
                _ = eventually { hasArrived.load(ordering: .acquiring) }
                switch way {
                case "reset": side.reset()
                case "half an event":
                    side.chunk("data: {\"choices\":[{\"del")
                    side.close()
                case "bad chunk":
                    side.raw("zz\r\n")
                    side.close()
                default: side.close()
                }
            }
            let running = try RunningGateway(engine)
            let client = try running.client()
            client.send(chat(stream: true))
            #expect(client.end(of: EngineSide.token("two")) != nil)
            hasArrived.store(true, ordering: .releasing)
            let answer = try client.answer()
            #expect(answer.status == 200 && answer.isChunked)
            #expect(answer.events.count == 3, "\(answer.body)")
            #expect(answer.events[0] == EngineSide.token("one"))
            let last = try #require(answer.events.last)
            #expect(last.hasPrefix("{\"error\":{\"message\":\"a: ") && last.contains("upstream_error"))
            #expect(client.ends())
            let counted = try eventually { try running.snapshot().totals.failed == 1 }
            #expect(counted)
        }

        @Test func `a stream whose end only the closed connection tells is not cut off silently`() throws {
            let engine = ScriptedEngine("a") { request, side in
                side.raw("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
                side.raw("data: \(EngineSide.token("one"))\n\n")
                if request.body.contains("whole") { side.raw("data: [DONE]\n\n") }
                side.close()
            }
            let running = try RunningGateway(engine)
            let whole = try running.ask(chat("whole", stream: true))
            #expect(whole.events == [EngineSide.token("one"), "[DONE]"])
            let cut = try running.ask(chat("cut", stream: true))
            #expect(
                cut.events.count == 2 && cut.events.last?.contains("upstream_error") == true, "\(cut.body)")
        }

        @Test func `a stream with a length arrives whole`() throws {
            let body = "data: \(EngineSide.token("one"))\n\ndata: [DONE]\n\n"
            let engine = ScriptedEngine("a") { _, side in
                side.raw(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                        + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
            }
            let running = try RunningGateway(engine)
            let client = try running.client()
            for _ in 0..<3 { #expect(try client.ask(chat(stream: true)).body == body) }
        }

        @Test func `a plain answer that breaks off is seen as broken off`() throws {
            let engine = ScriptedEngine("a") { _, side in
                side.raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"half\":")
                side.close()
            }
            let running = try RunningGateway(engine)
            #expect(throws: TestSocket.Failed.self) { try running.ask(chat()) }
            let counted = try eventually { try running.snapshot().totals.failed == 1 }
            #expect(counted)
        }

        @Test func `usage is asked for and hidden, unless the client asks itself`() throws {
            let engine = ScriptedEngine()
            let running = try RunningGateway(engine)
            let client = try running.client()
            for more in [
                "", "\"stream_options\":{},", "\"stream_options\":null,",
                "\"stream_options\":{\"include_usage\":false},", "\"stream_options\":{\"x\":1},",
            ] {
                let answer = try client.ask(chat(stream: true, more: more))
                #expect(engine.seen.last?.body.contains("\"include_usage\":true") == true, "\(more)")
                let body = try #require(engine.seen.last?.body)
                #expect((try? JSONSerialization.jsonObject(with: Data(body.utf8))) != nil, "\(body)")
                #expect(!answer.body.contains("usage"), "\(answer.body)")
                #expect(answer.events.count == 4 && answer.events.last == "[DONE]")
            }
            let asks = try client.ask(
                chat(stream: true, more: "\"stream_options\":{\"include_usage\":true},"))
            #expect(asks.body.contains("\"usage\":{\"prompt_tokens\":7"))
            let settled = try eventually { try running.snapshot().totals.completed == 6 }
            #expect(settled)
            let told = try eventually { try running.snapshot().totals.promptTokens == 42 }
            #expect(told)
        }
    }
}
