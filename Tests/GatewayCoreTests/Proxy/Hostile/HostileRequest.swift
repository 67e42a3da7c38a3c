import Testing

/// One request that must be refused: the bytes, the RFC's section, and the answer. None of it may reach an engine.
struct HostileRequest: Sendable {
    var section: String
    var name: String
    var bytes: String
    var status: Int
    /// The connection may stay open, because the end of what was sent is known.
    var mayStayOpen: Bool

    init(_ section: String, _ name: String, _ bytes: String, _ status: Int, mayStayOpen: Bool = false) {
        self.section = section
        self.name = name
        self.bytes = bytes
        self.status = status
        self.mayStayOpen = mayStayOpen
    }
}

/// Cases about one thing; a gateway is started for each group.
struct HostileGroup: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var requests: [HostileRequest]

    static let all = [framing, chunks, fieldLines, requestLine, targets, limits, bodies]

    /// A POST with these header lines (Host is there) and what follows the head.
    static func post(_ fields: String, _ body: String = "") -> String {
        "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n\(fields)\r\n\(body)"
    }

    static func get(_ target: String, host: String = "Host: x\r\n") -> String {
        "GET \(target) HTTP/1.1\r\n\(host)\r\n"
    }
}
