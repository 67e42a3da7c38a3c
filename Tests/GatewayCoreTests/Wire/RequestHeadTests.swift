import GatewayCore
import Testing

/// What a head comes to, in a form that can be compared.
enum HeadVerdict: Equatable {
    case incomplete
    case complete(length: Int)
    case malformed(Int)

    init(_ bytes: [UInt8], limit: Int = 8192) {
        switch RequestHead.parse(bytes.span.bytes, limit: limit) {
        case .incomplete: self = .incomplete
        case .complete(let head): self = .complete(length: head.byteCount)
        case .malformed(let status, _): self = .malformed(status)
        }
    }
}

struct RequestHeadTests {
    static let full =
        "POST /v1/chat/completions?x=1 HTTP/1.1\r\nHost: gateway\r\nAuthorization:  Bearer abc \r\n"
        + "Content-Length: 42\r\nX-Session-Id: s1\r\nExpect: 100-Continue\r\nConnection: Close, TE\r\n\r\n"

    private func head(_ text: String) throws -> RequestHead {
        guard case .complete(let head) = RequestHead.parse(bytes(text).span.bytes, limit: 8192) else {
            throw Missing(text: text)
        }
        return head
    }

    struct Missing: Error { var text: String }

    @Test func `a head is read as numbers and ranges`() throws {
        let text = Self.full
        let head = try head(text + "body")
        let raw = bytes(text)
        func part(_ range: ByteRange) -> String { raw.text(range.range) }
        #expect(head.method == .post)
        #expect(part(head.methodName) == "POST")
        #expect(part(head.target) == "/v1/chat/completions?x=1")
        #expect(part(head.authorization) == "Bearer abc")
        #expect(part(head.session) == "s1")
        #expect(head.contentLength == 42)
        #expect(head.expectsContinue && !head.keepsAlive && !head.isChunked && head.hasBody)
        #expect(head.minorVersion == 1 && head.byteCount == raw.count)
    }

    @Test func `a byte that may not be in a name or a value is found wherever it stands`() {
        let mayBeInName = Set("!#$%&'*+-.^_`|~0123456789".utf8)
            .union(UInt8(ascii: "a")...UInt8(ascii: "z")).union(UInt8(ascii: "A")...UInt8(ascii: "Z"))
        for length in [1, 2, 7, 8, 9, 15, 17] {
            for place in 0..<length {
                for byte in UInt8.min...UInt8.max {
                    var word = Array(repeating: UInt8(ascii: "x"), count: length)
                    word[place] = byte
                    let start = bytes("GET / HTTP/1.1\r\nHost: a\r\n")
                    // A colon ends the name; a line end ends the line.
                    if byte != 0x3A, byte != 0x0A {
                        let isSound = HeadVerdict(start + word + bytes(": v\r\n\r\n")) != .malformed(400)
                        #expect(isSound == mayBeInName.contains(byte), "\(byte) at \(place) of \(length)")
                    }
                    if byte != 0x0A {
                        let isSound =
                            HeadVerdict(start + bytes("n:") + word + bytes("\r\n\r\n")) != .malformed(400)
                        let isControl = byte < 0x20 && byte != 0x09 || byte == 0x7F
                        #expect(isSound != isControl, "\(byte) at \(place) of \(length)")
                    }
                }
            }
        }
    }

    @Test(arguments: [
        ("GET", RequestHead.Method.get), ("PUT", .put), ("HEAD", .head), ("PATCH", .patch),
        ("DELETE", .delete), ("OPTIONS", .options), ("BREW", .other), ("GEX", .other), ("get", .other),
    ])
    func `methods are told by their exact name`(name: String, method: RequestHead.Method) throws {
        #expect(try head("\(name) / HTTP/1.1\r\nHost: a\r\n\r\n").method == method)
    }

    @Test func `HTTP 1.0 closes unless it asks to be kept, HTTP 1.1 is kept unless it asks to close`() throws
    {
        #expect(try !head("GET / HTTP/1.0\r\n\r\n").keepsAlive)
        #expect(try head("GET / HTTP/1.0\r\nConnection: x, Keep-Alive\r\n\r\n").keepsAlive)
        #expect(try head("GET / HTTP/1.1\r\nHost: a\r\n\r\n").keepsAlive)
        #expect(try !head("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").keepsAlive)
        #expect(try head("GET / HTTP/1.1\r\nHost: a\r\nConnection: closed\r\n\r\n").keepsAlive)
    }

