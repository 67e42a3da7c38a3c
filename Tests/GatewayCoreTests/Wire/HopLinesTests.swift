import GatewayCore
import Testing

struct HopLinesTests {
    /// What a node gets of a request's header lines, or the status that refuses the head.
    private func sentOn(_ lines: [String], replacesKey: Bool = false) -> (text: String, refused: Int) {
        let raw = Array(
            ("POST /v1/x HTTP/1.1\r\nHost: a\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n").utf8)
        switch RequestHead.parse(raw.span.bytes, limit: 65_536) {
        case .incomplete: return ("", 0)
        case .malformed(let status, _): return ("", status)
        case .complete(let head):
            var text = ""
            head.hopLines.rest(of: head.fieldsStart..<(head.byteCount - 2), replacesKey: replacesKey) {
                text += raw.text($0)
            }
            return (text, 0)
        }
    }

    @Test func `what is for one hop stays, wherever it stands, and the rest keeps its order and its bytes`() {
        let hop = [
            "TE: trailers", "Expect: 100-continue", "Trailer: x", "upgrade: h2c", "Connection: close",
            "Keep-Alive: timeout=5", "Content-Length: 0", "Proxy-Connection: close", "X-Conversation-Id: 7",
            "Proxy-Authorization: x",
        ]
        let kept = ["A: 1", "x-odd:  two\t", "Tea: 3"]
        for place in 0...kept.count {
            let lines = kept[..<place] + hop + kept[place...]
            #expect(sentOn(Array(lines)).text == kept.map { $0 + "\r\n" }.joined())
        }
        #expect(sentOn(["transfer-encoding: chunked", "B: 2"]).text == "B: 2\r\n")
        #expect(sentOn([]).text == "")
    }

    @Test func `every key of a client stays where the node has one of its own`() {
        let lines = ["Authorization: one", "A: 1", "authorization: two"]
        #expect(sentOn(lines).text == "Authorization: one\r\nA: 1\r\nauthorization: two\r\n")
        #expect(sentOn(lines, replacesKey: true).text == "A: 1\r\n")
        #expect(sentOn(["Connection: authorization"] + lines).text == "A: 1\r\n")
    }

    @Test func `what Connection names stays, before it and behind it`() {
        #expect(sentOn(["X-A: 1", "Connection: x-a, X-B", "x-b: 2", "X-C: 3"]).text == "X-C: 3\r\n")
    }

    @Test func `a head with too many of them is refused`() {
        let eleven = (0..<11).map { "Keep-Alive: \($0)" }
        #expect(sentOn(eleven + ["A: 1"]).text == "A: 1\r\n")
        #expect(sentOn(eleven + ["TE: x"]).refused == 431)
        let named = (0..<12).map { "X-\($0): 1" }
        let names = "Connection: " + (0..<12).map { "x-\($0)" }.joined(separator: ", ")
        #expect(sentOn(named + [names]).refused == 431)
        let answer = Array(
            ("HTTP/1.1 200 OK\r\n" + String(repeating: "Keep-Alive: 1\r\n", count: 13) + "\r\n").utf8)
        guard case .malformed = ResponseHead.parse(answer.span.bytes) else {
            Issue.record("13 fields for one hop are taken")
            return
        }
    }
}
