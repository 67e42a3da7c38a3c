import Foundation
import GatewayCore
import Testing

extension ProxyTests {
    @Suite(.serialized) struct UploadsAndState {
        private static let head =
            "POST /v1/files HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"

        @Test(arguments: [false, true])
        func `an upload of 50 MB is relayed without being held`(isChunked: Bool) throws {
            let total = 50 * 1_048_576
            let engine = ScriptedEngine("a") { request, side in
                side.json(200, "{\"id\":\"file-1\",\"bytes\":\(request.bodyBytes)}")
            }
            let running = try RunningGateway(engine) { $0.limits.maxBodyBytes = 1_048_576 }
            let before = try running.snapshot().gateway.memory.residentBytes ?? 0
            let client = try running.client()
            client.send(
                Self.head
                    + (isChunked ? "Transfer-Encoding: chunked\r\n\r\n" : "Content-Length: \(total)\r\n\r\n"))
            let block = [UInt8](repeating: 0x61, count: 1_048_576)
            var most = 0.0
            for turn in 0..<50 {
                if isChunked { client.send("100000\r\n") }
                #expect(client.send(block))
                if isChunked { client.send("\r\n") }
                if turn % 10 == 9 {
                    most = max(most, try running.snapshot().gateway.memory.residentBytes ?? 0)
                }
            }
            if isChunked { client.send("0\r\n\r\n") }
            client.send(chat())
            #expect(try client.answer().body == "{\"id\":\"file-1\",\"bytes\":\(total)}")
            #expect(try client.answer().status == 200, "the request behind the upload")
            // The engine of this test holds a mebibyte, twice; the gateway some hundred kilobytes.
            #expect(most - before < 24_000_000, "it grew by \(most - before) bytes")
        }

        @Test func `an upload that is answered before its end poisons nothing`() throws {
            let early = ScriptedEngine("early", readsBodies: false) { _, side in
                side.json(401, "{\"error\":\"no\"}")
            }
            let running = try RunningGateway(early)
            let client = try running.client()
            client.send(Self.head + "Content-Length: 1000\r\n\r\n" + String(repeating: "x", count: 10))
            #expect(try client.answer().status == 401)
            client.send("GET /v1/smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(client.ends())
            #expect(try running.ask("GET /v1/next HTTP/1.1\r\nHost: x\r\n\r\n").status == 401)
            #expect(early.seen.map(\.target) == ["/v1/files", "/v1/next"])
        }

        @Test(arguments: [false, true])
        func `a stateful id goes back to the node that made it`(isStreaming: Bool) throws {
            func engine(_ name: String) -> ScriptedEngine {
                ScriptedEngine(name) { request, side in
                    guard request.method == "POST" else {
                        return side.json(200, "{}", headers: "X-Node: \(name)\r\n")
                    }
                    let id = "resp_\(name)\(UInt64.random(in: 0...UInt64.max))"
                    let filler = String(repeating: "text ", count: 4000)
                    if isStreaming {
                        side.raw(
                            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Node: \(name)\r\n"
                                + "Transfer-Encoding: chunked\r\n\r\n")
                        side.event("{\"type\":\"response.created\",\"response\":{\"id\":\"\(id)\"}}")
                        side.event("{\"type\":\"response.completed\",\"response\":{\"id\":\"\(id)\"}}")
                        side.end()
                    } else {
                        side.json(
                            200, "{\"id\":\"\(id)\",\"output\":[{\"id\":\"msg_1\",\"text\":\"\(filler)\"}]}",
                            headers: "X-Node: \(name)\r\n")
                    }
                }
            }
            let engines = ["a", "b", "c"].map(engine)
            let running = try RunningGateway(
                nodes: engines.map { ($0.name, $0.port, ["tiny"]) }, loops: 2)
            let stream = isStreaming ? ",\"stream\":true" : ""
            for turn in 0..<12 {
                let made = try running.ask(
                    post("/v1/responses", "{\"model\":\"tiny\",\"input\":\"turn \(turn)\"\(stream)}"))
                let node = try #require(made.header("x-node"))
                let id = try #require(
                    made.body.components(separatedBy: "\"id\":\"").dropFirst().first?.prefix { $0 != "\"" })
                let got = try running.ask("GET /v1/responses/\(id) HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(got.header("x-node") == node)
                let items = try running.ask(
                    "GET /v1/responses/\(id)/input_items?limit=1 HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(items.header("x-node") == node)
                let next = try running.ask(
                    post(
                        "/v1/responses",
                        "{\"model\":\"tiny\",\"previous_response_id\":\"\(id)\",\"input\":\"more\"\(stream)}")
                )
                #expect(next.header("x-node") == node)
            }
        }
    }
}
