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

    /// 1xx, 204 and 304 have none; nor has the answer to HEAD, which the caller knows.
    package var canHaveBody: Bool { status >= 200 && status != 204 && status != 304 }

    package static func parse(_ bytes: RawSpan, limit: Int = 65_536) -> Result {
        guard let newline = bytes.first(0x0A, in: 0..<bytes.byteCount) else {
            return bytes.byteCount > limit ? .malformed("the status line is too long") : .incomplete
        }
        var head = ResponseHead()
        guard newline >= 12, bytes.has("HTTP/1.", at: 0), bytes.byte(8) == 0x20,
            let status = bytes.decimal(9..<12), status >= 100,
            bytes.byte(12) == 0x20 || bytes.byte(12) == 0x0D, bytes.byte(newline - 1) == 0x0D
        else { return .malformed("this is no HTTP/1.1 status line") }
        guard status != 101 else { return .malformed("it switches protocols, which nobody asked for") }
        head.status = status
        head.minorVersion = bytes.byte(7) &- 0x30
        head.keepsAlive = head.minorVersion >= 1
        head.fieldsStart = newline + 1
        var lines = HeaderLines(from: newline + 1)
        while true {
            switch lines.next(in: bytes) {
            case .incomplete:
                return bytes.byteCount > limit ? .malformed("the response's head is too long") : .incomplete
            case .malformed(let reason): return .malformed(reason)
            case .field(let field):
                if let problem = head.take(field, bytes) { return .malformed(problem) }
            case .end(let end):
                head.byteCount = end
                if head.isChunked, head.contentLength != nil {
                    return .malformed("Content-Length beside Transfer-Encoding")
                }
                return .complete(head)
            }
        }
    }

    private mutating func take(_ field: HeaderField, _ bytes: RawSpan) -> StaticString? {
        let name = field.name
        let value = field.value
        switch name.count {
        case 8 where bytes.equals(name, lowercased: "location"):
            location = ByteRange(value)
        case 10 where bytes.equals(name, lowercased: "connection"):
            if bytes.list(value, contains: "close") { keepsAlive = false }
            if minorVersion == 0, bytes.list(value, contains: "keep-alive") { keepsAlive = true }
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
            guard bytes.equals(value, lowercased: "chunked") else {
                return "the only Transfer-Encoding that is understood is chunked"
            }
            isChunked = true
        default: break
        }
        return nil
    }
}
