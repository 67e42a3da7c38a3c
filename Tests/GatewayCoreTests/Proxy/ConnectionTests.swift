import Foundation
import GatewayCore
import Testing

extension ProxyTests {
    @Suite(.serialized) struct Connections {
        @Test func `one connection carries requests after each other, and so does the engine's`() throws {
            let engine = ScriptedEngine()
            let running = try RunningGateway(engine)
            let client = try running.client()
            for _ in 0..<5 {
                #expect(try client.ask(chat()).body.contains("\"node\":\"a\""))
                #expect(try client.ask(chat(stream: true)).events.last == "[DONE]")
            }
            #expect(engine.count == 10)
            #expect(Set(engine.seen.map(\.connection)) == [0])
        }

        @Test func `a hundred requests in one write are answered in order`() throws {
            let engine = ScriptedEngine("a") { request, side in
                let number =
                    request.body.components(separatedBy: "number ").last?.prefix { $0.isNumber } ?? "?"
                if request.body.contains("\"stream\":true") {
                    side.stream(["answer \(number)"], for: request)
                } else {
                    side.json(200, "{\"answer\":\(number)}")
                }
            }
            let running = try RunningGateway(engine)
            let client = try running.client()
            var all = ""
            for number in 0..<100 {
                switch number % 4 {
                case 0: all += chat("number \(number)")
                case 1: all += chat("number \(number)", stream: true)
                case 2:
                    let body = "{\"model\":\"tiny\",\"prompt\":\"number \(number)\"}"
                    all +=
                        "POST /v1/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "\(String(body.utf8.count, radix: 16));ext=1\r\n\(body)\r\n0\r\nTrailer: x\r\n\r\n"
                default: all += "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
                }
            }
            client.send(all)
            for number in 0..<100 {
                let answer = try client.answer()
                #expect(answer.status == 200)
                switch number % 4 {
                case 0, 2: #expect(answer.body == "{\"answer\":\(number)}")
                case 1: #expect(answer.body.contains("answer \(number)\""))
                default: #expect(answer.body.contains("ok"))
                }
            }
        }

