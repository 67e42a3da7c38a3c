/// Retry: whether a request that failed before its first byte is sent again.
extension ProxyLoop {
    /// A request may be sent again while its client has got nothing, and only where that is harmless.
    func mayRetry(_ fd: Int32) -> Bool {
        let isHarmless = clients[fd].route == .inference || clients[fd].head.method == .get
        let attempts = Int(clients[fd].exchange.attempts)
        return !clients[fd].exchange.hasStarted && isHarmless && attempts <= limits.retries
            && attempts < Exchange.attemptLimit
    }

    /// Whether it is harmless, somebody can take it now or soon, and the budget is not spent.
    mutating func maySendAgain(_ fd: Int32, isFree: Bool = false) -> Bool {
        guard mayRetry(fd), case .model(let model) = matchModel(fd),
            hasOtherCandidate(fd, model: model) || mayWait(fd, model: model)
        else { return false }
        if isFree || retryBudget.allows(now: now, inFlight: activeCount) { return true }
        counters.retriesDenied += 1
        return false
    }

    /// A node that it has not failed on is full or asked to be left alone, but will be free while the request may wait.
    private func mayWait(_ fd: Int32, model: Int?) -> Bool {
        guard fleet.queueCapacity > 0 else { return false }
        let until = clients[fd].exchange.queuedUntil
        let patience = until == 0 ? limits.queueSeconds : until > now ? Double(until - now) / 1e9 : 0
        return nodes(for: model).contains { index in
            let pause = fleet.nodes[index].load.busySeconds(now)
            return fleet.nodes[index].takesRequests && pause < patience
                && (pause > 0 || !clients[fd].exchange.hasTried(index))
        }
    }

    /// No descriptor is left for a connection: no node's fault, so it waits until one is.
    mutating func waitForDescriptor(_ fd: Int32) {
        uncount(fd)
        clients[fd].exchange.forgetLastAttempt()
        if let spare = idle.indices.first(where: { !idle[$0].isEmpty }), let up = idle[spare].first {
            closeUpstream(up)
        }
        guard case .model(let model) = matchModel(fd) else {
            return refuse(
                fd, 503, "no file descriptors are left for a connection", type: "overloaded_error",
                retryAfter: Self.shedRetrySeconds)
        }
        wait(fd, model: model, notBefore: now + TimerWheel.nanosecondsPerTick)
    }

    /// An engine said when to come back (429 or 503 with Retry-After): nothing goes there before.
    mutating func leaveAlone(_ up: Int32, _ head: ResponseHead) {
        let longest = NodeLoad.longestPauseNanoseconds / 1_000_000_000
        let seconds = min(UInt64(clamping: head.retryAfter ?? 0), longest)
        fleet.nodes[Int(upstreams[up].node)].load.busy(until: now + seconds * 1_000_000_000)
    }
}
