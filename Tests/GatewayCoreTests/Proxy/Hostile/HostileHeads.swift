/// The request line and the header lines (RFC 9112 sections 2, 3 and 5).
extension HostileGroup {
    static let fieldLines = HostileGroup(
        testDescription: "field lines",
        requests: [
            .init(
                "2.2", "a bare LF in a field", "POST /v1/chat/completions HTTP/1.1\r\nHost: x\nA: b\r\n\r\n",
                400),
            .init(
                "2.2", "a bare LF at the end", "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nA: b\r\n\n",
                400),
            .init(
                "2.2", "a bare CR in a field", "POST /v1/chat/completions HTTP/1.1\r\nHost: x\rA: b\r\n\r\n",
                400),
            .init("2.2", "a bare CR in a name", post("A\rB: c\r\n"), 400),
            .init("2.2", "space before the first field", "GET /v1/models HTTP/1.1\r\n Host: x\r\n\r\n", 400),
            .init("5", "no colon", post("nonsense\r\n"), 400),
            .init("5", "no name", post(": b\r\n"), 400),
            .init("5.1", "a space before the colon", post("Content-Length : 2\r\n", "{}"), 400),
            .init("5.1", "a tab before the colon", post("Content-Length\t: 2\r\n", "{}"), 400),
            .init("5.1", "a space in the name", post("Content Length: 2\r\n", "{}"), 400),
            .init("5.2", "a folded field", post("A: b\r\n c\r\n"), 400),
            .init("5.2", "a field folded by a tab", post("A: b\r\n\tc\r\n"), 400),
            .init("9110 5.5", "NUL in a value", post("A: b\u{0}c\r\n"), 400),
            .init("9110 5.5", "BEL in a value", post("A: b\u{7}c\r\n"), 400),
            .init("9110 5.5", "DEL in a value", post("A: b\u{7F}c\r\n"), 400),
            .init("9110 5.1", "NUL in a name", post("A\u{0}: b\r\n"), 400),
            .init("9110 5.1", "a letter outside of ASCII in a name", post("Ä: b\r\n"), 400),
            .init("9110 5.1", "brackets in a name", post("A(b): c\r\n"), 400),
            .init("3.2", "no Host", "GET /v1/models HTTP/1.1\r\n\r\n", 400),
            .init("3.2", "two Hosts", get("/v1/models", host: "Host: x\r\nHost: x\r\n"), 400),
            .init("3.2", "two Hosts that differ", get("/v1/models", host: "Host: x\r\nHOST: y\r\n"), 400),
            .init("3.2", "an empty Host", get("/v1/models", host: "Host:\r\n"), 400),
            .init("3.2", "a list of Hosts", get("/v1/models", host: "Host: x, y\r\n"), 400),
            .init("3.2", "a Host with a user", get("/v1/models", host: "Host: a@x\r\n"), 400),
            .init("3.2", "a Host with a path", get("/v1/models", host: "Host: x/y\r\n"), 400),
            .init("3.2", "a Host with a space", get("/v1/models", host: "Host: x y\r\n"), 400),
            .init("3.2", "a Host that is a port", get("/v1/models", host: "Host: :80\r\n"), 400),
            .init("3.2", "a Host with a port of letters", get("/v1/models", host: "Host: x:http\r\n"), 400),
        ])

