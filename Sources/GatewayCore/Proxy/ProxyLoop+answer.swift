/// What the gateway answers itself, and how bytes reach a client.
extension ProxyLoop {
    /// Says whether there may be more to do.
    mutating func answerLocally(_ fd: Int32, _ page: LocalPage) -> Bool {
        if clients[fd].head.hasBody {
            clients[fd].closesAfterAnswer = true
            clients[fd].lingers = true
        }
        switch page {
        case .health: answer(fd, 200, "application/json", Array("{\"status\":\"ok\"}\n".utf8))
        case .ready:
            let serving = fleet.nodes.count { $0.takesRequests }
            let words = isStopping ? "stopping" : serving > 0 ? "ready" : "no node serves"
            answer(
                fd, serving > 0 && !isStopping ? 200 : 503, "application/json",
                Array("{\"status\":\"\(words)\",\"servingNodes\":\(serving)}\n".utf8))
        case .metrics: answer(fd, 200, "text/plain; version=0.0.4; charset=utf-8", shared.metrics.read())
        case .models: answer(fd, 200, "application/json", modelList())
        }
        return clients[fd].phase == .head
    }

    private func modelList() -> [UInt8] {
        let rows = fleet.models.map { model in
            "{\"id\":\"\(jsonEscaped(model.name))\",\"object\":\"model\",\"created\":0,\"owned_by\":\"signalbox\"}"
        }
        return Array("{\"object\":\"list\",\"data\":[\(rows.joined(separator: ","))]}\n".utf8)
    }

    private mutating func answer(
        _ fd: Int32, _ status: Int, _ type: String, _ body: [UInt8], retryAfter: Int? = nil
    ) {
        outbox.removeAll()
        outbox.append("HTTP/1.1 ")
        outbox.append(decimal: status)
        outbox.append(Self.phrase(status))
        outbox.append("\r\ncontent-type: ")
        outbox.append(text: type)
        outbox.append("\r\ncontent-length: ")
        outbox.append(decimal: body.count)
        if let retryAfter {
            outbox.append("\r\nretry-after: ")
            outbox.append(decimal: retryAfter)
        }
        if clients[fd].closesAfterAnswer {
            outbox.append("\r\nconnection: close")
        } else if clients[fd].head.minorVersion == 0 {
            outbox.append("\r\nconnection: keep-alive")
        }
        outbox.append("\r\n\r\n")
        if clients[fd].head.method != .head { outbox.append(body) }
        clients[fd].phase = .exchanging
        sendOutbox(to: fd)
        if clients[fd].phase == .exchanging { endAnswer(fd) }
    }

    /// Answers an error in OpenAI's shape and settles the request.
    mutating func refuse(
        _ fd: Int32, _ status: Int, _ message: String, type: String, code: String? = nil,
        retryAfter: Int? = nil,
        outcome: Outcome = .refused, dollars: Double = 0
    ) {
        // A body that has not been read would be taken for the next request.
        if clients[fd].phase == .head && clients[fd].head.hasBody || clients[fd].isUploading {
            clients[fd].closesAfterAnswer = true
            clients[fd].lingers = true
        }
        settle(fd, outcome, up: -1, dollars: dollars)
        if clients[fd].exchange.isCommitted {
            // Its status is said: what is left is an event.
            clients[fd].closesAfterAnswer = true
            clients[fd].phase = .exchanging
            sendErrorEvent(fd, message)
            if clients[fd].phase == .exchanging { endAnswer(fd) }
            return
        }
        let codeText = code.map { "\"\($0)\"" } ?? "\(status)"
        let body =
            "{\"error\":{\"message\":\"\(jsonEscaped(message))\",\"type\":\"\(type)\",\"param\":null,\"code\":\(codeText)}}\n"
        answer(fd, status, "application/json", Array(body.utf8), retryAfter: retryAfter)
    }

    /// Refuses a request that has not come whole: the connection cannot go on.
    mutating func refuseAndClose(_ fd: Int32, _ status: Int, _ message: String, type: String) {
        clients[fd].closesAfterAnswer = true
        clients[fd].lingers = true
        refuse(fd, status, message, type: type)
    }

    /// The answer is complete on this side: waits for the rest to be sent, then the next request.
    mutating func endAnswer(_ fd: Int32) {
        guard clients[fd].output.isEmpty else {
            clients[fd].phase = .flushing
            flushingCount += 1
            return setClientDeadline(fd, seconds: limits.readerSeconds)
        }
        if (clients[fd].lingers || clients[fd].isUploading) && !clients[fd].hasHungUp { return linger(fd) }
        if clients[fd].closesAfterAnswer || clients[fd].hasHungUp || isStopping { return closeClient(fd) }
        let head = clients[fd].head
        let isBodyHere = !head.isChunked && clients[fd].route != .upload
        let used = head.byteCount + (isBodyHere ? head.contentLength ?? 0 : 0)
        clients[fd].input.consume(min(used, clients[fd].input.count))
        clients[fd].decoded.clear()
        clients[fd].exchange = Exchange()
        clients[fd].record.clear()
        clients[fd].isBodyForgotten = false
        clients[fd].head = RequestHead()
        clients[fd].route = .inference
        clients[fd].phase = .head
        if clients[fd].isReadPaused {
            clients[fd].isReadPaused = false
            updateInterest(ofClient: fd)
        }
        setClientDeadline(fd, seconds: limits.idleSeconds)
        if !clients[fd].input.isEmpty { ready.append(fd) }
    }

