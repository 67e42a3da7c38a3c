/// Settle: how requests end, what the ledger gets of them, and what happens when an engine fails.
extension ProxyLoop {
    /// The answer is complete: the connection goes back to its pool, the client to its next request.
    mutating func answered(_ up: Int32) {
        let fd = upstreams[up].client
        if !upstreams[up].isEventStream, !upstreams[up].carry.isEmpty {
            upstreams[up].usage = upstreams[up].carry.withBytes { Usage.find(in: $0, 0..<$0.byteCount) }
        }
        learnFromAnswer(up, fd)
        let isFailure =
            upstreams[up].isEventStream ? upstreams[up].observer.hasError : upstreams[up].status >= 500
        settle(fd, isFailure ? .failed : .completed, up: up)
        clients[fd].upstream = -1
        if upstreams[up].keepsAlive, upstreams[up].hasSentRequest, !clients[fd].isUploading {
            park(up)
        } else {
            closeUpstream(up)
        }
        endAnswer(fd)
    }

    private mutating func park(_ up: Int32) {
        let node = Int(upstreams[up].node)
        guard idle[node].count < Self.idlePerNode else { return closeUpstream(up) }
        upstreams[up].reset()
        setStreaming(up, false)
        upstreams[up].phase = .idle
        upstreams[up].isReused = true
        setUpstreamDeadline(up, seconds: Self.idleUpstreamSeconds)
        idle[node].append(up)
    }

    mutating func closeUpstream(_ up: Int32) {
        if upstreams[up].phase == .idle {
            let node = Int(upstreams[up].node)
            if let place = idle[node].firstIndex(of: up) { idle[node].remove(at: place) }
        }
        let fd = upstreams[up].client
        if fd >= 0, clients[fd].upstream == up { clients[fd].upstream = -1 }
        upstreams[up].reset()
        upstreams[up].isStreaming = false
        upstreams[up].phase = .free
        upstreams[up].timer.deadline = .max
        Sockets.close(up)
    }

    mutating func upstreamExpired(_ up: Int32) {
        switch upstreams[up].phase {
        case .free: break
        case .idle: closeUpstream(up)
        case .connecting:
            upstreamFailed(
                up, "it did not accept a connection in \(limits.connectSeconds) s (limits.connectSeconds)")
        case .awaiting:
            upstreamFailed(up, silence(of: upstreams[up].client))
        case .relaying:
            expired(relaying: up)
        }
    }

    // MARK: failure

    /// A stream whose end only the closed connection tells, and that did not end as one that succeeded does: cut off.
    func lacksEnd(_ up: Int32) -> Bool {
        upstreams[up].isEventStream && !upstreams[up].observer.isComplete && !upstreams[up].observer.hasError
            && clients[upstreams[up].client].route == .inference
    }

    /// An engine's connection failed: the request goes elsewhere, or its client is told.
    /// - Parameter isClosed: it was closed, which a kept connection may be without anybody's fault.
    mutating func upstreamFailed(_ up: Int32, _ problem: String, isClosed: Bool = false) {
        let fd = upstreams[up].client
        let node = Int(upstreams[up].node)
        let isStale =
            isClosed && upstreams[up].isReused && upstreams[up].phase == .awaiting
            && upstreams[up].input.isEmpty
        guard fd >= 0 else { return closeUpstream(up) }
        let isContinuing = clients[fd].record.isContinuing
        if clients[fd].exchange.hasStarted, !(isStale && isContinuing) {
            return carryOnOrBreakOff(fd, up, problem)
        }
        closeUpstream(up)
        if isStale, isContinuing || mayRetry(fd), fleet.nodes[node].takesRequests {
            // The engine closed a kept connection as we wrote: no failure of anybody's.
            uncount(fd)
            clients[fd].exchange.forgetLastAttempt()
            return dispatch(fd, to: node, fresh: true)
        }
        retryOrFail(fd, problem)
    }

    /// This attempt failed before its first byte.
    /// - Parameters:
    ///   - isNodesFault: false for an engine that is merely busy and for what an operator did.
    ///   - isFree: it does not count against the budget of retries.
    mutating func retryOrFail(
        _ fd: Int32, _ problem: String, isNodesFault: Bool = true, isFree: Bool = false
    ) {
        let node = fleet.nodes[Int(clients[fd].exchange.node)]
        if isNodesFault { node.load.failedBeforeFirstByte() }
        let dollars = uncount(fd)
        if clients[fd].exchange.hasStarted { return strand(fd) }
        if maySendAgain(fd, isFree: isFree), case .model(let model) = matchModel(fd) {
            counters.retried += 1
            if !isFree { retryBudget.retry(now: now) }
            record(fd, .failed, up: -1, dollars: dollars, isRetry: true)
            if !route(fd, model: model) { wait(fd, model: model) }
            return
        }
        refuse(
            fd, 502, "\(node.name) at \(node.url): \(problem)", type: "upstream_error", outcome: .failed,
            dollars: dollars)
    }

