/// Relay: an engine's answer to its client, events observed in place.
extension ProxyLoop {
    /// The end of a JSON answer that is kept to find the usage in.
    static let tailSize = 4096

    mutating func readUpstream(_ up: Int32) {
        var bytes = ByteQueue()
        swap(&bytes, &inbox)
        bytes.removeAll()
        if !upstreams[up].input.isEmpty {
            upstreams[up].input.withBytes { bytes.append($0) }
            upstreams[up].input.clear()
        }
        let transfer = bytes.receive(from: up, atMost: readLimit(up))
        switch transfer {
        case .wouldBlock: bytes.withBytes { upstreams[up].input.append($0) }
        case .closed: upstreamClosed(up)
        case .failed(let code): upstreamFailed(up, describe(errno: code), isClosed: true)
        case .bytes: bytes.withBytes { take($0, from: up) }
        }
        swap(&bytes, &inbox)
    }

    /// What a client is behind by never grows past limits.relayBufferBytes, framing included.
    private func readLimit(_ up: Int32) -> Int {
        let fd = upstreams[up].client
        guard fd >= 0 else { return Self.readSize }
        let room = limits.relayBufferBytes * 7 / 8 - clients[fd].output.count
        return min(Self.readSize, max(4096, room))
    }

    private mutating func take(_ bytes: RawSpan, from up: Int32) {
        var offset = 0
        if upstreams[up].phase == .idle { return closeUpstream(up) }  // spoke unasked
        while upstreams[up].phase == .awaiting {
            let rest = bytes.extracting(offset..<bytes.byteCount)
            switch ResponseHead.parse(rest) {
            case .incomplete: return upstreams[up].input.append(rest)
            case .malformed(let reason): return upstreamFailed(up, "its answer is malformed: \(reason)")
            case .complete(let head):
                offset += head.byteCount
                if head.status < 200 {
                    upstreams[up].interimAnswers += 1
                    guard upstreams[up].interimAnswers <= Upstream.interimLimit else {
                        return upstreamFailed(up, "it sent more than \(Upstream.interimLimit) 1xx answers")
                    }
                    if offset == bytes.byteCount { return }
                    continue
                }
                if isWorthRetrying(up, head) { return retryStatus(up, head) }
                beginResponse(up, head, rest)
            }
        }
        relay(up, bytes.extracting(offset..<bytes.byteCount))
    }

    // MARK: the head

    /// An engine's refusal is no answer while another node may give one (vLLM says 500 when it shuts down).
    private mutating func isWorthRetrying(_ up: Int32, _ head: ResponseHead) -> Bool {
        switch head.status {
        case 429, 500, 502, 503, 504, 529: break
        default: return false
        }
        if head.asksForPatience { leaveAlone(up, head) }
        return maySendAgain(upstreams[up].client)
    }

    private mutating func retryStatus(_ up: Int32, _ head: ResponseHead) {
        let fd = upstreams[up].client
        closeUpstream(up)
        if head.asksForPatience { clients[fd].exchange.forgetLastAttempt() }
        retryOrFail(
            fd, "it answered \(head.status)",
            isNodesFault: head.status != 429 && head.status != 529 && !head.asksForPatience)
    }

    private mutating func beginResponse(_ up: Int32, _ head: ResponseHead, _ bytes: RawSpan) {
        let fd = upstreams[up].client
        upstreams[up].phase = .relaying
        upstreams[up].status = Int32(head.status)
        upstreams[up].keepsAlive = head.keepsAlive && upstreams[up].hasSentRequest
        upstreams[up].isEventStream = head.isEventStream
        if !head.canHaveBody || clients[fd].head.method == .head {
            upstreams[up].framing = .none
        } else if head.isChunked {
            upstreams[up].framing = .chunked
        } else if let length = head.contentLength {
            upstreams[up].framing = .length
            upstreams[up].bodyLeft = length
        } else {
            upstreams[up].framing = .untilClose
            upstreams[up].keepsAlive = false
        }
        if upstreams[up].framing == .none { upstreams[up].isEventStream = false }
        // A 204 that announces a body probably sends one, which must not be taken for the next answer.
        if head.status == 204, head.isChunked || (head.contentLength ?? 0) > 0 {
            upstreams[up].keepsAlive = false
        }
        if clients[fd].record.isContinuing || clients[fd].exchange.isCommitted {
            // The client has a head already, and it promised an event stream.
            guard head.status == 200, upstreams[up].isEventStream else {
                return upstreamFailed(up, "it answered \(head.status) where a stream was expected")
            }
        } else {
            writeResponseHead(up, fd, head, bytes)
        }
        if head.status == 200, !upstreams[up].isEventStream { clients[fd].load?.answered(now: now) }
        upstreams[up].filter.reframes = clients[fd].head.minorVersion == 1
        setUpstreamDeadline(up, seconds: silenceSeconds(for: fd))
    }