        @Test func `bodies pass both ways, with a length and in chunks, whatever pieces they come in`() throws
        {
            let text = String(repeating: "0123456789abcdef", count: 20_000)
            let engine = ScriptedEngine("a") { request, side in
                if request.body.contains("chunks please") {
                    side.raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                    var rest = Substring(request.body)
                    while !rest.isEmpty {
                        side.chunk(String(rest.prefix(7001)))
                        rest = rest.dropFirst(7001)
                    }
                    side.end()
                } else {
                    side.json(200, request.body)
                }
            }
            let running = try RunningGateway(engine)
            for (wish, isChunkedUp) in [
                ("chunks please", false), ("length please", true), ("chunks please", true),
            ] {
                let body = "{\"model\":\"tiny\",\"messages\":\"\(wish) \(text)\"}"
                let client = try running.client()
                if isChunkedUp {
                    client.send(
                        "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
                    var rest = Substring(body)
                    while !rest.isEmpty {
                        let part = rest.prefix(9973)
                        client.send("\(String(part.utf8.count, radix: 16))\r\n\(part)\r\n")
                        rest = rest.dropFirst(9973)
                    }
                    client.send("0\r\n\r\n")
                } else {
                    client.send(post("/v1/chat/completions", body))
                }
                let answer = try client.answer()
                #expect(answer.body == body, "\(wish), chunked up: \(isChunkedUp)")
                #expect(answer.isChunked == (wish == "chunks please"))
                #expect(engine.seen.last?.header("content-length") == "\(body.utf8.count)")
                #expect(try client.ask(chat()).status == 200)
            }
        }

        @Test func `a request that comes byte by byte is understood`() throws {
            let running = try RunningGateway(ScriptedEngine())
            let client = try running.client()
            for byte in chat(stream: true).utf8 { client.send([byte]) }
            #expect(try client.answer().events.last == "[DONE]")
        }

        @Test func `Expect 100-continue is answered before the body comes`() throws {
            let running = try RunningGateway(ScriptedEngine())
            let client = try running.client()
            let request = chat(headers: "Expect: 100-continue\r\n")
            let parts = request.components(separatedBy: "\r\n\r\n")
            client.send(parts[0] + "\r\n\r\n")
            #expect(try client.answer().status == 100)
            client.send(parts[1])
            #expect(try client.answer().status == 200)
            #expect(try client.ask(chat()).status == 200)
        }

        @Test func `HTTP/1.0 is served, closed after the answer unless it asks to keep the connection`()
            throws
        {
            let running = try RunningGateway(ScriptedEngine())
            let body = "{\"model\":\"tiny\",\"messages\":[]}"
            let head = "POST /v1/chat/completions HTTP/1.0\r\nContent-Length: \(body.utf8.count)\r\n"
            let plain = try running.client()
            #expect(try plain.ask(head + "\r\n" + body).status == 200)
            #expect(plain.ends())
            let kept = try running.client()
            for _ in 0..<3 {
                let answer = try kept.ask(head + "Connection: keep-alive\r\n\r\n" + body)
                #expect(answer.status == 200)
                #expect(answer.header("connection") == "keep-alive")
            }
            let streaming = try running.client()
            let streamBody = "{\"model\":\"tiny\",\"stream\":true,\"messages\":[]}"
            let answer = try streaming.ask(
                "POST /v1/chat/completions HTTP/1.0\r\nConnection: keep-alive\r\n"
                    + "Content-Length: \(streamBody.utf8.count)\r\n\r\n" + streamBody)
            #expect(!answer.isChunked, "HTTP/1.0 knows no chunks")
            #expect(answer.body.hasSuffix("data: [DONE]\n\n"))
        }

        @Test func `Connection close is honoured`() throws {
            let running = try RunningGateway(ScriptedEngine())
            let client = try running.client()
            let answer = try client.ask(chat(headers: "Connection: close\r\n"))
            #expect(answer.status == 200)
            #expect(answer.header("connection") == "close")
            #expect(client.ends())
        }

        @Test func `HEAD has no body, here and from an engine, and the connection goes on`() throws {
            let engine = ScriptedEngine("a") { request, side in
                if request.method == "HEAD" {
                    side.raw("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n")
                } else {
                    ScriptedEngine.answer(request, side, from: "a")
                }
            }
            let running = try RunningGateway(engine)
            let client = try running.client()
            for target in ["/health", "/v1/models", "/v1/files/x"] {
                client.send("HEAD \(target) HTTP/1.1\r\nHost: x\r\n\r\n")
                let answer = try client.answer(isHead: true)
                #expect(answer.status == 200)
                #expect((answer.header("content-length").flatMap { Int($0) } ?? 0) > 0)
            }
            #expect(try client.ask(chat()).status == 200)
        }

        @Test func `answers without a body leave the connection in step`() throws {
            let engine = ScriptedEngine("a") { request, side in
                if request.target.hasSuffix("204") {
                    side.raw("HTTP/1.1 204 No Content\r\n\r\n")
                } else if request.target.hasSuffix("empty") {
                    side.raw("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                } else if request.target.hasSuffix("early") {
                    side.raw("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")
                    side.json(200, "{}")
                } else {
                    ScriptedEngine.answer(request, side, from: "a")
                }
            }
            let running = try RunningGateway(engine)
            let client = try running.client()
            for (target, status) in [("204", 204), ("empty", 200), ("early", 200)] {
                client.send("GET /v1/\(target) HTTP/1.1\r\nHost: x\r\n\r\n" + chat())
                #expect(try client.answer().status == status)
                #expect(try client.answer().body.contains("\"node\":\"a\""))
            }
        }

        @Test func `hop-by-hop fields stay here, the engine's key replaces the client's`() throws {
            let engine = ScriptedEngine()
            let running = try RunningGateway(engine) { $0.nodes[0].apiKey = "engine-key" }
            let extra =
                "Authorization: Bearer client\r\nKeep-Alive: 5\r\nTE: trailers\r\n"
                + "Proxy-Authorization: x\r\nX-Mine: kept\r\nX-Hop: mine\r\nConnection: keep-alive, x-hop\r\n"
            #expect(try running.ask(chat(headers: extra)).status == 200)
            let seen = try #require(engine.seen.first)
            #expect(seen.header("authorization") == "Bearer engine-key")
            #expect(seen.header("x-mine") == "kept")
            #expect(seen.header("host") == "127.0.0.1:\(engine.port)")
            for name in ["keep-alive", "te", "proxy-authorization", "x-hop"] {
                #expect(seen.header(name) == nil)
            }
        }
    }
}
