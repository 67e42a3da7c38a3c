/// Migrate: a stream whose node fails or is to be emptied goes on elsewhere.
extension ProxyLoop {
    /// Something is wrong in a stream: it is told, and the operator's policy for it is carried out.
    mutating func handle(_ fault: StreamFault, _ up: Int32, _ fd: Int32) {
        if clients[fd].record.obstacles.contains(.diverged) {
            return breakOff(fd, up, "the stream was to go on here")
        }
        tell(fault, up, fd)
        let problem = "its stream is faulty: \(fault.words)"
        let policy = limits.faults[fault]
        if !clients[fd].exchange.hasStarted, policy != .report, mayRetry(fd),
            case .model(let model) = matchModel(fd), hasOtherCandidate(fd, model: model)
        {
            closeUpstream(up)
            return retryOrFail(fd, problem)
        }
        if policy == .migrate, carryOn(fd, up) { return }
        if policy == .cut || fault == .truncated && policy == .migrate { return breakOff(fd, up, problem) }
        upstreams[up].filter.letFaultPass()
        relayOn(up)
    }

    /// A few faults of a stream, with the bytes that show them.
    mutating func tell(_ fault: StreamFault, _ up: Int32, _ fd: Int32, evidence: String? = nil) {
        guard clients[fd].exchange.faults < 4 else { return }
        clients[fd].exchange.faults += 1
        let seen = upstreams[up].carry.withBytes { $0.text(0..<min(120, $0.byteCount)) }
        mailbox.hand(
            over: FaultNotice(
                fault: fault, node: Int(upstreams[up].node), stream: clients[fd].exchange.id,
                evidence: evidence ?? seen))
    }

    /// Nothing came for the stall limit.
    mutating func expired(relaying up: Int32) {
        let fd = upstreams[up].client
        let problem = silence(of: fd)
        if upstreams[up].isEventStream { tell(.stalled, up, fd, evidence: problem) }
        guard limits.faults[.stalled] != .report || !upstreams[up].isEventStream else {
            return setUpstreamDeadline(up, seconds: silenceSeconds(for: fd))
        }
        if limits.faults[.stalled] == .cut, clients[fd].exchange.hasStarted {
            return breakOff(fd, up, problem)
        }
        upstreamFailed(up, problem)
    }

    mutating func carryOnOrBreakOff(_ fd: Int32, _ up: Int32, _ problem: String) {
        if !carryOn(fd, up) { breakOff(fd, up, problem) }
    }

    /// Whether the client's text can be continued by another node.
    private func canGoOn(_ fd: Int32) -> Bool {
        clients[fd].exchange.hasStarted && clients[fd].record.isArmed
            && clients[fd].record.obstacles.subtracting(allowedObstacles).isEmpty
            && clients[fd].record.continuations < limits.migrations
            && !(clients[fd].record.usesIDs && clients[fd].record.promptIDs.isEmpty)
    }

    /// Nothing but a role has come (vLLM sends it before it has scheduled anything): another node can begin.
    private func canBeginAnew(_ fd: Int32, _ up: Int32) -> Bool {
        clients[fd].exchange.hasStarted && clients[fd].exchange.firstToken == 0
            && upstreams[up].isEventStream && limits.migration != .off
            && clients[fd].completion != nil
            && clients[fd].record.continuations < limits.migrations
    }

    /// Takes a stream away from its node and lets another one go on, now or as soon as one can. False: it cannot go on.
    mutating func carryOn(_ fd: Int32, _ up: Int32) -> Bool {
        if conclude(fd, up) { return true }
        let isAnew = canBeginAnew(fd, up)
        guard isAnew || canGoOn(fd) else { return false }
        let node = clients[fd].exchange.node
        let dollars = uncount(fd)
        record(fd, .failed, up: up, dollars: dollars, isRetry: false, isHandedOn: true)
        closeUpstream(up)
        if isAnew { clients[fd].record.beginAnew() } else { clients[fd].record.continueElsewhere() }
        counters.migrated += 1
        if !isAnew, !clients[fd].record.obstacles.isEmpty { markInexact(fd) }
        guard clients[fd].phase == .exchanging else { return true }
        var goesOn = goOnElsewhere(fd)
        if !goesOn {
            // Nobody is left that it has not been on: any but the one that it leaves.
            clients[fd].exchange.forgetAttempts(but: node)
            goesOn = goOnElsewhere(fd)
        }
        if !goesOn { strand(fd) }
        setClientDeadline(fd, seconds: limits.waitingSeconds)
        return true
    }

    /// It waits for a node that can go on with it.
    mutating func strand(_ fd: Int32) {
        stranded.append((fd, clients[fd].exchange.id, now + UInt64(limits.queueSeconds * 1e9)))
    }

    mutating func goOnElsewhere(_ fd: Int32) -> Bool {
        guard case .model(let model) = matchModel(fd) else { return false }
        return route(fd, model: model)
    }

    private mutating func markInexact(_ fd: Int32) {
        counters.migratedInexactly += 1
        sendEvent(": another node goes on from here, not exactly\n\n", to: fd)
    }

