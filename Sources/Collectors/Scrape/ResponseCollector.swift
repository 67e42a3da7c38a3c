import GatewayCore

/// A whole HTTP response.
struct ScrapeAnswer: Equatable {
    var status: Int
    var body: ScrapeBody
    /// Where a redirect points.
    var location: String?
}

/// The bytes of a response, where they were received: a page of 50 KB each second is not copied to be looked at.
final class ScrapeBody: Equatable {
    private let bytes: ByteQueue

    init(_ bytes: consuming ByteQueue) { self.bytes = bytes }

    var count: Int { bytes.count }
    var array: [UInt8] { bytes.withBytes { $0.array(0..<$0.byteCount) } }

    func withBytes<R>(_ body: (RawSpan) throws -> R) rethrows -> R { try bytes.withBytes(body) }

    static func == (left: ScrapeBody, right: ScrapeBody) -> Bool { left.array == right.array }
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
    /// Of chunks, put together.
    private var body = ByteQueue()
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
        if head.isChunked, head.canHaveBody { return readChunks(head, ended: ended) }
        guard let length = head.canHaveBody ? head.contentLength : 0 else {
            return readToEnd(head, ended: ended)
        }
        if length > Self.bodyLimit { return .failed(Self.tooLarge) }
        guard input.count >= length else {
            return ended ? .failed("the connection ended inside the body") : .needsMore
        }
        return finished(head, takeInput(length))
    }

    private mutating func takeInput(_ count: Int) -> ByteQueue {
        var taken = ByteQueue()
        if count == input.count {
            swap(&taken, &input)
        } else {
            input.withBytes { taken.append($0, 0..<count) }
            input.consume(count)
        }
        return taken
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
        var data = ByteQueue()
        swap(&data, &body)
        var result: ChunkedDecoder.Step?
        input.withBytes { bytes in
            while result == nil {
                let step = decoder.next(bytes, &used)
                if case .data(let range) = step { data.append(bytes, range) } else { result = step }
            }
        }
        chunks = decoder
        input.consume(used)
        if data.count > Self.bodyLimit { return .failed(Self.tooLarge) }
        if case .malformed(let reason) = result { return .failed("\(reason)") }
        if case .end = result { return finished(head, data) }
        swap(&data, &body)
        return ended ? .failed("the connection ended inside the body") : .needsMore
    }

    private mutating func readToEnd(_ head: ResponseHead, ended: Bool) -> Progress {
        if input.count > Self.bodyLimit { return .failed(Self.tooLarge) }
        guard ended else { return .needsMore }
        return .complete(
            ScrapeAnswer(status: head.status, body: ScrapeBody(takeInput(input.count)), location: location),
            keepsAlive: false)
    }

    /// Bytes behind the response were not asked for: such a connection is not used again.
    private func finished(_ head: ResponseHead, _ body: consuming ByteQueue) -> Progress {
        .complete(
            ScrapeAnswer(status: head.status, body: ScrapeBody(body), location: location),
            keepsAlive: head.keepsAlive && input.isEmpty)
    }
}
