/// Where a body ends (RFC 9112 sections 6 and 7).
extension HostileGroup {
    private static let end = "0\r\n\r\n"
    private static let te = "Transfer-Encoding: chunked\r\n"

    static let framing = HostileGroup(
        testDescription: "framing",
        requests: [
            .init("6.1", "CL.TE", post("Content-Length: 5\r\n" + te, end), 400),
            .init("6.1", "TE.CL", post(te + "Content-Length: 5\r\n", end), 400),
            .init("6.1", "TE.TE: chunked twice", post(te + te, end), 400),
            .init(
                "6.1", "TE.TE: chunked, chunked", post("Transfer-Encoding: chunked, chunked\r\n", end), 400),
            .init(
                "6.1", "TE.TE: chunked, then another line", post(te + "Transfer-Encoding: x\r\n", end), 400),
            .init(
                "6.1", "TE.TE: another line, then chunked", post("Transfer-Encoding: x\r\n" + te, end), 400),
            .init("6.1", "chunked is not last", post("Transfer-Encoding: chunked, gzip\r\n", end), 400),
            .init("6.1", "a coding before chunked", post("Transfer-Encoding: gzip, chunked\r\n", end), 501),
            .init(
                "6.1", "an empty element before chunked", post("Transfer-Encoding: , chunked\r\n", end), 501),
            .init("6.1", "gzip alone", post("Transfer-Encoding: gzip\r\n", end), 400),
            .init("6.1", "identity", post("Transfer-Encoding: identity\r\n", end), 400),
            .init("6.1", "xchunked", post("Transfer-Encoding: xchunked\r\n", end), 400),
            .init("6.1", "chunked with a parameter", post("Transfer-Encoding: chunked;q=1\r\n", end), 400),
            .init("6.1", "chunked in quotes", post("Transfer-Encoding: \"chunked\"\r\n", end), 400),
            .init("6.1", "an empty coding", post("Transfer-Encoding:\r\n", end), 400),
            .init(
                "6.1", "a vertical tab before chunked", post("Transfer-Encoding: \u{b}chunked\r\n", end), 400),
            .init("6.1", "a space before the colon", post("Transfer-Encoding : chunked\r\n", end), 400),
            .init(
                "6.1", "an underscore in the name",
                post("Content-Length: 2\r\nTransfer_Encoding: chunked\r\n" + te, end), 400),
            .init("5.2", "a folded coding", post("Transfer-Encoding:\r\n chunked\r\n", end), 400),
            .init(
                "6.1", "HTTP/1.0 with chunks",
                "POST /v1/chat/completions HTTP/1.0\r\n" + te + "\r\n" + end, 400),
            .init("6.3", "two equal lengths", post("Content-Length: 2\r\nContent-Length: 2\r\n", "{}"), 400),
            .init("6.3", "two lengths", post("Content-Length: 2\r\nContent-Length: 3\r\n", "{}"), 400),
            .init("6.3", "a list of lengths", post("Content-Length: 5,5\r\n", "{}   "), 400),
            .init("6.3", "a negative length", post("Content-Length: -5\r\n", "{}   "), 400),
            .init("6.3", "a length with a plus", post("Content-Length: +5\r\n", "{}   "), 400),
            .init("6.3", "a hexadecimal length", post("Content-Length: 0x5\r\n", "{}   "), 400),
            .init("6.3", "a length with a fraction", post("Content-Length: 5.0\r\n", "{}   "), 400),
            .init("6.3", "a length in two words", post("Content-Length: 5 5\r\n", "{}   "), 400),
            .init("6.3", "an empty length", post("Content-Length:\r\n"), 400),
            .init("6.3", "an enormous length", post("Content-Length: 99999999999999999999\r\n"), 400),
            .init(
                "6.3", "a length of 2^64 and 2", post("Content-Length: 18446744073709551618\r\n", "{}"), 400),
        ])

    private static func chunked(_ body: String) -> String { post(te, body) }