    /// A node failed after everything that matters had come: the end mark is ours to send.
    private mutating func conclude(_ fd: Int32, _ up: Int32) -> Bool {
        guard clients[fd].exchange.hasStarted, upstreams[up].isEventStream, upstreams[up].observer.isComplete,
            clients[fd].completion != nil,
            !clients[fd].facts.asksForUsage || upstreams[up].observer.usage != nil
        else { return false }
        var rest = ByteQueue()
        upstreams[up].filter.end(into: &rest)
        if !upstreams[up].observer.hasDone {
            var mark = ByteQueue()
            mark.append("data: [DONE]\n\n")
            mark.withBytes { upstreams[up].filter.pass($0, 0..<$0.byteCount, &rest) }
        }
        if clients[fd].head.minorVersion == 1 { rest.append("0\r\n\r\n") }
        swap(&rest, &outbox)
        sendOutbox(to: fd)
        swap(&rest, &outbox)
        guard clients[fd].phase == .exchanging, clients[fd].upstream == up else { return true }
        upstreams[up].keepsAlive = false
        answered(up)
        return true
    }

    // MARK: streams that no node can take

    /// Looks again when the fleet has changed, and ten times a second for their deadlines.
    mutating func retryStranded() {
        guard fleet.version != strandedVersion || now >= nextStranded else { return }
        strandedVersion = fleet.version
        nextStranded = now + TimerWheel.nanosecondsPerTick
        let list = stranded
        stranded.removeAll(keepingCapacity: true)
        for entry in list {
            guard clients[entry.fd].phase == .exchanging, clients[entry.fd].exchange.id == entry.id,
                clients[entry.fd].upstream < 0
            else { continue }
            if goOnElsewhere(entry.fd) { continue }
            if now < entry.until {
                stranded.append(entry)
            } else {
                settle(entry.fd, .failed, up: -1)
                breakOff(
                    entry.fd, -1, isStream: true,
                    "no other node could go on with the stream in \(Int(limits.queueSeconds)) s")
            }
        }
    }

    // MARK: the operator's move

    /// Moves what can be moved off a node; the rest stays until it ends.
    mutating func moveStreams(off node: Int) {
        var fd = firstActive
        while fd >= 0 {
            let next = clients[fd].nextActive
            let up = clients[fd].upstream
            if up >= 0, clients[fd].phase == .exchanging, Int(clients[fd].exchange.node) == node {
                move(fd, up)
            }
            fd = next
        }
    }

    private mutating func move(_ fd: Int32, _ up: Int32) {
        guard case .model(let model) = matchModel(fd), hasOtherCandidate(fd, model: model) else { return }
        if clients[fd].exchange.hasStarted {
            let engine = clients[fd].record.engine
            if canBeginAnew(fd, up) || candidates.contains(where: { fleet.nodes[$0.node].engine == engine }) {
                _ = carryOn(fd, up)
            }
        } else if mayRetry(fd) {
            closeUpstream(up)
            retryOrFail(fd, "the operator moved its requests", isNodesFault: false, isFree: true)
        }
    }

    // MARK: a client that waits

    /// Nothing of the answer has come for a while: a 200 and comments keep whatever is in between from cutting the
    /// connection. The request can still be sent again.
    mutating func sayWaiting(_ fd: Int32) {
        setClientDeadline(fd, seconds: limits.waitingSeconds)
        if !clients[fd].exchange.hasStarted, !clients[fd].exchange.isCommitted {
            clients[fd].exchange.isCommitted = true
            var head = ByteQueue()
            head.append("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n")
            if clients[fd].head.minorVersion == 0 {
                clients[fd].closesAfterAnswer = true
            } else {
                head.append("transfer-encoding: chunked\r\n")
            }
            if clients[fd].closesAfterAnswer { head.append("connection: close\r\n") }
            head.append("\r\n")
            swap(&head, &outbox)
            sendOutbox(to: fd)
            swap(&head, &outbox)
            guard clients[fd].phase != .free else { return }
            let up = clients[fd].upstream
            if up >= 0 { upstreams[up].heldHead.clear() }
        }
        sendEvent(": waiting\n\n", to: fd)
    }

    /// Whether a client waits for the first event, or for a node that goes on.
    func isWaitingForEvent(_ fd: Int32) -> Bool {
        guard clients[fd].phase == .exchanging, clients[fd].route == .inference,
            clients[fd].facts.isStreaming
        else { return false }
        let up = clients[fd].upstream
        return !clients[fd].exchange.hasStarted || up < 0 || !upstreams[up].observer.hasFirstToken
    }

    /// Sends an event of the gateway's own into a stream.
    private mutating func sendEvent(_ text: StaticString, to fd: Int32) {
        var event = ByteQueue()
        let reframes = clients[fd].head.minorVersion == 1
        if reframes {
            event.append(hexadecimal: text.utf8CodeUnitCount)
            event.append("\r\n")
        }
        event.append(text)
        if reframes { event.append("\r\n") }
        swap(&event, &outbox)
        sendOutbox(to: fd)
        swap(&event, &outbox)
    }
}
