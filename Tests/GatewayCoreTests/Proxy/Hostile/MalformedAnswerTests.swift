import GatewayCore
import TestSupport
import Testing

private let ok = "HTTP/1.1 200 OK\r\n"

/// Answers of an engine that are none (RFC 9112): name and bytes.
let malformedAnswers: [(name: String, bytes: String)] = [
    ("nothing", ""),
    ("another protocol", "SSH-2.0-x\r\n\r\n"),
    ("binary garbage", "\u{0}\u{1}\u{2}\r\n"),
    ("garbage without an end", String(repeating: "x", count: 70_000)),
    ("HTTP/2's settings frame", "\u{0}\u{0}\u{0}\u{4}\u{0}\u{0}\u{0}\u{0}\u{0}"),
    ("HTTP/2 in text", "HTTP/2.0 200 OK\r\n\r\n"),
    ("HTTP/0.9", "{\"id\":1}"),
    ("HTTP/1.x", "HTTP/1.x 200 OK\r\n\r\n"),
    ("no status", "HTTP/1.1\r\n\r\n"),
    ("a status of letters", "HTTP/1.1 abc\r\n\r\n"),
    ("a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"),
    ("status 099", "HTTP/1.1 099 OK\r\n\r\n"),
    ("status 600", "HTTP/1.1 600 OK\r\n\r\n"),
    ("a bare CR in the reason", "HTTP/1.1 200 O\rX-Evil: 1\r\nContent-Length: 2\r\n\r\n{}"),
    ("NUL in the reason", "HTTP/1.1 200 O\u{0}K\r\nContent-Length: 2\r\n\r\n{}"),
    ("bare LFs", "HTTP/1.1 200 OK\nA: b\n\n"),
    ("101 unasked", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
    ("seventeen 1xx", String(repeating: "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", count: 17)),
    ("1xx and then nothing", "HTTP/1.1 100 Continue\r\n\r\n"),
    ("1xx and then garbage", "HTTP/1.1 100 Continue\r\n\r\nwhat?\r\n"),
    ("a field without a colon", ok + "A\r\n\r\n"),
    ("a field with a space before the colon", ok + "Content-Length : 2\r\n\r\n{}"),
    ("a folded field", ok + "A: b\r\n c\r\nContent-Length: 2\r\n\r\n{}"),
    ("a bare CR in a field", ok + "A: b\rc\r\nContent-Length: 2\r\n\r\n{}"),
    ("NUL in a field", ok + "A: b\u{0}c\r\nContent-Length: 2\r\n\r\n{}"),
    (
        "a head of 70,000 bytes",
        ok + "A: " + String(repeating: "b", count: 70_000) + "\r\nContent-Length: 2\r\n\r\n{}"
    ),
    ("257 fields", ok + String(repeating: "A: b\r\n", count: 257) + "\r\n"),
    ("a head without an end", ok + "A: b\r\n"),
    ("a length that is no number", ok + "Content-Length: x\r\n\r\n"),
    ("a negative length", ok + "Content-Length: -2\r\n\r\n{}"),
    ("two lengths that differ", ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
    ("a list of lengths", ok + "Content-Length: 2, 2\r\n\r\n{}"),
    ("both lengths", ok + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
    ("both lengths, the other order", ok + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}"),
    ("chunked twice", ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("another coding", ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    ("chunks over HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("a chunk size that is no number", ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
    ("a negative chunk size", ok + "Transfer-Encoding: chunked\r\n\r\n-1\r\n"),
    (
        "a chunk size that overflows",
        ok + "Transfer-Encoding: chunked\r\n\r\n10000000000000002\r\n{}\r\n0\r\n\r\n"
    ),
    (
        "an endless chunk extension",
        ok + "Transfer-Encoding: chunked\r\n\r\n2;" + String(repeating: "a", count: 9000)
    ),
]

/// Answers that look odd and are allowed: what the client sees, and whether the connection may serve again.
struct OddAnswer: Sendable {
    var name: String
    var bytes: String
    var body = "{\"n\":1}"
    var isReused = false
    /// Fields that must not reach the client.
    var absent: [String] = []
}

private let json = "{\"n\":1}"

let oddAnswers: [OddAnswer] = [
    .init(name: "plain", bytes: ok + "Content-Length: 7\r\n\r\n" + json, isReused: true),
    .init(name: "no reason", bytes: "HTTP/1.1 200\r\nContent-Length: 7\r\n\r\n" + json, isReused: true),
    .init(
        name: "an empty reason", bytes: "HTTP/1.1 200 \r\nContent-Length: 7\r\n\r\n" + json, isReused: true),
    .init(
        name: "100 and 103 before it",
        bytes: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok
            + "Content-Length: 7\r\n\r\n" + json, isReused: true, absent: ["link"]),
    .init(
        name: "equal lengths twice", bytes: ok + "Content-Length: 7\r\nContent-Length: 7\r\n\r\n" + json,
        isReused: true),
    .init(
        name: "fields for this hop",
        bytes: ok
            + "Connection: x-hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTrailer: A\r\nUpgrade: h2c\r\nContent-Length: 7\r\n\r\n"
            + json, isReused: true, absent: ["x-hop", "keep-alive", "trailer", "upgrade", "connection"]),
    .init(name: "HTTP/1.0", bytes: "HTTP/1.0 200 OK\r\nContent-Length: 7\r\n\r\n" + json),
    .init(
        name: "bytes behind a length",
        bytes: ok + "Content-Length: 7\r\n\r\n" + json + ok + "Content-Length: 4\r\n\r\nevil"),
    .init(
        name: "bytes behind the last chunk",
        bytes: ok + "Transfer-Encoding: chunked\r\n\r\n7\r\n" + json + "\r\n0\r\n\r\n" + ok
            + "Content-Length: 4\r\n\r\nevil"),
    .init(
        name: "bytes behind a stream with a length",
        bytes: ok + "Content-Type: text/event-stream\r\nContent-Length: 14\r\n\r\ndata: [DONE]\n\n" + ok
            + "Content-Length: 4\r\n\r\nevil", body: "data: [DONE]\n\n"),
    .init(
        name: "a body behind 204", bytes: "HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nevil", body: ""
    ),
    .init(
        name: "a length at 204 whose body comes later",
        bytes: "HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\n",
        body: ""),
    .init(name: "a body behind 304", bytes: "HTTP/1.1 304 Not Modified\r\n\r\nevil", body: ""),
]

extension ProxyTests {
    @Suite(.serialized) struct MalformedAnswers {
        @Test func `a malformed answer is 502 and names the node, and its connection is not used again`()
            throws
        {
            let engine = ScriptedEngine("a")
            let running = try RunningGateway(engine) { $0.limits.firstTokenSeconds = 2 }
            for (name, bytes) in malformedAnswers {
                engine.rescript { _, side in
                    side.raw(bytes)
                    side.endsSending()
                    _ = side.isLeft()
                    side.close()
                }
                let client = try running.client()
                let answer = try client.ask(chat())
                #expect(answer.status == 502, "\(name): \(answer.status) \(answer.body)")
                #expect(answer.body.contains("a at http://127.0.0.1:\(engine.port)"), "\(name)")
                let connection = engine.seen.last?.connection
                engine.rescript { request, side in ScriptedEngine.answer(request, side, from: "a") }
                let serves = try eventually { try client.ask(chat()).status == 200 }
                #expect(serves, "\(name): the client's connection does not go on")
                #expect(engine.seen.last?.connection != connection, "\(name)")
            }
        }

        @Test func `odd but legal answers arrive, and whatever follows one reaches nobody`() throws {
            let engine = ScriptedEngine("a")
            let running = try RunningGateway(engine)
            for odd in oddAnswers {
                engine.rescript { _, side in side.raw(odd.bytes) }
                let client = try running.client()
                let answer = try client.ask(chat(stream: odd.body.hasPrefix("data")))
                #expect(answer.body == odd.body, "\(odd.name): \(answer.status) \(answer.body)")
                #expect(answer.head.hasPrefix("HTTP/1.1 \(answer.status) "), "\(odd.name)")
                for name in odd.absent { #expect(answer.header(name) == nil, "\(odd.name): \(name)") }
                let connection = try #require(engine.seen.last?.connection)
                engine.rescript { request, side in ScriptedEngine.answer(request, side, from: "a") }
                for _ in 0..<3 {
                    #expect(try client.ask(chat()).body.contains("\"node\":\"a\""), "\(odd.name)")
                }
                let isReused = engine.seen.suffix(3).contains { $0.connection == connection }
                #expect(isReused == odd.isReused, "\(odd.name)")
            }
        }

        @Test func `an answer to HEAD with a body keeps that body to itself`() throws {
            let engine = ScriptedEngine("a") { _, side in
                side.raw(ok + "Content-Length: 7\r\n\r\n" + json)
            }
            let running = try RunningGateway(engine)
            let client = try running.client()
            for _ in 0..<5 {
                client.send("HEAD /v1/things HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try client.answer(isHead: true).header("content-length") == "7")
                #expect(try client.ask(chat()).body == json)
            }
        }
    }
}
