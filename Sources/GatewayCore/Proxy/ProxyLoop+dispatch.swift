/// Dispatch: a connection to the chosen node, and the request onto it.
extension ProxyLoop {
    /// Engines close an idle connection after 5 s (vLLM, llama.cpp); keeping it less long avoids the race.
    static let idleUpstreamSeconds = 3.5
    static let idlePerNode = 512
    /// By which a head usually grows at most on its way: the engine's host, path and key.
    static let headGrowth = 128

    /// - Parameter fresh: do not use a kept connection; the last one turned out closed.
    mutating func dispatch(_ fd: Int32, to index: Int, fresh: Bool = false) {
        clients[fd].phase = .exchanging
        clients[fd].exchange.attempt(index, at: now)
        count(fd, on: index)
        if !fresh, let kept = takeIdle(index) {
            attach(kept, to: fd)
            upstreams[kept].phase = .awaiting
            setUpstreamDeadline(kept, seconds: firstTokenSeconds(for: fd))
            sendRequest(fd, over: kept, to: index)
            return
        }
        let addresses = fleet.nodes[index].addresses
        let address = addresses[Int(clients[fd].exchange.attempts - 1) % addresses.count]
        do throws(Sockets.Failure) {
            let up = try Sockets.connect(to: address, numberedFrom: upstreamsFrom).release()
            guard Int(up) < upstreams.capacity else {
                Sockets.close(up)
                return waitForDescriptor(fd)
            }
            upstreams.prepare(up)
            upstreams[up].generation &+= 1
            upstreams[up].reset()
            upstreams[up].phase = .connecting
            upstreams[up].isReused = false
            upstreams[up].wantsWrite = true
            upstreams[up].node = Int32(index)
            attach(up, to: fd)
            poller.add(
                up, token: Self.token(.upstream, generation: upstreams[up].generation, up),
                upstreams[up].interest)
            setUpstreamDeadline(up, seconds: limits.connectSeconds)
            unsentRequests.append(up)
        } catch {
            error.isOutOfDescriptors ? waitForDescriptor(fd) : retryOrFail(fd, "\(error)")
        }
    }

    private mutating func attach(_ up: Int32, to fd: Int32) {
        upstreams[up].client = fd
        clients[fd].upstream = up
    }

    /// The last used idle connection of a node: the least likely to be closed.
    private mutating func takeIdle(_ node: Int) -> Int32? {
        while let up = idle[node].popLast() {
            if upstreams[up].phase == .idle, Int(upstreams[up].node) == node { return up }
        }
        return nil
    }

    private mutating func count(_ fd: Int32, on index: Int) {
        clients[fd].exchange.costStart = readCostClock(index)
        clients[fd].load = fleet.nodes[index].load.began(
            uncachedTokens: clients[fd].exchange.uncachedTokens,
            cachedTokens: Int(clients[fd].exchange.cachedTokens), isProbe: clients[fd].exchange.isProbe,
            now: now)
        clients[fd].exchange.isProbe = false
    }

    /// What a request's time on the node has cost since the clock began.
    mutating func readCostClock(_ index: Int) -> Double {
        costClock.advance(
            index, dollarsPerHour: fleet.nodes[index].dollarsPerHour, active: fleet.nodes[index].load.active,
            now: now)
    }

    /// Takes a request off its node's books. Returns what it cost there.
    @discardableResult
    mutating func uncount(_ fd: Int32) -> Double {
        guard clients[fd].load != nil else { return 0 }
        let clock = readCostClock(Int(clients[fd].exchange.node))
        clients[fd].load = nil
        admitDue = true
        return clock - clients[fd].exchange.costStart
    }

    /// The first token came, or never will.
    mutating func prefilled(_ fd: Int32) {
        clients[fd].load?.prefilled(now: now)
        // Its node may need more now.
        admitDue = true
    }

    mutating func handleUpstream(_ up: Int32, _ event: Poller.Event) {
        if upstreams[up].phase == .connecting {
            let code = Sockets.pendingError(up)
            if code != 0 { return upstreamFailed(up, describe(errno: code)) }
            guard event.ready.contains(.write) else { return }
            connected(up)
            return
        }
        if event.ready.contains(.read) || event.hasFailed { readUpstream(up) }
        guard upstreams[up].phase != .free, event.ready.contains(.write) else { return }
        pumpRequest(up)
    }

    mutating func connected(_ up: Int32) {
        let fd = upstreams[up].client
        guard fleet.nodes[Int(upstreams[up].node)].takesRequests else { return routeAnew(up) }
        upstreams[up].phase = .awaiting
        upstreams[up].wantsWrite = false
        updateInterest(ofUpstream: up)
        setUpstreamDeadline(up, seconds: firstTokenSeconds(for: fd))
        sendRequest(fd, over: up, to: Int(upstreams[up].node))
    }

