import GatewayCore

/// One complete HTTP request, taken off a connection's input.
struct ReceivedRequest {
    var method: RequestHead.Method
    var path: String
    var query: String
    var body: [UInt8]
    var keepsAlive: Bool

    enum Step {
        case request(ReceivedRequest)
        case incomplete
        /// The client waits for a go-ahead before it sends the body.
        case wantsContinue
        case malformed
        case tooLarge
    }

    static let maxBodyBytes = 32 << 20

    /// Takes the next request off the input, when all of it is there.
    static func next(from input: inout ByteQueue) -> Step {
        if input.isEmpty { return .incomplete }
        switch input.withBytes({ RequestHead.parse($0, limit: 131_072) }) {
        case .incomplete: return .incomplete
        case .malformed: return .malformed
        case .complete(let head):
            if (head.contentLength ?? 0) > maxBodyBytes { return .tooLarge }
            let body = input.withBytes { head.isChunked ? chunkedBody($0, head) : plainBody($0, head) }
            switch body {
            case .malformed: return .malformed
            case .incomplete:
                if input.count > maxBodyBytes { return .tooLarge }
                return head.expectsContinue && input.count == head.byteCount ? .wantsContinue : .incomplete
            case .complete(let bytes, let end):
                let target = input.withBytes { $0.text(head.target.range) }
                input.consume(end)
                let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
                return .request(
                    ReceivedRequest(
                        method: head.method, path: String(parts[0]),
                        query: parts.count > 1 ? String(parts[1]) : "",
                        body: bytes, keepsAlive: head.keepsAlive))
            }
        }
    }

    private enum Body {
        case complete([UInt8], end: Int)
        case incomplete
        case malformed
    }

    private static func plainBody(_ bytes: RawSpan, _ head: RequestHead) -> Body {
        let end = head.byteCount + (head.contentLength ?? 0)
        return bytes.byteCount < end ? .incomplete : .complete(bytes.array(head.byteCount..<end), end: end)
    }

    private static func chunkedBody(_ bytes: RawSpan, _ head: RequestHead) -> Body {
        var decoder = ChunkedDecoder()
        var offset = head.byteCount
        var body: [UInt8] = []
        while true {
            switch decoder.next(bytes, &offset) {
            case .data(let range): body += bytes.array(range)
            case .end(let end): return .complete(body, end: end)
            case .needsMore: return .incomplete
            case .malformed: return .malformed
            }
        }
    }
}