    static let chunks = HostileGroup(
        testDescription: "chunks",
        requests: [
            .init("7.1", "a size that is no number", chunked("zz\r\n"), 400),
            .init("7.1", "a size with 0x", chunked("0x2\r\n{}\r\n" + end), 400),
            .init("7.1", "a negative size", chunked("-2\r\n{}\r\n" + end), 400),
            .init("7.1", "a size with a plus", chunked("+2\r\n{}\r\n" + end), 400),
            .init("7.1", "a space before the size", chunked(" 2\r\n{}\r\n" + end), 400),
            .init("7.1", "a space behind the size", chunked("2 \r\n{}\r\n" + end), 400),
            .init("7.1", "no size", chunked("\r\n{}\r\n" + end), 400),
            .init("7.1", "a size of 2^64 and 2", chunked("10000000000000002\r\n{}\r\n" + end), 400),
            .init("7.1", "a size of 2^68 - 1", chunked("fffffffffffffffff\r\n"), 400),
            .init("7.1", "thirteen zeros", chunked("0000000000000\r\n\r\n"), 400),
            .init("7.1", "more data than the size", chunked("2\r\n{}}\r\n" + end), 400),
            .init("7.1", "less data than the size", chunked("5\r\n{}\r\n" + end), 400),
            .init("7.1", "a bare LF behind the size", chunked("2\n{}\r\n" + end), 400),
            .init("7.1", "a bare CR behind the size", chunked("2\r{}\r\n" + end), 400),
            .init("7.1", "a bare LF behind the data", chunked("2\r\n{}\n" + end), 400),
            .init("7.1.1", "an extension that ends in LF", chunked("2;a=b\n{}\r\n" + end), 400),
            .init("7.1.1", "an extension with a bare CR", chunked("2;a=b\rc\r\n{}\r\n" + end), 400),
            .init("7.1.1", "an extension with NUL", chunked("2;a=\u{0}\r\n{}\r\n" + end), 400),
            .init(
                "7.1.1", "an extension of 300 bytes",
                chunked("2;" + String(repeating: "a", count: 300) + "\r\n{}\r\n" + end), 400),
            .init(
                "7.1.1", "extensions of 200 bytes at every byte",
                chunked(
                    String(repeating: "1;" + String(repeating: "a", count: 200) + "\r\n \r\n", count: 30)
                        + end),
                400),
            .init(
                "7.1.2", "a trailer without a colon", chunked("2\r\n{}\r\n0\r\nGET / HTTP/1.1\r\n\r\n"), 400),
            .init("7.1.2", "a folded trailer", chunked("2\r\n{}\r\n0\r\nA: b\r\n c\r\n\r\n"), 400),
            .init("7.1.2", "a trailer that ends in LF", chunked("2\r\n{}\r\n0\r\nA: b\n\r\n"), 400),
            .init(
                "7.1.2", "endless trailers",
                chunked("2\r\n{}\r\n0\r\n" + String(repeating: "A: b\r\n", count: 1000)), 400),
        ])

    static let bodies = HostileGroup(
        testDescription: "bodies",
        requests: [
            .init(
                "9110 15.5.14", "a length over the limit", post("Content-Length: 2000000\r\n", "{\"model\":"),
                413),
            .init(
                "9110 15.5.14", "chunks over the limit",
                post(te, "100001\r\n" + String(repeating: " ", count: 1_048_577)), 413),
            .init(
                "9110 10.1.1", "an unknown Expect", post("Expect: 200-ok\r\nContent-Length: 2\r\n", "{}"), 417
            ),
            .init(
                "9110 7.8", "an upgrade to websocket",
                "GET /v1/realtime HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
                501),
            .init(
                "8259 4", "a name with an escape: model twice, each reader its own",
                post(
                    "Content-Length: 64\r\n", "{\"model\":\"tiny\",\"mod\\u0065l\":\"enormous\"}".padded(64)),
                400,
                mayStayOpen: true),
            .init("8259 2", "no JSON", post("Content-Length: 5\r\n", "hello"), 400, mayStayOpen: true),
        ])
}

extension String {
    fileprivate func padded(_ count: Int) -> String {
        self + String(repeating: " ", count: max(0, count - utf8.count))
    }
}