    /// Writes head and body with one system call where the kernel takes them.
    private mutating func sendRequest(_ fd: Int32, over up: Int32, to node: Int) {
        if clients[fd].record.isContinuing, !clients[fd].record.isAnew {
            return sendContinuation(fd, over: up, to: node)
        }
        let engine = fleet.nodes[node].engine
        arm(fd, on: engine)
        armLearning(fd, on: engine)
        var head = ByteQueue()
        swap(&head, &upstreams[up].output)
        let edits = edits(fd, up, for: engine)
        let growth = edits.reduce(0) { $0 + $1.inserted.utf8CodeUnitCount - $1.removed }
        let end = clients[fd].route == .upload ? 0 : clients[fd].bodyByteCount
        head.reserve(
            clients[fd].head.byteCount + Self.headGrowth + (end <= Self.smallPiece ? end + growth : 0))
        writeRequestHead(fd, to: node, bodyBytes: clients[fd].bodyByteCount + growth, &head)
        var start = 0
        for edit in edits {
            clients[fd].withBody { head.append($0, start..<edit.offset) }
            head.append(edit.inserted)
            start = edit.offset + edit.removed
        }
        if end - start <= Self.smallPiece {
            clients[fd].withBody { head.append($0, start..<end) }
            start = end
        }
        upstreams[up].bodyEnd = end
        upstreams[up].bodySent = start
        if start == end, clients[fd].route != .upload {
            swap(&head, &upstreams[up].output)
            unsentRequests.append(up)
            if isWaitingForEvent(fd) { setClientDeadline(fd, seconds: limits.waitingSeconds) }
            return
        }
        let transfer: Transfer =
            end > start
            ? head.withBytes { h in
                clients[fd].withBody { Sockets.send(h, $0.extracting(start..<end), to: up) }
            } : head.withBytes { Sockets.send($0, to: up) }
        switch transfer {
        case .bytes(let n):
            upstreams[up].bodySent = start + max(0, n - head.count)
            head.consume(min(n, head.count))
        case .wouldBlock: break
        case .closed, .failed:
            return upstreamFailed(up, "the connection broke while the request was sent")
        }
        swap(&head, &upstreams[up].output)
        if clients[fd].route == .upload { return pumpUpload(fd) }
        if !upstreams[up].hasSentRequest { setWantsWrite(up, true) }
        if isWaitingForEvent(fd) { setClientDeadline(fd, seconds: limits.waitingSeconds) }
    }

    /// What the engine is asked for beside what the client asked, and is taken out of the answer again.
    private mutating func edits(_ fd: Int32, _ up: Int32, for engine: EngineKind) -> [BodyFacts.Edit] {
        if assembles(fd, from: engine) {
            let isChat = clients[fd].completion == .chat
            upstreams[up].answer = StreamedAnswer(isChat: isChat)
            let facts = clients[fd].facts
            return clients[fd].withBody { facts.edits(adding: isChat ? [.stream, .usage] : .stream, $0) }
        }
        guard clients[fd].route == .inference, clients[fd].facts.isStreaming,
            clients[fd].completion != nil
        else { return [] }
        let facts = clients[fd].facts
        var wanted: BodyFacts.Additions = []
        // llama.cpp tells its counts unasked.
        if !facts.asksForUsage, engine != .llamacpp { wanted.insert(.usage) }
        if clients[fd].record.takesIDs { wanted.insert(.tokenIDs) }
        if clients[fd].record.way == .text, !facts.asksForProgress {
            wanted.insert(.progress)
            upstreams[up].filter.hidesProgress = true
        }
        upstreams[up].filter.hidesUsage = wanted.contains(.usage)
        upstreams[up].filter.restoresFingerprint = wanted.contains(.usage) && engine == .vllm
        return clients[fd].withBody { facts.edits(adding: wanted, $0) }
    }

    /// Sends the request that lets this node go on where another one stopped.
    private mutating func sendContinuation(_ fd: Int32, over up: Int32, to node: Int) {
        let facts = clients[fd].facts
        var body = ByteQueue()
        clients[fd].withBody { ContinuationRequest.body($0, facts, clients[fd].record, into: &body) }
        var request = ByteQueue()
        let target: StaticString? =
            ContinuationRequest.goesToCompletions(clients[fd].record) ? "/v1/completions" : nil
        writeRequestHead(fd, to: node, target: target, bodyBytes: body.count, &request)
        body.withBytes { request.append($0) }
        swap(&request, &upstreams[up].output)
        upstreams[up].filter.hidesUsage = !facts.asksForUsage
        upstreams[up].filter.restoresFingerprint = !facts.asksForUsage && fleet.nodes[node].engine == .vllm
        pumpRequest(up)
    }

