/// One request that looks odd, is allowed, and comes to the engine in a plain form.
struct FriendlyRequest: Sendable {
    var name: String
    var bytes: String
    /// What the engine sees.
    var target = "/v1/chat/completions"
    var body = "{\"model\":\"tiny\"}"
    /// Fields that must not reach the engine.
    var absent: [String] = []
}

private let body = "{\"model\":\"tiny\"}"
private let length = "Content-Length: 16\r\n"
private let te = "Transfer-Encoding: chunked\r\n"
private let line = "POST /v1/chat/completions HTTP/1.1\r\n"

let friendlyRequests: [FriendlyRequest] = [
    .init(
        name: "two blank lines before it", bytes: "\r\n\r\n" + line + "Host: x\r\n" + length + "\r\n" + body),
    .init(
        name: "an absolute target",
        bytes: "POST http://X.example:80/v1/chat/completions?a=http://b HTTP/1.1\r\nHost: x.example:80\r\n"
            + length
            + "\r\n" + body, target: "/v1/chat/completions?a=http://b"),
    .init(
        name: "an absolute target of an IPv6 address",
        bytes: "POST HTTP://[::1]:80/v1/chat/completions HTTP/1.1\r\nHost: [::1]:80\r\n" + length + "\r\n"
            + body),
    .init(
        name: "an absolute target over HTTP/1.0",
        bytes: "POST http://x/v1/chat/completions HTTP/1.0\r\n" + length + "\r\n" + body),
    .init(
        name: "no Host over HTTP/1.0",
        bytes: "POST /v1/chat/completions HTTP/1.0\r\n" + length + "\r\n" + body),
    .init(
        name: "chunks with extensions, upper and lower case sizes and trailers",
        bytes: line + "Host: x\r\n" + te
            + "\r\n8;a=\"b, c\";d\r\n{\"model\"\r\n07\r\n:\"tiny\"\r\n0A\r\n         }\r\n000\r\nDigest: x\r\nA:\r\n\r\n",
        body: "{\"model\":\"tiny\"         }", absent: ["digest", "a", "transfer-encoding", "trailer"]),
    .init(
        name: "Chunked in another case",
        bytes: line + "host:x\r\nTRANSFER-ENCODING:\tChunked \r\n\r\n10\r\n" + body + "\r\n0\r\n\r\n",
        absent: ["transfer-encoding"]),
    .init(
        name: "a length with leading zeros", bytes: line + "Host: x\r\nContent-Length: 0016\r\n\r\n" + body),
    .init(
        name: "fields that any of several Connection fields name",
        bytes: line
            + "Host: x\r\nConnection: X-One\r\nX-One: 1\r\nX-Two: 2\r\nConnection: keep-alive, x-two\r\n"
            + "Connection: keep-alive\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\n" + length + "\r\n" + body,
        absent: ["x-one", "x-two", "connection", "keep-alive", "te"]),
    .init(
        name: "an offer of HTTP/2 in clear text",
        bytes: line
            + "Host: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
            + length + "\r\n" + body, absent: ["connection", "upgrade", "http2-settings"]),
    .init(
        name: "120 fields",
        bytes: line + "Host: x\r\n" + String(repeating: "A: b\r\n", count: 120) + length + "\r\n" + body),
    .init(
        name: "letters outside of ASCII in a value",
        bytes: line + "Host: x\r\nX-Name: J\u{fc}rgen\r\n" + length
            + "\r\n" + body),
]
