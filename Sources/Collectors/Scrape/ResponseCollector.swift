import GatewayCore

/// A whole HTTP response.
struct ScrapeAnswer: Sendable, Equatable {
    var status: Int
    var body: [UInt8]
    /// Where a redirect points.
    var location: String?
}

/// Puts one HTTP/1.1 response together out of any split of its bytes, up to a size.
struct ResponseCollector: ~Copyable {
    enum Progress: Equatable {
        case needsMore
        /// - keepsAlive: the connection may serve another request.
        case complete(ScrapeAnswer, keepsAlive: Bool)
        case failed(String)
    }

    /// More than this is no metrics page.
    static let bodyLimit = 8 * 1024 * 1024

    private var input = ByteQueue()
    private var head: ResponseHead?
    private var location: String?
    private var chunks = ChunkedDecoder()
    private var body: [UInt8] = []
    /// Whether any byte of the response came.
    private(set) var hasBegun = false

    mutating func receive(from fd: Int32) -> Transfer { input.receive(from: fd, atMost: 65_536) }

    mutating func append(_ bytes: [UInt8]) { input.append(bytes) }

    /// Reads on as far as the bytes go.
    /// - Parameter ended: the peer sends no more.
    mutating func progress(ended: Bool) -> Progress {
        if !input.isEmpty { hasBegun = true }
        if head == nil, let failure = readHead() { return failure }
        guard let head else {
            return ended ? .failed("the connection ended before a whole response head") : .needsMore
        }
        if !head.canHaveBody { return finished(head) }
        if head.isChunked { return readChunks(head, ended: ended) }
        guard let length = head.contentLength else { return readToEnd(head, ended: ended) }
        if length > Self.bodyLimit { return .failed(Self.tooLarge) }
        guard input.count >= length else {
            return ended ? .failed("the connection ended inside the body") : .needsMore
        }
        body = input.withBytes { $0.array(0..<length) }
        input.consume(length)
        return finished(head)
    }

    private static let tooLarge = "the body is over \(bodyLimit / 1024 / 1024) MB"

    /// nil when the head is read, or not yet all there.
    private mutating func readHead() -> Progress? {
        while head == nil {
            switch input.withBytes({ ResponseHead.parse($0) }) {
            case .incomplete: return nil
            case .malformed(let reason): return .failed("\(reason)")
            case .complete(let found):
                location = input.withBytes {
                    found.location.isEmpty ? nil : $0.text(found.location.range)
                }
                input.consume(found.byteCount)
                // 1xx announces the real one.
                if found.status >= 200 { head = found }
            }
        }
        return nil
    }

    private mutating func readChunks(_ head: ResponseHead, ended: Bool) -> Progress {
        var used = 0
        var decoder = chunks
        var data: [UInt8] = []
        var result = Progress.needsMore
        input.withBytes { bytes in
            while true {
                switch decoder.next(bytes, &used) {
                case .data(let range): data.append(contentsOf: bytes.array(range))
                case .needsMore: return
                case .malformed(let reason):
                    result = .failed("\(reason)")
                    return
                case .end:
                    result = .complete(ScrapeAnswer(status: 0, body: []), keepsAlive: true)
                    return
                }
            }
        }
        chunks = decoder
        input.consume(used)
        body += data
        if body.count > Self.bodyLimit { return .failed(Self.tooLarge) }
        switch result {
        case .complete: return finished(head)
        case .needsMore where ended: return .failed("the connection ended inside the body")
        default: return result
        }
    }

    private mutating func readToEnd(_ head: ResponseHead, ended: Bool) -> Progress {
        if input.count > Self.bodyLimit { return .failed(Self.tooLarge) }
        guard ended else { return .needsMore }
        let all = input.count
        body = input.withBytes { $0.array(0..<all) }
        input.clear()
        return .complete(
            ScrapeAnswer(status: head.status, body: body, location: location), keepsAlive: false)
    }

    /// Bytes behind the response were not asked for: such a connection is not used again.
    private func finished(_ head: ResponseHead) -> Progress {
        .complete(
            ScrapeAnswer(status: head.status, body: body, location: location),
            keepsAlive: head.keepsAlive && input.isEmpty)
    }
}