    static let requestLine = HostileGroup(
        testDescription: "request line",
        requests: [
            .init("2.2", "a bare LF", "POST /v1/chat/completions HTTP/1.1\nHost: x\r\n\r\n", 400),
            .init("2.2", "a bare CR", "POST /v1/chat/completions HTTP/1.1\rHost: x\r\n\r\n", 400),
            .init("2.2", "LF before the line", "\nGET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n", 400),
            .init(
                "2.2", "three blank lines before it",
                "\r\n\r\n\r\nGET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n", 400),
            .init("2.3", "the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
            .init("2.3", "HTTP/3.0", "GET /health HTTP/3.0\r\nHost: x\r\n\r\n", 505),
            .init("2.3", "HTTP/1.2", "GET /health HTTP/1.2\r\nHost: x\r\n\r\n", 505),
            .init("2.3", "HTTP/0.9", "GET /health\r\n\r\n", 400),
            .init("2.3", "HTTP/1.10", "GET /health HTTP/1.10\r\nHost: x\r\n\r\n", 400),
            .init("2.3", "http in lower case", "GET /health http/1.1\r\nHost: x\r\n\r\n", 400),
            .init("3", "two spaces", "GET  /health HTTP/1.1\r\nHost: x\r\n\r\n", 400),
            .init("3", "a tab instead of a space", "GET\t/health HTTP/1.1\r\nHost: x\r\n\r\n", 400),
            .init("3", "a space behind the version", "GET /health HTTP/1.1 \r\nHost: x\r\n\r\n", 400),
            .init("3", "a space before the method", " GET /health HTTP/1.1\r\nHost: x\r\n\r\n", 400),
            .init("3", "a space in the target", "GET /v1/a b HTTP/1.1\r\nHost: x\r\n\r\n", 400),
            .init("3.1", "a method that is no token", "G{T /v1/models HTTP/1.1\r\nHost: x\r\n\r\n", 400),
            .init(
                "3.1", "an endless method",
                String(repeating: "A", count: 100) + " / HTTP/1.1\r\nHost: x\r\n\r\n", 501),
            .init("", "a TLS hello", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\n", 400),
            .init("", "garbage", "\u{1}\u{2}\u{3} what?\n\n", 400),
        ])

    static let targets = HostileGroup(
        testDescription: "targets",
        requests: [
            .init("3.2", "NUL", get("/v1/\u{0}"), 400),
            .init("3.2", "a letter outside of ASCII", get("/v1/é"), 400),
            .init("3.2", "a fragment", get("/v1/models#x"), 400),
            .init("3.2", "a backslash", get("/v1/..\\secret"), 400),
            .init("3.2", "a name", get("v1/models"), 400),
            .init("3.2.2", "another authority than Host", get("http://y/v1/models"), 400),
            .init("3.2.2", "the same name at another port", get("http://x:81/v1/models"), 400),
            .init("3.2.2", "a user in the authority", get("http://x@x/v1/models"), 400),
            .init("3.2.2", "no authority", get("http:///v1/models"), 400),
            .init("3.2.2", "https where there is no TLS", get("https://x/v1/models"), 400),
            .init("3.2.2", "another scheme", get("ftp://x/v1/models"), 400),
            .init("3.2.2", "an absolute target without a Host", get("http://x/v1/models", host: ""), 400),
            .init("3.2.3", "CONNECT", "CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n", 501),
            .init("3.2.3", "CONNECT with a path", "CONNECT /v1/models HTTP/1.1\r\nHost: x\r\n\r\n", 501),
            .init("3.2.3", "an authority for another method", get("x:443"), 400),
            .init("3.2.4", "an asterisk for another method", get("*"), 400),
            .init("3.2.4", "OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 404, mayStayOpen: true),
            .init("3986 6.2", "a dot segment", get("/v1/../metrics"), 404, mayStayOpen: true),
            .init("3986 6.2", "an escaped dot segment", get("/v1/%2e%2E/metrics"), 404, mayStayOpen: true),
            .init("3986 6.2", "half an escaped dot segment", get("/v1/.%2e/metrics"), 404, mayStayOpen: true),
            .init(
                "3986 6.2", "a dot segment behind an escaped slash", get("/v1/x%2F../y"), 404,
                mayStayOpen: true),
            .init("", "an unknown path", get("/secret"), 404, mayStayOpen: true),
            .init(
                "", "an unknown path with a body",
                "POST /secret HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nGET /", 404),
        ])

    static let limits = HostileGroup(
        testDescription: "limits",
        requests: [
            .init("3", "a target of 9,000 bytes", get("/v1/" + String(repeating: "a", count: 9000)), 414),
            .init("3", "a target without an end", "GET /" + String(repeating: "a", count: 9000), 414),
            .init(
                "5.4", "a field of 70,000 bytes",
                post("A: " + String(repeating: "b", count: 70_000) + "\r\n"), 431),
            .init(
                "5.4", "a field without an end",
                "POST /v1/x HTTP/1.1\r\nHost: x\r\nA: " + String(repeating: "b", count: 70_000), 431),
            .init("5.4", "129 fields", post(String(repeating: "A: b\r\n", count: 128)), 431),
            .init("5.4", "12,000 fields", post(String(repeating: "A: b\r\n", count: 12_000)), 431),
            .init("5.4", "a method without an end", String(repeating: "A", count: 9000), 501),
        ])
}