    /// Makes the client's head and holds it back until the body begins.
    private mutating func writeResponseHead(_ up: Int32, _ fd: Int32, _ head: ResponseHead, _ bytes: RawSpan)
    {
        var out = ByteQueue()
        let lineEnd = bytes.first(0x0A, in: 0..<head.byteCount) ?? 0
        out.append("HTTP/1.1 ")
        out.append(bytes, 9..<max(9, lineEnd - 1))
        if lineEnd == 13 { out.append(" ") }  // no reason phrase; the space before it is due
        out.append("\r\n")
        head.hopLines.rest(of: head.fieldsStart..<(head.byteCount - 2)) { out.append(bytes, $0) }
        if !clients[fd].decision.isEmpty {
            out.append("x-signalbox-decision: ")
            out.append(text: clients[fd].decision)
            out.append("\r\n")
        }
        let isHTTP10 = clients[fd].head.minorVersion == 0
        switch upstreams[up].framing {
        case .none:
            if let length = head.contentLength {  // of HEAD: what GET would give
                out.append("content-length: ")
                out.append(decimal: length)
                out.append("\r\n")
            }
        case .length where !upstreams[up].isEventStream:
            out.append("content-length: ")
            out.append(decimal: upstreams[up].bodyLeft)
            out.append("\r\n")
        case .length, .chunked, .untilClose:
            if isHTTP10 {
                clients[fd].closesAfterAnswer = true
            } else {
                out.append("transfer-encoding: chunked\r\n")
            }
        }
        if clients[fd].closesAfterAnswer {
            out.append("connection: close\r\n")
        } else if isHTTP10 {
            out.append("connection: keep-alive\r\n")
        }
        out.append("\r\n")
        swap(&out, &upstreams[up].heldHead)
    }

    // MARK: the body

    private mutating func relay(_ up: Int32, _ bytes: RawSpan) {
        guard upstreams[up].phase == .relaying else { return }
        if upstreams[up].answer != nil, upstreams[up].isEventStream { return assemble(up, bytes) }
        var out = ByteQueue()
        swap(&out, &outbox)
        let head = takeHead(up, &out)
        let result = upstreams[up].isEventStream ? relayEvents(up, bytes, &out) : relayPlain(up, bytes, &out)
        let fd = upstreams[up].client
        if out.count > head || result == .ended { start(fd, up, out, from: head) } else { out.removeAll() }
        swap(&out, &outbox)
        if !outbox.isEmpty { sendOutbox(to: fd) }
        guard clients[fd].phase == .exchanging, clients[fd].upstream == up else { return }
        switch result {
        case .ended: answered(up)
        case .malformed(let reason): upstreamFailed(up, "its body is malformed: \(reason)")
        case .fault(let fault): handle(fault, up, fd)
        case .goesOn:
            retain(fd)
            let isPrefilling = upstreams[up].isEventStream && !upstreams[up].observer.hasFirstToken
            if !isPrefilling { setUpstreamDeadline(up, seconds: limits.stallSeconds) }
            throttle(up, fd)
        }
    }

    enum RelayResult: Equatable {
        case goesOn, ended
        case malformed(String)
        /// The stream stopped before an event, or at an end, that is wrong.
        case fault(StreamFault)
    }

    /// What was read is looked at again.
    mutating func relayOn(_ up: Int32) {
        let nothing = ByteQueue()
        nothing.withBytes { relay(up, $0) }
    }

    /// Puts the head that is held back in front of what there may be to send. Returns its length.
    private mutating func takeHead(_ up: Int32, _ out: inout ByteQueue) -> Int {
        out.removeAll()
        upstreams[up].heldHead.withBytes { out.append($0) }
        return out.count
    }

    /// The first bytes for the client are there, from a place on; before it the head.
    private mutating func start(_ fd: Int32, _ up: Int32, _ out: borrowing ByteQueue, from body: Int) {
        guard !clients[fd].exchange.hasStarted else { return }
        clients[fd].exchange.hasStarted = true
        clients[fd].timer.deadline = .max
        fleet.nodes[Int(upstreams[up].node)].load.succeeded()
        upstreams[up].heldHead.clear()
        out.withBytes { rememberID(in: $0, body..<$0.byteCount, up) }
    }

