/// Limits of time: how long an engine may be silent, and a request may take.
extension ProxyLoop {
    /// The slowest answer, in tokens a second, that is still taken for work where it comes in one piece.
    private static let slowestDecode = 10.0
    /// Output tokens of such an answer where the request does not say.
    private static let usualOutput = 4096

    /// From sending a request to an engine to its first token: a long prompt is busy, not dead.
    ///
    /// The first byte of an answer in one piece comes after its last token.
    func firstTokenSeconds(for fd: Int32) -> Double {
        let tokens = Double(max(0, clients[fd].exchange.promptTokens))
        let prefill = limits.firstTokenSeconds + tokens / limits.prefillTokensPerSecond
        guard clients[fd].route == .inference, !clients[fd].facts.isStreaming else { return prefill }
        return prefill + Double(clients[fd].facts.maxTokens ?? Self.usualOutput) / Self.slowestDecode
    }

    /// How long the engine of a request that is on a node may be silent now.
    ///
    /// vLLM says 200 and the assistant's role before it has scheduled a stream: until the first token comes, it is in
    /// prefill.
    func silenceSeconds(for fd: Int32) -> Double {
        let up = clients[fd].upstream
        let isPrefilling = up >= 0 && upstreams[up].isEventStream && !upstreams[up].observer.hasFirstToken
        return isPrefilling ? firstTokenSeconds(for: fd) : limits.stallSeconds
    }

    /// What an engine did that was silent for too long.
    func silence(of fd: Int32) -> String {
        let up = clients[fd].upstream
        if up >= 0, upstreams[up].phase == .relaying, silenceSeconds(for: fd) == limits.stallSeconds {
            return "nothing came for \(limits.stallSeconds) s (limits.stallSeconds)"
        }
        let seconds = (firstTokenSeconds(for: fd) * 10).rounded() / 10
        return "no token came in \(seconds) s (limits.firstTokenSeconds, and the prompt's"
            + " \(clients[fd].exchange.promptTokens) tokens at limits.prefillTokensPerSecond)"
    }

    /// Ends requests that are older than limits.requestSeconds: the list is in the order of their arrival.
    mutating func endOverdue() {
        guard limits.requestSeconds > 0, now >= nextOverdue else { return }
        nextOverdue = now + TimerWheel.nanosecondsPerTick
        let limit = UInt64(limits.requestSeconds * 1e9)
        while firstActive >= 0, now - clients[firstActive].exchange.began >= limit {
            let fd = firstActive
            endOverdue(fd)
            if firstActive == fd { return }
        }
    }

    private mutating func endOverdue(_ fd: Int32) {
        let reason = "the request took longer than \(limits.requestSeconds) s (limits.requestSeconds)"
        let up = clients[fd].upstream
        switch clients[fd].phase {
        case .body: refuseAndClose(fd, 408, reason, type: "timeout_error")
        case .exchanging where clients[fd].exchange.hasStarted && up >= 0:
            let isStream = upstreams[up].isEventStream
            settle(fd, .failed, up: up)
            breakOff(fd, up, isStream: isStream, reason)
        case .queued, .exchanging:
            if up >= 0 { closeUpstream(up) }
            refuse(fd, 504, reason, type: "timeout_error", outcome: .failed)
        case .free, .head, .flushing, .lingering: break
        }
    }
}
