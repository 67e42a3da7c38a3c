/// Accept: connections in, requests read to the end of their head and body.
extension ProxyLoop {
    mutating func acceptConnections() {
        guard let listener = listener?.raw else { return }
        for _ in 0..<64 {
            guard hasDescriptors(listener) else { return }
            let accepted: Int32?
            do throws(Sockets.Failure) {
                accepted = try Sockets.accept(on: listener)
            } catch {
                // Out of descriptors or memory: the backlog waits while connections end.
                counters.acceptPauses += 1
                pauseAccepting()
                acceptsAgain = now + TimerWheel.nanosecondsPerTick
                return
            }
            guard let fd = accepted else { return }
            guard connectionCount < limits.maxConnections, Int(fd) < clients.capacity else {
                turnAway(fd)
                continue
            }
            lastAccepted = fd
            Sockets.setNoDelay(fd)
            Sockets.limitUnsent(fd, bytes: limits.relayBufferBytes)
            begin(fd)
            // Its request has mostly come with it.
            readClient(fd)
        }
    }

    /// Pauses before descriptors run out, so that some are left for connections to engines; the backlog waits.
    private mutating func hasDescriptors(_ listener: Int32) -> Bool {
        // The kernel gives the lowest free number, so that a low one tells that there are enough.
        guard lastAccepted >= descriptors.resumeMark else { return true }
        lastAccepted = Sockets.lowestFreeDescriptor(like: listener) ?? .max
        guard lastAccepted >= descriptors.pauseMark else { return true }
        counters.acceptPauses += 1
        pauseAccepting()
        acceptsAgain = now + TimerWheel.nanosecondsPerTick
        return false
    }

    /// After a pause: goes on when there are descriptors again, some more than when it paused.
    mutating func resumeWithDescriptors() {
        guard let listener = listener?.raw else { return }
        let lowest = Sockets.lowestFreeDescriptor(like: listener) ?? .max
        guard lowest < descriptors.resumeMark else {
            return acceptsAgain = now + TimerWheel.nanosecondsPerTick
        }
        lastAccepted = lowest
        resumeAccepting()
    }

    /// At the limit of connections, or out of descriptors.
    private mutating func turnAway(_ fd: Int32) {
        counters.connectionsRefused += 1
        outbox.removeAll()
        outbox.append(
            "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
        )
        _ = outbox.withBytes { Sockets.send($0, to: fd) }
        Sockets.close(fd)
    }

    private mutating func begin(_ fd: Int32) {
        clients.prepare(fd)
        clients[fd].generation &+= 1
        clients[fd].phase = .head
        connectionCount += 1
        poller.add(
            fd, token: Self.token(.client, generation: clients[fd].generation, fd), clients[fd].interest)
        clients[fd].headSeen = 0
        setClientDeadline(fd, seconds: limits.headerSeconds)
    }

    mutating func pauseAccepting() {
        guard isAccepting, let listener = listener?.raw else { return }
        poller.remove(listener)
        isAccepting = false
    }

    mutating func resumeAccepting() {
        acceptsAgain = 0
        guard !isAccepting, !isStopping, let listener = listener?.raw else { return }
        poller.add(listener, token: Self.token(.listener, generation: 0, listener), .read)
        isAccepting = true
    }

    mutating func handleClient(_ fd: Int32, _ event: Poller.Event) {
        if event.hasFailed { return clientGone(fd) }
        if event.ready.contains(.write) { flush(fd) }
        guard clients[fd].phase != .free else { return }
        if event.ready.contains(.read) { readClient(fd) }
        guard clients[fd].phase != .free else { return }
        if event.ready.contains(.hangUp) { clientHungUp(fd) }
    }

