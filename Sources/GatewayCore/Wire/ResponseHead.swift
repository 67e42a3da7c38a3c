/// The head of an HTTP/1.1 response, as numbers and offsets into the bytes.
package struct ResponseHead: Sendable {
    package enum Result: Sendable {
        case incomplete
        case complete(ResponseHead)
        case malformed(StaticString)
    }

    package var status = 0
    package var minorVersion: UInt8 = 1
    /// Of the head, blank line included.
    package var byteCount = 0
    package var fieldsStart = 0
    package var contentLength: Int?
    package var isChunked = false
    package var keepsAlive = true
    package var isEventStream = false
    package var location = ByteRange.empty
    /// What of its lines no client gets.
    package var hopLines = HopLines()
    private var namesHopFields = false

    /// Of header fields; more are malformed.
    package static let fieldLimit = 256
    /// Seconds that it asks to be left alone; a date is not read.
    package var retryAfter: Int?

    /// The engine is busy and says for how long: no failure of it.
    package var asksForPatience: Bool {
        retryAfter != nil && (status == 429 || status == 503 || status == 529)
    }

    /// 1xx, 204 and 304 have none; nor has the answer to HEAD, which the caller knows.
    package var canHaveBody: Bool { status >= 200 && status != 204 && status != 304 }

    package static func parse(_ bytes: RawSpan, limit: Int = 65_536) -> Result {
        guard let newline = bytes.first(0x0A, in: 0..<bytes.byteCount) else {
            return bytes.byteCount > limit ? .malformed("the status line is too long") : .incomplete
        }
        var head = ResponseHead()
        if let problem = head.takeStatusLine(bytes, newline) { return .malformed(problem) }
        var fields = 0
        var lines = HeaderLines(from: newline + 1)
        while true {
            switch lines.next(in: bytes) {
            case .incomplete:
                return bytes.byteCount > limit ? .malformed("the response's head is too long") : .incomplete
            case .malformed(let reason): return .malformed(reason)
            case .field(let field):
                fields += 1
                if field.value.upperBound > limit || fields > fieldLimit {
                    return .malformed("the response's head is too long")
                }
                if let problem = head.take(field, bytes) { return .malformed(problem) }
                if HopLines.isForOneHop(field.name, in: bytes),
                    !head.hopLines.append(field.name.lowerBound..<lines.position)
                {
                    return .malformed(tooManyForOneHop)
                }
            case .end(let end):
                head.byteCount = end
                if head.namesHopFields, !head.keepNamedHere(bytes) { return .malformed(tooManyForOneHop) }
                if let problem = head.framingProblem { return .malformed(problem) }
                return .complete(head)
            }
        }
    }

    private static let tooManyForOneHop: StaticString = "more than 12 fields are for one hop only"

    /// Looks for what stays here once more, with the fields that Connection names. Whether there is room for it.
    private mutating func keepNamedHere(_ bytes: RawSpan) -> Bool {
        hopLines = HopLines()
        var lines = HeaderLines(from: fieldsStart)
        while case .field(let field) = lines.next(in: bytes) {
            guard
                HopLines.isForOneHop(field.name, in: bytes)
                    || HeaderLines.isNamedByConnection(field.name, from: fieldsStart, in: bytes)
            else { continue }
            if !hopLines.append(field.name.lowerBound..<lines.position) { return false }
        }
        return true
    }

    private mutating func takeStatusLine(_ bytes: RawSpan, _ newline: Int) -> StaticString? {
        guard newline >= 12, bytes.has("HTTP/1.", at: 0), bytes.byte(8) == 0x20,
            bytes.byte(7) >= 0x30, bytes.byte(7) <= 0x39, let status = bytes.decimal(9..<12),
            (100...599).contains(status),
            bytes.byte(12) == 0x20 || newline == 13, bytes.byte(newline - 1) == 0x0D
        else { return "this is no HTTP/1.1 status line" }
        for index in 12..<(newline - 1) where HeaderLines.isControl(bytes.byte(index)) {
            return "the status line has a control character"
        }
        guard status != 101 else { return "it switches protocols, which nobody asked for" }
        self.status = status
        minorVersion = bytes.byte(7) &- 0x30
        keepsAlive = minorVersion >= 1
        fieldsStart = newline + 1
        return nil
    }

    /// What makes the body's end doubtful (RFC 9112 section 6).
    private var framingProblem: StaticString? {
        guard isChunked else { return nil }
        if contentLength != nil { return "Content-Length beside Transfer-Encoding" }
        return minorVersion == 0 ? "HTTP/1.0 has no Transfer-Encoding" : nil
    }

    private mutating func take(_ field: HeaderField, _ bytes: RawSpan) -> StaticString? {
        let name = field.name
        let value = field.value
        switch name.count {
        case 8 where bytes.equals(name, lowercased: "location"):
            location = ByteRange(value)
        case 10 where bytes.equals(name, lowercased: "connection"):
            if !bytes.equals(value, lowercased: "close"), !bytes.equals(value, lowercased: "keep-alive") {
                namesHopFields = true
            }
            if bytes.list(value, contains: "close") { keepsAlive = false }
            if minorVersion == 0, bytes.list(value, contains: "keep-alive") { keepsAlive = true }
        case 11 where bytes.equals(name, lowercased: "retry-after"):
            retryAfter = bytes.decimal(value)
        case 12 where bytes.equals(name, lowercased: "content-type"):
            isEventStream =
                value.count >= 17
                && bytes.equals(value.lowerBound..<(value.lowerBound + 17), lowercased: "text/event-stream")
        case 14 where bytes.equals(name, lowercased: "content-length"):
            guard let length = bytes.decimal(value), contentLength == nil || contentLength == length else {
                return "Content-Length must be one decimal number"
            }
            contentLength = length
        case 17 where bytes.equals(name, lowercased: "transfer-encoding"):
            guard !isChunked, bytes.equals(value, lowercased: "chunked") else {
                return "the only Transfer-Encoding that is understood is chunked, once"
            }
            isChunked = true
        default: break
        }
        return nil
    }
}
