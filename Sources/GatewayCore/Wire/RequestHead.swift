/// The head of an HTTP/1.1 request: what a server needs of it, as numbers and offsets into the bytes.
package struct RequestHead: Sendable {
    package enum Method: UInt8, Sendable { case get, head, post, put, delete, patch, options, other }

    package enum Result: Sendable {
        /// Goes on in a later read.
        case incomplete
        case complete(RequestHead)
        /// - status: the answer that the client gets.
        case malformed(status: Int, reason: StaticString)
    }

    /// The same without a head, which is much to hand about for every field.
    private enum Refusal {
        case incomplete
        case malformed(status: Int, reason: StaticString)

        var result: Result {
            switch self {
            case .incomplete: .incomplete
            case .malformed(let status, let reason): .malformed(status: status, reason: reason)
            }
        }
    }

    package var method = Method.other
    package var methodName = ByteRange.empty
    /// Path and query as they came; of an absolute-form target the part behind the authority; `*` as it is.
    package var target = ByteRange.empty
    /// 0 or 1: HTTP/1.x.
    package var minorVersion: UInt8 = 1
    /// Of the head, blank line included.
    package var byteCount = 0
    /// Where the header lines begin.
    package var fieldsStart = 0
    /// nil: no Content-Length header.
    package var contentLength: Int?
    package var isChunked = false
    package var keepsAlive = true
    package var expectsContinue = false
    package var wantsUpgrade = false
    package var isMultipart = false
    package var authorization = ByteRange.empty
    /// What of its lines no node gets.
    package var hopLines = HopLines()
    /// A Connection field has more than `close` and `keep-alive`: names of fields that are for this hop only.
    private var namesHopFields = false
    /// The value that names the client's session, from the header with the highest precedence.
    package var session = ByteRange.empty
    /// The value that names the session that it is a child of.
    package var parent = ByteRange.empty
    /// The value of x-signalbox-tenant.
    package var tenant = ByteRange.empty
    /// The value of x-signalbox-priority.
    package var priority = ByteRange.empty
    /// The client wants to be told why its node was chosen: x-signalbox-decision is there.
    package var asksForDecision = false
    /// x-signalbox-migration says off: its stream must not go on elsewhere.
    package var optsOutOfMigration = false
    private var sessionRank = UInt8.max
    private var parentRank = UInt8.max
    /// The value of x-claude-code-session-id.
    private var claudeSession = ByteRange.empty
    private var hosts: UInt8 = 0
    private var host = ByteRange.empty
    /// Of an absolute-form target.
    private var authority: ByteRange?

    /// Of a request target in bytes; longer ones are 414. RFC 9112 section 3 asks for 8,000 of a whole request line.
    package static let targetLimit = 8192
    /// Of header fields; more are 431. The libraries that call inference APIs send 10 to 30.
    package static let fieldLimit = 128
    /// Of a method's name; the longest registered one has 17 characters.
    package static let methodLimit = 32

    package var hasBody: Bool { isChunked || (contentLength ?? 0) > 0 }

    /// Reads a head from the start of the bytes.
    /// - Parameter limit: of the head in bytes; longer ones are 431.
    package static func parse(_ bytes: RawSpan, limit: Int) -> Result {
        var head = RequestHead()
        if let failure = head.parseRequestLine(bytes) {
            if case .incomplete = failure, bytes.byteCount > limit { return tooLarge }
            return failure.result
        }
        var fields = 0
        var lines = HeaderLines(from: head.fieldsStart)
        while true {
            switch lines.next(in: bytes) {
            case .incomplete: return bytes.byteCount > limit ? tooLarge : .incomplete
            case .malformed(let reason): return .malformed(status: 400, reason: reason)
            case .field(let field):
                fields += 1
                if field.value.upperBound > limit || fields > fieldLimit { return tooLarge }
                if let failure = head.take(field, bytes) { return failure.result }
                guard head.keepHere(field, ..<lines.position, bytes) else { return tooManyForOneHop }
            case .end(let end):
                head.byteCount = end
                if head.namesHopFields, !head.keepNamedHere(bytes) { return tooManyForOneHop }
                if let failure = head.contradiction(bytes) { return failure.result }
                // A sub-agent of Claude Code that names no agent above it was begun by its session itself.
                if head.sessionRank == agentRank, head.parent.isEmpty { head.parent = head.claudeSession }
                return .complete(head)
            }
        }
    }

    private static let tooLarge = Result.malformed(
        status: 431,
        reason: "the request's head has more than 128 fields or is larger than limits.maxHeaderBytes")

    private static let tooManyForOneHop = Result.malformed(
        status: 431, reason: "the request's head has more than 12 fields that are for one hop only")

    /// Whether there is room for what stays here.
    private mutating func keepHere(
        _ field: HeaderField, _ end: PartialRangeUpTo<Int>, _ bytes: RawSpan, isNamed: Bool = false
    ) -> Bool {
        let isKey = field.name.count == 13 && bytes.equals(field.name, lowercased: "authorization")
        guard
            isKey || isNamed || HopLines.isForOneHop(field.name, in: bytes)
                || HopLines.isOfRequestsOnly(field.name, in: bytes)
        else { return true }
        return hopLines.append(field.name.lowerBound..<end.upperBound, isKey: isKey && !isNamed)
    }

    /// The same once more, with the fields that Connection names.
    private mutating func keepNamedHere(_ bytes: RawSpan) -> Bool {
        hopLines = HopLines()
        var lines = HeaderLines(from: fieldsStart)
        while case .field(let field) = lines.next(in: bytes) {
            let isNamed = HeaderLines.isNamedByConnection(field.name, from: fieldsStart, in: bytes)
            if !keepHere(field, ..<lines.position, bytes, isNamed: isNamed) { return false }
        }
        return true
    }

    private mutating func parseRequestLine(_ bytes: RawSpan) -> Refusal? {
        var start = 0  // RFC 9112 2.2: blank lines before the request line are skipped, boundedly
        while start < 4, start + 1 < bytes.byteCount, bytes.byte(start) == 0x0D, bytes.byte(start + 1) == 0x0A
        {
            start += 2
        }
        let newline = bytes.first(0x0A, in: start..<bytes.byteCount)
        if let tooLong = Self.limit(bytes, start..<(newline ?? bytes.byteCount)) { return tooLong }
        guard let newline else { return .incomplete }
        let malformed = Refusal.malformed(
            status: 400, reason: "the request line must be METHOD SP target SP HTTP/1.1 CR LF")
        guard newline > start, bytes.byte(newline - 1) == 0x0D else { return malformed }
        let end = newline - 1
        guard let space = bytes.first(0x20, in: start..<end), space > start,
            let second = bytes.first(0x20, in: (space + 1)..<end), second > space + 1
        else { return malformed }
        guard bytes.first(in: start..<space, outside: .token) == nil else { return malformed }
        guard end - second == 9, bytes.has("HTTP/", at: second + 1), bytes.byte(second + 7) == 0x2E else {
            return malformed
        }
        guard bytes.has("1.1", at: second + 6) || bytes.has("1.0", at: second + 6) else {
            return .malformed(status: 505, reason: "only HTTP/1.1 and HTTP/1.0 are spoken here")
        }
        minorVersion = bytes.byte(second + 8) &- 0x30
        keepsAlive = minorVersion == 1
        methodName = ByteRange(start..<space)
        method = Self.method(bytes, start..<space)
        fieldsStart = newline + 1
        return takeTarget((space + 1)..<second, bytes)
    }

    /// A method or a target that is too long already, whole or not.
    private static func limit(_ bytes: RawSpan, _ line: Range<Int>) -> Refusal? {
        guard line.count > methodLimit else { return nil }
        let space = bytes.first(0x20, in: line.lowerBound..<(line.lowerBound + methodLimit + 1))
        guard let target = space.map({ $0 + 1 }) else {
            return .malformed(status: 501, reason: "no method has so long a name")
        }
        let end = bytes.first(0x20, in: target..<line.upperBound) ?? line.upperBound
        guard end - target > targetLimit else { return nil }
        return .malformed(status: 414, reason: "the request's target is longer than 8192 bytes")
    }

    private static func method(_ bytes: RawSpan, _ range: Range<Int>) -> Method {
        switch range.count {
        case 3:
            bytes.has("GET", at: range.lowerBound)
                ? .get : bytes.has("PUT", at: range.lowerBound) ? .put : .other
        case 4:
            bytes.has("POST", at: range.lowerBound)
                ? .post : bytes.has("HEAD", at: range.lowerBound) ? .head : .other
        case 5: bytes.has("PATCH", at: range.lowerBound) ? .patch : .other
        case 6: bytes.has("DELETE", at: range.lowerBound) ? .delete : .other
        case 7: bytes.has("OPTIONS", at: range.lowerBound) ? .options : .other
        default: .other
        }
    }

    private mutating func take(_ field: HeaderField, _ bytes: RawSpan) -> Refusal? {
        let name = field.name
        let value = field.value
        switch name.count {
        case 4 where bytes.equals(name, lowercased: "host"):
            hosts &+= 1
            if hosts > 1 { return .malformed(status: 400, reason: "more than one Host header") }
            guard RequestTarget.isAuthority(bytes, value) else {
                return .malformed(status: 400, reason: "Host must be a name or an address, and a port if any")
            }
            host = ByteRange(value)
        case 6 where bytes.equals(name, lowercased: "expect"):
            guard bytes.equals(value, lowercased: "100-continue") else {
                return .malformed(status: 417, reason: "the only Expect that is understood is 100-continue")
            }
            expectsContinue = true
        case 7 where bytes.equals(name, lowercased: "upgrade"):
            // An offer of HTTP/2 in clear text (the JDK's client makes it to everybody) may be passed over: RFC 9110
            // section 7.8. A client that asks for another protocol cannot go on without it.
            if !bytes.equals(value, lowercased: "h2c") { wantsUpgrade = true }
        case 10 where bytes.equals(name, lowercased: "connection"):
            if !bytes.equals(value, lowercased: "close"), !bytes.equals(value, lowercased: "keep-alive") {
                namesHopFields = true
            }
            if bytes.list(value, contains: "close") { keepsAlive = false }
            if minorVersion == 0, bytes.list(value, contains: "keep-alive") { keepsAlive = true }
        case 12 where bytes.equals(name, lowercased: "content-type"):
            isMultipart =
                value.count > 10
                && bytes.equals(value.lowerBound..<(value.lowerBound + 10), lowercased: "multipart/")
        case 13 where bytes.equals(name, lowercased: "authorization"):
            authorization = ByteRange(value)
        case 14 where bytes.equals(name, lowercased: "content-length"):
            guard contentLength == nil else {
                return .malformed(status: 400, reason: "more than one Content-Length header")
            }
            guard let length = bytes.decimal(value) else {
                return .malformed(status: 400, reason: "Content-Length must be a decimal number")
            }
            contentLength = length
        case 17 where bytes.equals(name, lowercased: "transfer-encoding"):
            if let failure = takeCoding(value, bytes) { return failure }
        case 18 where bytes.equals(name, lowercased: "x-signalbox-tenant"):
            tenant = ByteRange(value)
        case 20 where bytes.equals(name, lowercased: "x-signalbox-priority"):
            priority = ByteRange(value)
        case 20 where bytes.equals(name, lowercased: "x-signalbox-decision"):
            asksForDecision = true
        case 21 where bytes.equals(name, lowercased: "x-signalbox-migration"):
            optsOutOfMigration = bytes.equals(value, lowercased: "off")
        default:
            takeSession(field, bytes)
        }
        return nil
    }

    /// RFC 9112 section 6.1: where `chunked` is not the last coding the body's end is unknown, and it is never applied
    /// twice.
    private mutating func takeCoding(_ value: Range<Int>, _ bytes: RawSpan) -> Refusal? {
        if !isChunked, bytes.equals(value, lowercased: "chunked") {
            isChunked = true
            return nil
        }
        let last = bytes.lastElement(of: value)
        let others = value.lowerBound..<max(value.lowerBound, last.lowerBound - 1)
        guard !isChunked, bytes.equals(last, lowercased: "chunked"), !others.isEmpty,
            !bytes.list(others, contains: "chunked")
        else {
            return .malformed(
                status: 400,
                reason: "Transfer-Encoding must end in chunked, once, so that the body's end is known")
        }
        return .malformed(status: 501, reason: "the only Transfer-Encoding that is understood is chunked")
    }

    /// Headers that carry a session, in order of precedence (workloads.md section 5: an agent's id before its
    /// session's, or sub-agents pile up on one node).
    private mutating func takeSession(_ field: HeaderField, _ bytes: RawSpan) {
        guard field.name.count >= 9, !field.value.isEmpty else { return }
        let rank: UInt8
        switch field.name.count {
        case 17 where bytes.equals(field.name, lowercased: "x-smg-routing-key"): rank = 0
        case 19 where bytes.equals(field.name, lowercased: "x-signalbox-session"): rank = 1
        case 19 where bytes.equals(field.name, lowercased: "x-dynamo-session-id"): rank = 2
        case 22 where bytes.equals(field.name, lowercased: "x-claude-code-agent-id"): rank = Self.agentRank
        case 24 where bytes.equals(field.name, lowercased: "x-claude-code-session-id"):
            claudeSession = ByteRange(field.value)
            rank = 4
        case 9 where bytes.equals(field.name, lowercased: "thread-id"): rank = 5
        case 12 where bytes.equals(field.name, lowercased: "x-session-id"): rank = 6
        default: return takeParent(field, bytes)
        }
        if rank < sessionRank {
            sessionRank = rank
            session = ByteRange(field.value)
        }
    }

    private static let agentRank: UInt8 = 3

    /// Headers that name a session's parent, in the same order.
    private mutating func takeParent(_ field: HeaderField, _ bytes: RawSpan) {
        let rank: UInt8
        switch field.name.count {
        case 26 where bytes.equals(field.name, lowercased: "x-signalbox-parent-session"): rank = 0
        case 26 where bytes.equals(field.name, lowercased: "x-dynamo-parent-session-id"): rank = 1
        case 29 where bytes.equals(field.name, lowercased: "x-claude-code-parent-agent-id"): rank = 2
        case 24 where bytes.equals(field.name, lowercased: "x-codex-parent-thread-id"): rank = 3
        case 19 where bytes.equals(field.name, lowercased: "x-parent-session-id"): rank = 4
        default: return
        }
        if rank < parentRank {
            parentRank = rank
            parent = ByteRange(field.value)
        }
    }

    private mutating func takeTarget(_ range: Range<Int>, _ bytes: RawSpan) -> Refusal? {
        switch RequestTarget(bytes, range, method: methodName.range) {
        case .origin(let path): target = ByteRange(path)
        case .absolute(let authority, let path):
            self.authority = ByteRange(authority)
            target = ByteRange(path)
        case .refused(let status, let reason): return .malformed(status: status, reason: reason)
        }
        return nil
    }

    /// Two of its fields that don't go together, or one that is missing.
    private func contradiction(_ bytes: RawSpan) -> Refusal? {
        if isChunked, contentLength != nil {
            return .malformed(
                status: 400,
                reason: "Content-Length beside Transfer-Encoding (a smuggling attempt, or a broken client)")
        }
        if isChunked, minorVersion == 0 {
            return .malformed(status: 400, reason: "HTTP/1.0 has no Transfer-Encoding")
        }
        if minorVersion == 1, hosts == 0 {
            return .malformed(status: 400, reason: "an HTTP/1.1 request needs a Host header")
        }
        if let authority, hosts > 0, !bytes.equals(authority.range, host.range) {
            return .malformed(status: 400, reason: "Host must be the authority of the request's target")
        }
        return nil
    }
}