    private mutating func readClient(_ fd: Int32) {
        let missing = clients[fd].missingBody
        let transfer: Transfer
        if missing > 0 {
            // The rest of a body goes at once where it stays: how long it is was announced, and is within the limit.
            transfer = clients[fd].input.receive(from: fd, atMost: min(missing, Self.bodyReadSize))
        } else {
            // By way of the shared buffer, so that a connection keeps only what came.
            inbox.removeAll()
            transfer = inbox.receive(from: fd, atMost: Self.requestReadSize)
        }
        switch transfer {
        case .wouldBlock: return
        case .closed: return clientHungUp(fd)
        case .failed: return clientGone(fd)
        case .bytes: break
        }
        if clients[fd].phase == .lingering { return }
        if missing == 0 { inbox.withBytes { clients[fd].input.append($0) } }
        switch clients[fd].phase {
        case .head, .body: advance(fd)
        case .exchanging where clients[fd].isUploading: takeUpload(fd, bytes: inbox.count)
        case .exchanging, .queued, .flushing: limitPipelined(fd)
        case .free, .lingering: break
        }
    }

    /// A client that sends far ahead of its answers is not read until they are sent.
    private mutating func limitPipelined(_ fd: Int32) {
        let isBodyHere = !clients[fd].head.isChunked && clients[fd].route != .upload
        let current = clients[fd].head.byteCount + (isBodyHere ? clients[fd].bodyByteCount : 0)
        guard clients[fd].input.count - current > Self.highWater else { return }
        clients[fd].isReadPaused = true
        updateInterest(ofClient: fd)
    }

    func updateInterest(ofClient fd: Int32) {
        poller.modify(
            fd, token: Self.token(.client, generation: clients[fd].generation, fd), clients[fd].interest)
    }

    func updateInterest(ofUpstream fd: Int32) {
        let token = Self.token(.upstream, generation: upstreams[fd].generation, fd)
        if upstreams[fd].isStreaming {
            streams.modify(fd, token: token, upstreams[fd].interest)
        } else {
            poller.modify(fd, token: token, upstreams[fd].interest)
        }
    }

    /// A stream has had its first token, or its end.
    mutating func setStreaming(_ fd: Int32, _ isStreaming: Bool) {
        guard upstreams[fd].isStreaming != isStreaming else { return }
        upstreams[fd].isStreaming = isStreaming
        let token = Self.token(.upstream, generation: upstreams[fd].generation, fd)
        if isStreaming {
            poller.remove(fd)
            streams.add(fd, token: token, upstreams[fd].interest)
        } else {
            streams.remove(fd)
            poller.add(fd, token: token, upstreams[fd].interest)
        }
    }

    /// Goes on with what has been read, as far as it goes.
    mutating func advance(_ fd: Int32) {
        while clients[fd].phase == .head || clients[fd].phase == .body {
            let progressed = clients[fd].phase == .head ? readHead(fd) : readBody(fd)
            if !progressed { return }
        }
    }

    /// Says whether there may be more to do.
    private mutating func readHead(_ fd: Int32) -> Bool {
        guard headMayEnd(fd) else { return false }
        let limit = limits.maxHeaderBytes
        switch clients[fd].input.withBytes({ RequestHead.parse($0, limit: limit) }) {
        case .incomplete:
            clients[fd].headSeen = clients[fd].input.count
            if !clients[fd].hasHeadDeadline {
                clients[fd].hasHeadDeadline = true
                setClientDeadline(fd, seconds: limits.headerSeconds)
            }
            return false
        case .malformed(let status, let reason):
            clients[fd].head = RequestHead()
            clients[fd].head.byteCount = clients[fd].input.count
            receive(fd)
            refuseAndClose(fd, status, "\(reason)", type: "invalid_request_error")
            return false
        case .complete(let head):
            clients[fd].headSeen = 0
            clients[fd].head = head
            clients[fd].closesAfterAnswer = !head.keepsAlive || isStopping
            clients[fd].hasHeadDeadline = false
            clients[fd].facts = BodyFacts()
            clients[fd].decoder = ChunkedDecoder()
            clients[fd].timer.deadline = .max
            return begin(request: fd)
        }
    }