    @Test func `the parent comes from the header with the highest precedence, in any order`() throws {
        let names = [
            "X-Signalbox-Parent-Session", "X-Dynamo-Parent-Session-Id", "X-Claude-Code-Parent-Agent-Id",
            "X-Codex-Parent-Thread-Id", "X-Parent-Session-Id",
        ]
        for first in names.indices {
            for second in names.indices where second != first {
                let text =
                    "GET / HTTP/1.1\r\nHost: a\r\n\(names[first]): p\(first)\r\n\(names[second]): p\(second)\r\n\r\n"
                let found = try head(text).parent.range
                #expect(bytes(text).text(found) == "p\(min(first, second))")
            }
        }
        #expect(try head("GET / HTTP/1.1\r\nHost: a\r\nX-Session-Id: s\r\n\r\n").parent.isEmpty)
    }

    @Test(arguments: [
        ("X-Claude-Code-Agent-Id: a1\r\nX-Claude-Code-Session-Id: s1\r\n", "s1"),
        ("X-Claude-Code-Session-Id: s1\r\nX-Claude-Code-Agent-Id: a1\r\n", "s1"),
        (
            "X-Claude-Code-Session-Id: s1\r\nX-Claude-Code-Agent-Id: a2\r\nX-Claude-Code-Parent-Agent-Id: a1\r\n",
            "a1"
        ),
        ("X-Claude-Code-Session-Id: s1\r\n", ""),
        ("X-Claude-Code-Session-Id: s1\r\nX-Signalbox-Session: mine\r\n", ""),
    ])
    func `a sub-agent of Claude Code is a child of the agent that it names, else of its session`(
        _ fields: String, _ parent: String
    ) throws {
        let text = "GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
        #expect(bytes(text).text(try head(text).parent.range) == parent)
    }

    @Test func `the session comes from the header with the highest precedence, in any order`() throws {
        let names = [
            "X-SMG-Routing-Key", "X-Signalbox-Session", "X-Dynamo-Session-Id", "X-Claude-Code-Agent-Id",
            "X-Claude-Code-Session-Id", "Thread-Id", "X-Session-Id",
        ]
        for (rank, name) in names.enumerated() {
            for order in [Array(names[rank...]), names[rank...].reversed()] {
                let fields = order.map { "\($0): \($0)\r\n" }.joined()
                let text = "GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
                let found = try head(text).session.range
                #expect(bytes(text).text(found) == name)
            }
        }
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.1\nHost: a\n\n", 400), ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505), ("GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505),
        ("GET / HTTPS/1.1\r\nHost: a\r\n\r\n", 400), ("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /\u{7F} HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (" / HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("\r\n\r\n\r\n\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\u{1}b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nExpect: cake\r\n\r\n", 417),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            400
        ),
        ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ])
    func `what could be read in two ways is refused`(text: String, status: Int) {
        #expect(HeadVerdict(bytes(text)) == .malformed(status))
    }

    @Test func `a head over the limit is 431, whole or not`() {
        let long = "GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "a", count: 300)
        #expect(HeadVerdict(bytes(long), limit: 256) == .malformed(431))
        #expect(HeadVerdict(bytes(long + "\r\n\r\n"), limit: 256) == .malformed(431))
        #expect(HeadVerdict(bytes(String(repeating: "A", count: 300)), limit: 256) == .malformed(501))
        #expect(
            HeadVerdict(bytes("GET /" + String(repeating: "a", count: 300)), limit: 256) == .malformed(431))
        #expect(HeadVerdict(bytes(long), limit: 8192) == .incomplete)
    }

    @Test
    func `every beginning of a head is incomplete and the whole is complete, blank lines before it or not`() {
        for prefix in ["", "\r\n", "\r\n\r\n"] {
            let whole = bytes(prefix + Self.full)
            for end in 0..<whole.count {
                #expect(HeadVerdict(Array(whole[..<end])) == .incomplete, "\(end) bytes")
            }
            #expect(HeadVerdict(whole + bytes("more")) == .complete(length: whole.count))
        }
    }

    @Test func `no accident makes a head longer than its bytes`() {
        var random = SplitMix64(seed: 1)
        let whole = bytes(Self.full)
        for _ in 0..<4000 {
            let broken = whole.mutated(&random)
            guard case .complete(let head) = RequestHead.parse(broken.span.bytes, limit: 8192) else {
                continue
            }
            #expect(head.byteCount <= broken.count)
            for range in [head.methodName, head.target, head.authorization, head.session] {
                #expect(range.lower <= range.upper && Int(range.upper) <= head.byteCount)
            }
        }
    }
}
