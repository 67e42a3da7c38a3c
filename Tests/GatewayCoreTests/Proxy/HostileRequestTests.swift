import Foundation
import Testing

/// One request that must be refused.
struct HostileRequest: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var bytes: String
    var status: Int
    /// The connection may stay open, when what was sent was all one request.
    var mayStayOpen = false
}

private let line = "POST /v1/chat/completions HTTP/1.1\r\n"
private let host = "Host: x\r\n"

let hostileRequests: [HostileRequest] = [
    .init(
        testDescription: "CL beside TE",
        bytes: line + host + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", status: 400),
    .init(
        testDescription: "TE beside CL",
        bytes: line + host + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", status: 400),
    .init(
        testDescription: "two CLs", bytes: line + host + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
        status: 400),
    .init(testDescription: "CL list", bytes: line + host + "Content-Length: 2, 2\r\n\r\n{}", status: 400),
    .init(testDescription: "negative CL", bytes: line + host + "Content-Length: -1\r\n\r\n", status: 400),
    .init(
        testDescription: "CL with a plus", bytes: line + host + "Content-Length: +2\r\n\r\n{}", status: 400),
    .init(
        testDescription: "hexadecimal CL", bytes: line + host + "Content-Length: 0x2\r\n\r\n{}", status: 400),
    .init(testDescription: "empty CL", bytes: line + host + "Content-Length:\r\n\r\n", status: 400),
    .init(
        testDescription: "enormous CL", bytes: line + host + "Content-Length: 99999999999999999999\r\n\r\n",
        status: 400),
    .init(
        testDescription: "TE twice",
        bytes: line + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        status: 501),
    .init(
        testDescription: "TE gzip", bytes: line + host + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        status: 501),
    .init(
        testDescription: "TE with a vertical tab",
        bytes: line + host + "Transfer-Encoding: \u{b}chunked\r\n\r\n0\r\n\r\n", status: 400),
    .init(
        testDescription: "space before the colon",
        bytes: line + host + "Content-Length : 2\r\n\r\n{}", status: 400),
    .init(
        testDescription: "chunk size is no number",
        bytes: line + host + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", status: 400),
    .init(
        testDescription: "chunk size with 0x",
        bytes: line + host + "Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n", status: 400),
    .init(
        testDescription: "negative chunk size",
        bytes: line + host + "Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n", status: 400),
    .init(
        testDescription: "chunk size too large",
        bytes: line + host + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", status: 400),
    .init(
        testDescription: "chunk longer than its size",
        bytes: line + host + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}}\r\n0\r\n\r\n", status: 400),
    .init(
        testDescription: "chunk size line ends in LF",
        bytes: line + host + "Transfer-Encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n", status: 400),
    .init(
        testDescription: "chunk extension ends in LF",
        bytes: line + host + "Transfer-Encoding: chunked\r\n\r\n2;a=b\n{}\r\n0\r\n\r\n", status: 400),
    .init(
        testDescription: "bare LF in the request line",
        bytes: "POST /v1/chat/completions HTTP/1.1\nHost: x\r\n\r\n", status: 400),
    .init(testDescription: "bare LF in a header", bytes: line + "Host: x\nA: b\r\n\r\n", status: 400),
    .init(testDescription: "bare LF at the end", bytes: line + "Host: x\r\nA: b\r\n\n", status: 400),
    .init(testDescription: "bare CR in a header", bytes: line + "Host: x\rA: b\r\n\r\n", status: 400),
    .init(testDescription: "folded header", bytes: line + host + "A: b\r\n c\r\n\r\n", status: 400),
    .init(testDescription: "NUL in a header", bytes: line + host + "A: b\u{0}c\r\n\r\n", status: 400),
    .init(
        testDescription: "NUL in the target", bytes: "GET /v1/\u{0} HTTP/1.1\r\nHost: x\r\n\r\n", status: 400),
    .init(testDescription: "no colon", bytes: line + host + "nonsense\r\n\r\n", status: 400),
    .init(testDescription: "no header name", bytes: line + host + ": b\r\n\r\n", status: 400),
    .init(
        testDescription: "huge header",
        bytes: line + host + "A: " + String(repeating: "b", count: 70_000) + "\r\n\r\n", status: 431),
    .init(
        testDescription: "huge header without an end",
        bytes: line + host + "A: " + String(repeating: "b", count: 70_000), status: 431),
    .init(
        testDescription: "many headers", bytes: line + host + String(repeating: "A: b\r\n", count: 12_000),
        status: 431),
    .init(
        testDescription: "huge request line", bytes: "GET /" + String(repeating: "a", count: 70_000),
        status: 431),
    .init(
        testDescription: "too large body", bytes: line + host + "Content-Length: 2000000\r\n\r\n{\"model\":",
        status: 413),
    .init(
        testDescription: "too large chunked body",
        bytes: line + host + "Transfer-Encoding: chunked\r\n\r\n100001\r\n"
            + String(repeating: " ", count: 1_048_577), status: 413),
    .init(testDescription: "HTTP/2 preface", bytes: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", status: 505),
    .init(testDescription: "HTTP/3.0", bytes: "GET /health HTTP/3.0\r\nHost: x\r\n\r\n", status: 505),
    .init(testDescription: "HTTP/0.9", bytes: "GET /health\r\n\r\n", status: 400),
    .init(testDescription: "lower case http", bytes: "GET /health http/1.1\r\nHost: x\r\n\r\n", status: 400),
    .init(testDescription: "two spaces", bytes: "GET  /health HTTP/1.1\r\nHost: x\r\n\r\n", status: 400),
    .init(testDescription: "no Host", bytes: "GET /v1/models HTTP/1.1\r\n\r\n", status: 400),
    .init(
        testDescription: "two Hosts", bytes: "GET /v1/models HTTP/1.1\r\n" + host + host + "\r\n", status: 400
    ),
    .init(
        testDescription: "Expect another",
        bytes: line + host + "Expect: 200-ok\r\nContent-Length: 2\r\n\r\n{}", status: 417),
    .init(
        testDescription: "Upgrade",
        bytes: "GET /v1/realtime HTTP/1.1\r\n" + host + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        status: 501),
    .init(
        testDescription: "CONNECT",
        bytes: "CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n",
        status: 404, mayStayOpen: true),
    .init(
        testDescription: "unknown path", bytes: "GET /secret HTTP/1.1\r\n" + host + "\r\n", status: 404,
        mayStayOpen: true),
    .init(
        testDescription: "unknown path with a body",
        bytes: "POST /secret HTTP/1.1\r\n" + host + "Content-Length: 5\r\n\r\nGET /", status: 404),
    .init(testDescription: "TLS hello", bytes: "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\n", status: 400),
    .init(testDescription: "garbage", bytes: "\u{1}\u{2}\u{3} what?\n\n", status: 400),
    .init(
        testDescription: "HTTP/1.0 with chunks",
        bytes: "POST /v1/chat/completions HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        status: 400),
]

extension ProxyTests {
    @Suite(.serialized) struct HostileRequests {
        @Test
        func
            `each hostile request gets its status, nothing of it reaches an engine, and the gateway goes on`()
            throws
        {
            let engine = ScriptedEngine()
            let running = try RunningGateway(engine) { $0.limits.maxBodyBytes = 1_048_576 }
            for request in hostileRequests {
                let client = try running.client()
                client.send(request.bytes)
                do {
                    let answer = try client.answer()
                    #expect(answer.status == request.status, "\(request.testDescription): \(answer.body)")
                    #expect(
                        answer.body.contains("\"error\":{\"message\":"), "\(request.testDescription)")
                    if !request.mayStayOpen {
                        #expect(answer.header("connection") == "close", "\(request.testDescription)")
                        #expect(client.ends(), "\(request.testDescription): the connection stays open")
                    } else {
                        #expect(try client.ask(chat()).status == 200, "\(request.testDescription)")
                    }
                } catch {
                    Issue.record("\(request.testDescription): \(error)")
                }
            }
            let served = hostileRequests.count(where: \.mayStayOpen)
            #expect(engine.count == served, "something hostile came through")
            #expect(try running.stillServes())
        }

        @Test func `a request smuggled behind another is never taken for one`() throws {
            let engine = ScriptedEngine()
            let running = try RunningGateway(engine)
            let smuggled = "GET /v1/smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
            for head in [
                "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: xchunked\r\n",
                "Content-Length: 0\r\nContent-Length: \(smuggled.utf8.count)\r\n",
                "Transfer-Encoding:\u{b}chunked\r\n",
            ] {
                let client = try running.client()
                client.send(line + host + head + "\r\n0\r\n\r\n" + smuggled)
                #expect(try client.answer().status >= 400)
                #expect(client.ends())
            }
            #expect(engine.count == 0)
        }

        @Test func `a head that comes too slowly is answered 408, however it drips`() throws {
            let engine = ScriptedEngine()
            let running = try RunningGateway(engine) { $0.limits.headerSeconds = 0.5 }
            let silent = try running.client()
            silent.send("POST /v1/chat")
            #expect(try silent.answer(seconds: 3).status == 408)
            #expect(silent.ends())
            let dripping = try running.client()
            let began = Date()
            for byte in chat().utf8.prefix(60) {
                guard dripping.send([byte]) else { break }
                if case .bytes = dripping.fill(seconds: 0.1) { break }
            }
            #expect(Date().timeIntervalSince(began) < 3)
            #expect(try dripping.answer(seconds: 3).status == 408)
            #expect(try running.stillServes())
        }

        @Test func `random bytes crash nothing`() throws {
            let engine = ScriptedEngine()
            let running = try RunningGateway(engine, loops: 2) { $0.limits.headerSeconds = 0.3 }
            var seed: UInt64 = 42
            func random(_ below: Int) -> Int {
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Int(seed >> 33) % below
            }
            let valid = Array(chat(stream: true).utf8)
            for _ in 0..<200 {
                let client = try running.client()
                var bytes = valid
                for _ in 0...random(6) { bytes[random(bytes.count)] = UInt8(random(256)) }
                client.send(Array(bytes.prefix(1 + random(bytes.count))))
                if random(2) == 0 { client.reset() }
            }
            #expect(try running.stillServes())
        }
    }
}
