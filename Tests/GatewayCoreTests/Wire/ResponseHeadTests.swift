import GatewayCore
import Testing

struct ResponseHeadTests {
    struct Missing: Error {}

    private func head(_ text: String) throws -> ResponseHead {
        guard case .complete(let head) = ResponseHead.parse(bytes(text).span.bytes) else { throw Missing() }
        return head
    }

    @Test func `a head is read as numbers and ranges`() throws {
        let text =
            "HTTP/1.1 307 Temporary Redirect\r\ncontent-type: Text/Event-Stream; charset=utf-8\r\n"
            + "location: /b\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
        let head = try head(text + "5\r\n")
        #expect(head.status == 307 && head.isEventStream && head.isChunked && !head.keepsAlive)
        #expect(head.contentLength == nil && head.byteCount == text.utf8.count)
        #expect(bytes(text).text(head.location.range) == "/b")
    }

    @Test(arguments: [(100, false), (199, false), (204, false), (304, false), (200, true), (429, true)])
    func `which answers may have a body`(status: Int, canHaveBody: Bool) throws {
        #expect(try head("HTTP/1.1 \(status) x\r\n\r\n").canHaveBody == canHaveBody)
    }

    @Test func `equal lengths twice are one, HTTP 1.0 closes`() throws {
        let twice = try head("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n")
        #expect(twice.contentLength == 3 && twice.keepsAlive)
        #expect(try !head("HTTP/1.0 200 OK\r\n\r\n").keepsAlive)
        #expect(try head("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n").keepsAlive)
        #expect(try head("HTTP/1.1 200\r\n\r\n").status == 200)
    }

    @Test(arguments: [
        "HTTP/2 200\r\n\r\n", "ICY 200 OK mp3 stream\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n", "HTTP/1.1\r\n\r\n", "\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: three\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.x 200 OK\r\n\r\n",
        "HTTP/1.1 600 OK\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "HTTP/1.1 200\rOK\r\n\r\n",
        "HTTP/1.1 200 O\rK\r\n\r\n", "HTTP/1.1 200 O\u{0}K\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX y: z\r\n\r\n",
    ])
    func `what is no answer is malformed`(text: String) {
        guard case .malformed = ResponseHead.parse(bytes(text).span.bytes) else {
            Issue.record("accepted: \(text)")
            return
        }
    }

    @Test func `an endless head is malformed at the limit`() {
        for text in [
            String(repeating: "x", count: 300), "HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 300),
            "HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 300) + "\r\n\r\n",
        ] {
            guard case .malformed = ResponseHead.parse(bytes(text).span.bytes, limit: 256) else {
                Issue.record("accepted \(text.utf8.count) bytes")
                continue
            }
        }
    }

    @Test func `more fields than the limit are malformed, whole or not`() {
        let many = "HTTP/1.1 200 OK\r\n" + String(repeating: "A: b\r\n", count: ResponseHead.fieldLimit + 1)
        for text in [many, many + "\r\n"] {
            guard case .malformed = ResponseHead.parse(bytes(text).span.bytes) else {
                Issue.record("accepted")
                continue
            }
        }
    }

    @Test func `fields for this hop are told, those that Connection names too`() throws {
        let text =
            "HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nX-End: 2\r\nTrailer: A\r\nUpgrade: h2c\r\n"
            + "Keep-Alive: 5\r\nProxy-Connection: close\r\nconnection: close, x-too\r\nX-Too: 3\r\n\r\n"
        let raw = bytes(text)
        let head = try head(text)
        var kept = ""
        head.hopLines.rest(of: head.fieldsStart..<(head.byteCount - 2)) { kept += raw.text($0) }
        #expect(kept == "X-End: 2\r\n" && !head.keepsAlive)
    }

    @Test func `every beginning is incomplete and no accident makes it longer than its bytes`() {
        let whole = bytes("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 10\r\n\r\n")
        for end in 0..<whole.count {
            guard case .incomplete = ResponseHead.parse(Array(whole[..<end]).span.bytes) else {
                Issue.record("\(end) bytes are not incomplete")
                continue
            }
        }
        var random = SplitMix64(seed: 2)
        for _ in 0..<4000 {
            let broken = whole.mutated(&random)
            guard case .complete(let head) = ResponseHead.parse(broken.span.bytes) else { continue }
            #expect(head.byteCount <= broken.count && (100...999).contains(head.status))
        }
    }
}