    /// The node was taken out while a connection to it was being made: nothing has been sent, so it goes elsewhere.
    mutating func routeAnew(_ up: Int32) {
        let fd = upstreams[up].client
        closeUpstream(up)
        uncount(fd)
        clients[fd].exchange.forgetLastAttempt()
        if !clients[fd].exchange.hasStarted { return admit(fd) }
        if !goOnElsewhere(fd) { strand(fd) }
    }

    /// The answer had begun: the stream is ended with an error event, or the connection is closed so that the client
    /// sees that the answer is not whole.
    mutating func breakOff(_ fd: Int32, _ up: Int32, _ problem: String) {
        let node = fleet.nodes[Int(upstreams[up].node)]
        settle(fd, .failed, up: up)
        let why = clients[fd].record.obstacles.subtracting(allowedObstacles)
        let cannot = why.isEmpty || limits.migration == .off ? "" : "; it cannot be continued: \(why.words)"
        breakOff(fd, up, isStream: upstreams[up].isEventStream, "\(node.name): \(problem)\(cannot)")
    }

    /// - Parameter up: -1 when it has no node now.
    mutating func breakOff(_ fd: Int32, _ up: Int32, isStream: Bool, _ message: String) {
        clients[fd].closesAfterAnswer = true
        if up >= 0 { closeUpstream(up) }
        guard isStream else { return closeClient(fd) }
        sendErrorEvent(fd, message)
        guard clients[fd].phase == .exchanging else { return }
        endAnswer(fd)
    }

    mutating func sendErrorEvent(_ fd: Int32, _ message: String) {
        var event = ByteQueue()
        event.append("data: {\"error\":{\"message\":\"")
        event.append(text: jsonEscaped(message))
        event.append("\",\"type\":\"upstream_error\",\"param\":null,\"code\":502}}\n\n")
        outbox.removeAll()
        let reframes = clients[fd].head.minorVersion == 1
        if reframes {
            outbox.append(hexadecimal: event.count)
            outbox.append("\r\n")
        }
        event.withBytes { outbox.append($0) }
        if reframes { outbox.append("\r\n0\r\n\r\n") }
        sendOutbox(to: fd)
    }

    /// Ends what is left on a node, or on all of them.
    mutating func cutStreams(on node: Int?, _ reason: String) {
        var fd = firstActive
        while fd >= 0 {
            let next = clients[fd].nextActive
            let up = clients[fd].upstream
            if up >= 0, node == nil || Int(clients[fd].exchange.node) == node {
                if clients[fd].exchange.hasStarted {
                    breakOff(fd, up, reason)
                } else {
                    closeUpstream(up)
                    retryOrFail(fd, reason, isNodesFault: false, isFree: true)
                }
            }
            fd = next
        }
    }

    /// An agent's workflow is given up: its requests end with an error that says so.
    mutating func cancel(_ sessions: Set<UInt64>) {
        var family = sessions
        var fd = firstActive
        while fd >= 0 {
            let next = clients[fd].nextActive
            if let session = clients[fd].exchange.sessionHash {
                // One that has settled nothing yet is in no ledger: its request tells, and came after its parent's.
                if let parent = parentHash(of: fd), family.contains(parent) { family.insert(session) }
                if family.contains(session) { cancel(fd, "its session was cancelled") }
            }
            fd = next
        }
    }

    mutating func cancel(stream id: UInt64) {
        var fd = firstActive
        while fd >= 0, clients[fd].exchange.id != id { fd = clients[fd].nextActive }
        if fd >= 0 { cancel(fd, "an operator cancelled it") }
    }

    private mutating func cancel(_ fd: Int32, _ reason: String) {
        mailbox.cancelledOne()
        let up = clients[fd].upstream
        if up >= 0, clients[fd].exchange.hasStarted {
            let isStream = upstreams[up].isEventStream
            settle(fd, .cancelled, up: up)
            return breakOff(fd, up, isStream: isStream, reason)
        }
        if up >= 0 { closeUpstream(up) }
        refuse(fd, 499, reason, type: "cancelled", outcome: .cancelled)
    }

    /// The client went away: its engine is told at once by closing the connection.
    mutating func clientGone(_ fd: Int32) {
        let up = clients[fd].upstream
        switch clients[fd].phase {
        case .body, .queued, .exchanging: settle(fd, .cancelled, up: up)
        case .free, .head, .flushing, .lingering: break
        }
        if up >= 0 { closeUpstream(up) }
        closeClient(fd)
    }

