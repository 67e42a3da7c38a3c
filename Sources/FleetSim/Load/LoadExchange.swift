import GatewayCore

/// One connection of the load generator, and the request that is on it.
final class LoadExchange {
    let fd: Int32
    let token: UInt64
    var input = ByteQueue()
    var output = ByteQueue()
    var isConnected = false
    var waitsForWrite = true
    /// The answer's head, once it came.
    var head: ResponseHead?
    var decoder = ChunkedDecoder()
    /// The body of an answer that isn't a stream; at most 64 KiB of it.
    var body: [UInt8] = []
    var bodyCount = 0
    var checker = StreamChecker()
    var job: LoadJob?
    /// Answers that came over this connection before.
    var served = 0
    /// Nanoseconds.
    var lastActivity: UInt64
    var firstToken: UInt64?
    var lastToken: UInt64 = 0

    init(fd: Int32, token: UInt64, now: UInt64) {
        self.fd = fd
        self.token = token
        lastActivity = now
    }

    func begin(_ job: LoadJob, _ request: String, now: UInt64) {
        self.job = job
        head = nil
        decoder = ChunkedDecoder()
        body = []
        bodyCount = 0
        checker = StreamChecker()
        firstToken = nil
        lastActivity = now
        output.append(text: request)
    }

    enum Progress {
        case more
        /// The answer is complete.
        case complete
        case failed(LoadFault, String)
    }

    /// Reads what has come of the answer.
    func advance(now: UInt64) -> Progress {
        lastActivity = now
        if head == nil {
            switch input.withBytes({ ResponseHead.parse($0) }) {
            case .incomplete: return .more
            case .malformed(let reason): return .failed(.badResponse, "\(reason)")
            case .complete(let parsed):
                input.consume(parsed.byteCount)
                if parsed.status < 200 { return advance(now: now) }
                head = parsed
            }
        }
        guard let head else { return .more }
        let progress = head.isChunked ? takeChunks(head) : takePlain(head)
        let tokens = checker.tokens
        if tokens > 0 {
            if firstToken == nil { firstToken = now }
            lastToken = now
        }
        return progress
    }

    private func takeChunks(_ head: ResponseHead) -> Progress {
        var offset = 0
        var pieces: [[UInt8]] = []
        var result = Progress.more
        input.withBytes { bytes in
            reading: while true {
                switch decoder.next(bytes, &offset) {
                case .data(let range): pieces.append(bytes.array(range))
                case .end(let end):
                    offset = end
                    result = .complete
                    break reading
                case .needsMore: break reading
                case .malformed(let reason):
                    result = .failed(.badResponse, "\(reason)")
                    break reading
                }
            }
        }
        input.consume(min(offset, input.count))
        for piece in pieces { take(piece, head) }
        return result
    }

    private func takePlain(_ head: ResponseHead) -> Progress {
        let bytes = input.withBytes { $0.array(0..<$0.byteCount) }
        let room = head.contentLength.map { $0 - bodyCount } ?? bytes.count
        let piece = Array(bytes.prefix(room))
        bodyCount += piece.count
        input.consume(piece.count)
        take(piece, head)
        return head.contentLength.map { bodyCount >= $0 } == true ? .complete : .more
    }

    private func take(_ piece: [UInt8], _ head: ResponseHead) {
        if head.isEventStream {
            checker.take(piece)
        } else if body.count < 65_536 {
            body += piece
        }
    }
}

/// What is asked for on a connection.
struct LoadJob {
    var session: WorkloadSession
    var request: WorkloadRequest
    /// When it should have been sent; latency counts from here. Nanoseconds.
    var due: UInt64
    /// Tried on a kept connection that turned out to be closed.
    var isRetry = false
}