    /// Anything that is no event stream: bytes through, the tail of JSON kept for the usage.
    private mutating func relayPlain(_ up: Int32, _ bytes: RawSpan, _ out: inout ByteQueue) -> RelayResult {
        let reframes = clients[upstreams[up].client].head.minorVersion == 1
        var result = RelayResult.goesOn
        switch upstreams[up].framing {
        case .none:
            if bytes.byteCount > 0 { upstreams[up].keepsAlive = false }
            return .ended
        case .length:
            let n = min(bytes.byteCount, upstreams[up].bodyLeft)
            out.append(bytes, 0..<n)
            upstreams[up].bodyLeft -= n
            if n < bytes.byteCount { upstreams[up].keepsAlive = false }
            if upstreams[up].bodyLeft == 0 { result = .ended }
            if result == .ended, upstreams[up].carry.isEmpty {
                // All of it in one read, or all that usage can stand in.
                upstreams[up].usage = Usage.find(in: bytes, max(0, n - Self.tailSize)..<n)
            } else {
                keepTail(up, bytes.extracting(0..<n))
            }
        case .untilClose:
            appendChunk(bytes, reframes, &out)
            keepTail(up, bytes)
        case .chunked:
            var decoder = upstreams[up].decoder
            var offset = 0
            steps: while true {
                switch decoder.next(bytes, &offset) {
                case .data(let range):
                    appendChunk(bytes.extracting(range), reframes, &out)
                    keepTail(up, bytes.extracting(range))
                case .needsMore: break steps
                case .malformed(let reason): return .malformed("\(reason)")
                case .end(let end):
                    if end < bytes.byteCount { upstreams[up].keepsAlive = false }
                    if reframes { out.append("0\r\n\r\n") }
                    result = .ended
                    break steps
                }
            }
            upstreams[up].decoder = decoder
        }
        return result
    }

    private func appendChunk(_ bytes: RawSpan, _ reframes: Bool, _ out: inout ByteQueue) {
        guard bytes.byteCount > 0 else { return }
        if !reframes { return out.append(bytes) }
        out.append(hexadecimal: bytes.byteCount)
        out.append("\r\n")
        out.append(bytes)
        out.append("\r\n")
    }

    private mutating func keepTail(_ up: Int32, _ bytes: RawSpan) {
        let keep = min(bytes.byteCount, Self.tailSize)
        upstreams[up].carry.append(bytes, (bytes.byteCount - keep)..<bytes.byteCount)
        let count = upstreams[up].carry.count
        if count > Self.tailSize * 2 { upstreams[up].carry.consume(count - Self.tailSize) }
    }

    // MARK: the end

    /// The engine ended its side.
    private mutating func upstreamClosed(_ up: Int32) {
        if upstreams[up].phase == .relaying, upstreams[up].framing == .untilClose {
            upstreams[up].framing = .length
            upstreams[up].bodyLeft = 0
            return endUntilClose(up)
        }
        if upstreams[up].phase == .idle { return closeUpstream(up) }
        upstreamFailed(up, "it closed the connection in the middle of the request", isClosed: true)
    }

    private mutating func endUntilClose(_ up: Int32) {
        let fd = upstreams[up].client
        if upstreams[up].isEventStream {
            upstreams[up].hasEnded = true
            return relayOn(up)
        }
        var out = ByteQueue()
        swap(&out, &outbox)
        let head = takeHead(up, &out)
        if clients[fd].head.minorVersion == 1 { out.append("0\r\n\r\n") }
        start(fd, up, out, from: head)
        swap(&out, &outbox)
        sendOutbox(to: fd)
        if clients[fd].phase == .exchanging, clients[fd].upstream == up { answered(up) }
    }

    /// A slow client: its engine is not read until it has caught up.
    private mutating func throttle(_ up: Int32, _ fd: Int32) {
        guard !upstreams[up].isReadPaused, clients[fd].output.count > limits.relayBufferBytes / 2
        else { return }
        upstreams[up].isReadPaused = true
        upstreams[up].timer.deadline = .max
        updateInterest(ofUpstream: up)
        setClientDeadline(fd, seconds: limits.readerSeconds)
    }

    mutating func unthrottle(_ fd: Int32) {
        let up = clients[fd].upstream
        guard up >= 0, upstreams[up].isReadPaused, clients[fd].output.count < limits.relayBufferBytes / 4
        else { return }
        upstreams[up].isReadPaused = false
        setUpstreamDeadline(up, seconds: silenceSeconds(for: fd))
        updateInterest(ofUpstream: up)
    }
}