    /// - Parameter target: in place of the client's.
    private mutating func writeRequestHead(
        _ fd: Int32, to node: Int, target: StaticString? = nil, bodyBytes: Int, _ out: inout ByteQueue
    ) {
        let head = clients[fd].head
        let isUpload = clients[fd].route == .upload
        clients[fd].input.withBytes { bytes in
            out.append(bytes, head.methodName.range)
            out.append(" ")
            out.append(text: fleet.nodes[node].url.path)
            if let target { out.append(target) } else { out.append(bytes, head.target.range) }
            out.append(" HTTP/1.1\r\nhost: ")
            out.append(text: fleet.nodes[node].hostHeader)
            out.append("\r\n")
            let lines = head.fieldsStart..<(head.byteCount - 2)
            head.hopLines.rest(of: lines, replacesKey: fleet.nodes[node].apiKey != nil) {
                out.append(bytes, $0)
            }
        }
        if let key = fleet.nodes[node].apiKey {
            out.append("authorization: Bearer ")
            out.append(text: key)
            out.append("\r\n")
        }
        if isUpload, head.isChunked {
            out.append("transfer-encoding: chunked\r\n")
        } else if head.hasBody || head.method == .post || head.method == .put || head.method == .patch {
            out.append("content-length: ")
            out.append(decimal: isUpload ? head.contentLength ?? 0 : bodyBytes)
            out.append("\r\n")
        }
        out.append("\r\n")
    }

    /// Sends what is left of a request.
    mutating func pumpRequest(_ up: Int32) {
        let fd = upstreams[up].client
        if case .failed = upstreams[up].output.send(to: up) {
            return upstreamFailed(up, "the connection broke while the request was sent")
        }
        guard fd >= 0 else { return setWantsWrite(up, false) }
        if clients[fd].route == .upload {
            if upstreams[up].output.isEmpty { setWantsWrite(up, false) }
            return pumpUpload(fd)
        }
        if upstreams[up].output.isEmpty, upstreams[up].bodySent < upstreams[up].bodyEnd {
            let range = upstreams[up].bodySent..<upstreams[up].bodyEnd
            switch clients[fd].withBody({ Sockets.send($0.extracting(range), to: up) }) {
            case .bytes(let n): upstreams[up].bodySent += n
            case .wouldBlock: break
            case .closed, .failed:
                return upstreamFailed(up, "the connection broke while the request was sent")
            }
        }
        setWantsWrite(up, !upstreams[up].hasSentRequest)
    }

    mutating func setWantsWrite(_ up: Int32, _ wanted: Bool) {
        guard upstreams[up].wantsWrite != wanted else { return }
        upstreams[up].wantsWrite = wanted
        updateInterest(ofUpstream: up)
    }

    // MARK: uploads

    /// Moves what has come of an upload's body on to the engine, framing and all; reads on when there is room.
    mutating func pumpUpload(_ fd: Int32) {
        let up = clients[fd].upstream
        guard up >= 0, upstreams[up].phase == .awaiting || upstreams[up].phase == .relaying else {
            return limitUpload(fd, pending: clients[fd].input.count)
        }
        let start = clients[fd].head.byteCount
        let available = clients[fd].input.count - start
        if available > 0 {
            let used =
                clients[fd].head.isChunked ? chunkedUpload(fd, start) : min(available, clients[fd].uploadLeft)
            guard let used else {
                let hasStarted = clients[fd].exchange.hasStarted
                settle(fd, .refused, up: up)
                closeUpstream(up)
                if hasStarted { return closeClient(fd) }
                return refuseAndClose(fd, 400, "the chunked body is malformed", type: "invalid_request_error")
            }
            clients[fd].input.withBytes { upstreams[up].output.append($0, start..<(start + used)) }
            clients[fd].uploadLeft -= min(used, clients[fd].uploadLeft)
            dropFromInput(fd, start..<(start + used))
            if case .failed = upstreams[up].output.send(to: up) {
                return upstreamFailed(up, "the connection broke while the request was sent")
            }
        }
        setWantsWrite(up, !upstreams[up].output.isEmpty)
        // What was pipelined behind the upload counts too.
        limitUpload(fd, pending: max(upstreams[up].output.count, clients[fd].input.count - start))
    }

    /// How many bytes behind `start` belong to the chunked body; nil: malformed.
    private mutating func chunkedUpload(_ fd: Int32, _ start: Int) -> Int? {
        var decoder = clients[fd].decoder
        let used: Int? = clients[fd].input.withBytes { bytes in
            var offset = start
            while !decoder.hasEnded {
                switch decoder.next(bytes, &offset) {
                case .data: continue
                case .end, .needsMore: return offset - start
                case .malformed: return nil
                }
            }
            return offset - start
        }
        clients[fd].decoder = decoder
        return used
    }

    private mutating func dropFromInput(_ fd: Int32, _ range: Range<Int>) {
        var rest = ByteQueue()
        clients[fd].input.withBytes { bytes in
            rest.append(bytes, 0..<range.lowerBound)
            rest.append(bytes, range.upperBound..<bytes.byteCount)
        }
        swap(&rest, &clients[fd].input)
    }

    private mutating func limitUpload(_ fd: Int32, pending: Int) {
        let pauses = pending > Self.highWater
        guard clients[fd].isReadPaused != pauses else { return }
        clients[fd].isReadPaused = pauses
        updateInterest(ofClient: fd)
    }
}