    /// Ends this side and reads on for a while.
    private mutating func linger(_ fd: Int32) {
        Sockets.endSending(fd)
        clients[fd].phase = .lingering
        clients[fd].input.clear()
        clients[fd].decoded.clear()
        clients[fd].isReadPaused = false
        updateInterest(ofClient: fd)
        setClientDeadline(fd, seconds: Self.lingerSeconds)
    }

    mutating func closeClient(_ fd: Int32) {
        guard clients[fd].phase != .free else { return }
        _ = clients[fd].output.send(to: fd)
        unlistActive(fd)
        if clients[fd].phase == .flushing { flushingCount -= 1 }
        clients[fd].phase = .free
        clients[fd].timer.deadline = .max
        clients[fd].input.clear()
        clients[fd].decoded.clear()
        clients[fd].output.clear()
        clients[fd].upstream = -1
        clients[fd].address = ""
        clients[fd].wantsWrite = false
        clients[fd].isReadPaused = false
        clients[fd].hasHungUp = false
        clients[fd].closesAfterAnswer = false
        clients[fd].lingers = false
        clients[fd].hasHeadDeadline = false
        clients[fd].route = .inference
        clients[fd].exchange = Exchange()
        clients[fd].record.clear()
        clients[fd].isBodyForgotten = false
        clients[fd].head = RequestHead()
        connectionCount -= 1
        Sockets.close(fd)
    }

    /// Sends `outbox`, a small one a little later together with others'; what the kernel does not take waits in the client's
    /// queue.
    mutating func sendOutbox(to fd: Int32) {
        guard clients[fd].output.isEmpty else { return outbox.withBytes { clients[fd].output.append($0) } }
        if outbox.count <= Self.smallPiece {
            outbox.withBytes { clients[fd].output.append($0) }
            return unsentAnswers.append(fd)
        }
        switch outbox.withBytes({ Sockets.send($0, to: fd) }) {
        case .bytes(let n) where n == outbox.count: return
        case .bytes(let n): outbox.withBytes { clients[fd].output.append($0, n..<$0.byteCount) }
        case .wouldBlock: outbox.withBytes { clients[fd].output.append($0) }
        case .closed, .failed: return clientGone(fd)
        }
        setWantsWrite(client: fd, true)
    }

    /// Sends what was put off. A peer that sleeps on this machine is woken by the first piece and finds the next ones while
    /// it is awake: waking it costs more than sending.
    mutating func sendUnsent() {
        // A request that fails goes to another engine, and is then a new one in the list.
        var next = 0
        while next < unsentRequests.count {
            let up = unsentRequests[next]
            if upstreams[up].phase == .connecting {
                // To an engine nearby the connection stands by now.
                if Sockets.isConnected(up) { connected(up) }
            } else if !upstreams[up].output.isEmpty, !upstreams[up].wantsWrite {
                pumpRequest(up)
            }
            next += 1
        }
        unsentRequests.removeAll(keepingCapacity: true)
        next = 0
        while next < unsentAnswers.count {
            let fd = unsentAnswers[next]
            if !clients[fd].output.isEmpty, !clients[fd].wantsWrite { sendPutOff(fd) }
            next += 1
        }
        unsentAnswers.removeAll(keepingCapacity: true)
    }

    private mutating func sendPutOff(_ fd: Int32) {
        let up = clients[fd].upstream
        if up >= 0, upstreams[up].isReadPaused { return flush(fd) }
        switch clients[fd].output.send(to: fd) {
        case .failed, .closed: return clientGone(fd)
        case .bytes, .wouldBlock: break
        }
        guard clients[fd].output.isEmpty else { return setWantsWrite(client: fd, true) }
        if clients[fd].phase == .flushing { endFlushing(fd) }
    }

    mutating func flush(_ fd: Int32) {
        switch clients[fd].output.send(to: fd) {
        case .failed, .closed: return clientGone(fd)
        case .bytes where clients[fd].phase == .flushing || clients[fd].timer.deadline != .max:
            setClientDeadline(fd, seconds: limits.readerSeconds)
        case .bytes, .wouldBlock: break
        }
        unthrottle(fd)
        guard clients[fd].output.isEmpty else { return setWantsWrite(client: fd, true) }
        setWantsWrite(client: fd, false)
        if isWaitingForEvent(fd) {
            setClientDeadline(fd, seconds: limits.waitingSeconds)
        } else if clients[fd].phase == .exchanging, !clients[fd].isUploading {
            clients[fd].timer.deadline = .max
        }
        if clients[fd].phase == .flushing { endFlushing(fd) }
    }

    private mutating func endFlushing(_ fd: Int32) {
        clients[fd].phase = .exchanging
        flushingCount -= 1
        endAnswer(fd)
    }

    private mutating func setWantsWrite(client fd: Int32, _ wanted: Bool) {
        guard clients[fd].wantsWrite != wanted else { return }
        clients[fd].wantsWrite = wanted
        updateInterest(ofClient: fd)
    }

    static func phrase(_ status: Int) -> StaticString {
        switch status {
        case 200: " OK"
        case 400: " Bad Request"
        case 404: " Not Found"
        case 408: " Request Timeout"
        case 413: " Content Too Large"
        case 417: " Expectation Failed"
        case 429: " Too Many Requests"
        case 431: " Request Header Fields Too Large"
        case 499: " Client Closed Request"
        case 501: " Not Implemented"
        case 502: " Bad Gateway"
        case 503: " Service Unavailable"
        case 505: " HTTP Version Not Supported"
        default: " Error"
        }
    }
}