    // MARK: books

    /// Takes a request off the books and hands it to the ledger.
    /// - Parameter dollars: what it cost on a node that it is not on any more.
    mutating func settle(_ fd: Int32, _ outcome: Outcome, up: Int32, dollars: Double = 0) {
        guard clients[fd].exchange.isOpen else { return }
        clients[fd].exchange.isOpen = false
        leaveQueue(fd)
        let cost = uncount(fd) + dollars
        release(fd)
        switch outcome {
        case .completed: counters.completed += 1
        case .cancelled: counters.cancelled += 1
        case .failed: counters.failed += 1
        case .refused: counters.refused += 1
        }
        record(fd, outcome, up: up, dollars: cost, isRetry: false)
        unlistActive(fd)
    }

    /// - Parameter isHandedOn: another node goes on with the stream; what this one said the client has.
    mutating func record(
        _ fd: Int32, _ outcome: Outcome, up: Int32, dollars: Double, isRetry: Bool, isHandedOn: Bool = false
    ) {
        let events = up >= 0 ? upstreams[up].observer.contentEvents : 0
        let usage = up >= 0 ? answerUsage(up) : nil
        // What another node generated is in its own settlement; this one took it for a part of the prompt.
        let given = clients[fd].record.givenTokens
        let output = usage?.outputTokens.map { max(0, $0 - given) } ?? events
        if !isRetry, !isHandedOn { settleService(fd, output: output) }
        var tpot: UInt64?
        let (firstToken, lastToken) = (clients[fd].exchange.firstToken, clients[fd].exchange.lastToken)
        let (node, began) = (clients[fd].exchange.node, clients[fd].exchange.began)
        if firstToken > 0, output > 1, lastToken > firstToken {
            tpot = (lastToken - firstToken) / UInt64(output - 1)
        }
        if outcome == .completed, let tpot {
            fleet.nodes[Int(node)].load.decoded(secondsPerToken: Double(tpot) / 1e9, now: now)
        }
        settlements.append(
            Settlement(
                stream: clients[fd].exchange.id, node: node, outcome: outcome, isRetry: isRetry,
                isHandedOn: isHandedOn, payers: payers(of: fd),
                ttftNanoseconds: firstToken > 0 ? firstToken - began : nil,
                tpotNanoseconds: tpot, e2eNanoseconds: now - began,
                promptTokens: UInt32(
                    clamping: usage?.promptTokens.map { $0 + given }
                        ?? Int(clients[fd].exchange.promptTokens)),
                promptTokensEstimated: usage?.promptTokens == nil,
                predictedCachedTokens: UInt32(clamping: clients[fd].exchange.cachedTokens),
                cachedTokens: usage?.cachedTokens.map { UInt32(clamping: $0) },
                outputTokens: UInt32(clamping: output), dollars: dollars))
        if outcome != .refused { tellNames(of: fd) }
        if settlements.count >= 256 { handOver() }
    }

    private func answerUsage(_ up: Int32) -> Usage? {
        upstreams[up].isEventStream ? upstreams[up].observer.usage : upstreams[up].usage
    }

    /// Bytes for a token of this model.
    private mutating func learnFromAnswer(_ up: Int32, _ fd: Int32) {
        guard upstreams[up].status < 300, !clients[fd].record.isContinuing else { return }
        learnTokens(fd)
        let usage = answerUsage(up)
        let promptBytes = clients[fd].exchange.promptBytes
        if let tokens = usage?.promptTokens, tokens > 16, promptBytes > 0 {
            bytesPerToken.learn(
                Double(promptBytes) / Double(tokens), model: clients[fd].exchange.modelHash)
        }
        if !upstreams[up].isEventStream, let tokens = usage?.outputTokens {
            fleet.nodes[Int(clients[fd].exchange.node)].load.tokensStreamed(tokens)
        }
    }

    /// Which node made a stateful id: told by the first bytes of an answer, streamed or not.
    func rememberID(in bytes: RawSpan, _ range: Range<Int>, _ up: Int32) {
        let fd = upstreams[up].client
        // A completion's id names nothing that can be asked for later.
        guard clients[fd].completion == nil else { return }
        guard upstreams[up].status < 300, let at = bytes.first("\"id\":", in: range) else { return }
        var scan = JSONScan(at: at + 5)
        guard let id = scan.string(bytes) else { return }
        shared.madeIDs.remember(PromptHash.of(bytes, id), node: Int(upstreams[up].node))
    }

    mutating func handOver() {
        counters.settlementsDropped += UInt64(mailbox.hand(over: &settlements, &names))
    }
}