    /// Reads on in a body that is read whole; says whether there may be more to do.
    private mutating func readBody(_ fd: Int32) -> Bool {
        if clients[fd].head.isChunked {
            switch decodeChunks(fd) {
            case .needsMore:
                expectBody(fd, received: clients[fd].decoded.count)
                return false
            case .malformed(let reason):
                let isTooLarge = clients[fd].decoded.count > limits.maxBodyBytes
                refuseAndClose(
                    fd, isTooLarge ? 413 : 400, "\(reason)", type: "invalid_request_error")
                return false
            case .end, .data: break
            }
        } else if clients[fd].input.count < clients[fd].head.byteCount + clients[fd].bodyByteCount {
            expectBody(fd, received: clients[fd].input.count - clients[fd].head.byteCount)
            return false
        }
        clients[fd].timer.deadline = .max
        inspect(fd)
        return true
    }

    /// Moves chunk data behind the head into `decoded`.
    private mutating func decodeChunks(_ fd: Int32) -> ChunkedDecoder.Step {
        var decoder = clients[fd].decoder
        var decoded = ByteQueue()
        swap(&decoded, &clients[fd].decoded)
        let headBytes = clients[fd].head.byteCount
        let limit = limits.maxBodyBytes
        var used = 0
        let step: ChunkedDecoder.Step = clients[fd].input.withBytes { bytes in
            var offset = headBytes
            defer { used = offset }
            while true {
                let step = decoder.next(bytes, &offset)
                guard case .data(let range) = step else { return step }
                decoded.append(bytes, range)
                if decoded.count > limit { return .malformed("the body is larger than limits.maxBodyBytes") }
            }
        }
        swap(&decoded, &clients[fd].decoded)
        clients[fd].decoder = decoder
        dropUsed(fd, headBytes: headBytes, used: used)
        return step
    }

    /// Chunk framing that has been decoded is dropped from behind the head, which stays.
    private mutating func dropUsed(_ fd: Int32, headBytes: Int, used: Int) {
        guard used > headBytes else { return }
        var rest = ByteQueue()
        clients[fd].input.withBytes { bytes in
            rest.append(bytes, 0..<headBytes)
            rest.append(bytes, used..<bytes.byteCount)
        }
        swap(&rest, &clients[fd].input)
    }

    mutating func clientHungUp(_ fd: Int32) {
        switch clients[fd].phase {
        case .lingering: closeClient(fd)
        case .flushing:
            clients[fd].hasHungUp = true
            clients[fd].closesAfterAnswer = true
            updateInterest(ofClient: fd)
        case .free: break
        case .head, .body, .queued, .exchanging: clientGone(fd)
        }
    }

    /// A client does not read its answer.
    private mutating func readerIsSlow(_ fd: Int32) {
        counters.slowReaders += 1
        if clients[fd].exchange.node >= 0 {
            mailbox.hand(
                over: FaultNotice(
                    fault: .slowReader, node: Int(clients[fd].exchange.node), stream: clients[fd].exchange.id,
                    evidence: "\(clients[fd].output.count) bytes waited \(Int(limits.readerSeconds)) s for it"
                ))
        }
        clientGone(fd)
    }

    mutating func clientExpired(_ fd: Int32) {
        switch clients[fd].phase {
        case .head where clients[fd].input.isEmpty: closeClient(fd)
        case .head, .body:
            let isHead = clients[fd].phase == .head
            if isHead { receive(fd) }
            clients[fd].head = RequestHead()
            clients[fd].head.byteCount = clients[fd].input.count
            refuseAndClose(
                fd, 408,
                isHead
                    ? "the request's header did not come whole in \(limits.headerSeconds) s (limits.headerSeconds)"
                    : "the request's body came too slowly (limits.headerSeconds for it to begin,"
                        + " limits.idleSeconds for a pause)",
                type: "timeout_error")
        case .lingering: closeClient(fd)
        case .flushing: readerIsSlow(fd)
        case .exchanging where !clients[fd].output.isEmpty: readerIsSlow(fd)
        case .exchanging where clients[fd].isUploading:
            clientGone(fd)  // its body stopped coming
        case .exchanging where isWaitingForEvent(fd): sayWaiting(fd)
        case .queued: queueExpired(fd)
        case .exchanging, .free: clients[fd].timer.deadline = .max
        }
    }
}
