/// Assemble: a stream that an engine was asked for becomes the one answer that its client asked for.
extension ProxyLoop {
    /// Whether a request is streamed from this node though its client wants one answer: the engine would not notice that
    /// the client has left.
    func assembles(_ fd: Int32, from engine: EngineKind) -> Bool {
        engine == .llamacpp && clients[fd].route == .inference && !clients[fd].facts.isStreaming
            && !clients[fd].facts.prompt.isEmpty && clients[fd].completion != nil
            && !clients[fd].facts.obstacles.contains(.severalChoices)
    }

    mutating func assemble(_ up: Int32, _ bytes: RawSpan) {
        var events = ByteQueue()
        swap(&events, &payload)
        defer { swap(&events, &payload) }
        events.removeAll()
        upstreams[up].carry.withBytes { events.append($0) }
        upstreams[up].carry.clear()
        if let reason = unframe(up, bytes, &events) {
            return upstreamFailed(up, "its body is malformed: \(reason)")
        }
        let fd = upstreams[up].client
        let before = upstreams[up].observer.contentEvents
        let used = events.withBytes { bytes in
            var start = 0
            while let end = bytes.eventEnd(from: start) {
                _ = upstreams[up].filter.observer.event(bytes, start..<end, hidesUsage: false)
                upstreams[up].answer?.take(bytes, start..<end)
                start = end
            }
            return start
        }
        if used < events.count { events.withBytes { upstreams[up].carry.append($0, used..<$0.byteCount) } }
        let after = upstreams[up].observer.contentEvents
        if after > before { tokensCame(fd, after - before, isFirst: before == 0) }
        if (upstreams[up].answer?.byteCount ?? 0) > limits.maxBodyBytes {
            return upstreamFailed(up, "its answer is larger than limits.maxBodyBytes")
        }
        guard upstreams[up].hasEnded else {
            if upstreams[up].observer.hasFirstToken { setUpstreamDeadline(up, seconds: limits.stallSeconds) }
            return
        }
        endAssembly(up, fd)
    }

    private mutating func endAssembly(_ up: Int32, _ fd: Int32) {
        if let error = upstreams[up].answer?.error {
            tell(.errorEvent, up, fd, evidence: String(decoding: error.prefix(120), as: UTF8.self))
            return upstreamFailed(
                up, "it answered an error: \(String(decoding: error.prefix(400), as: UTF8.self))")
        }
        if lacksEnd(up) {
            tell(.truncated, up, fd)
            return upstreamFailed(up, "it ended without a finish reason")
        }
        var body = ByteQueue()
        upstreams[up].answer?.append(to: &body)
        clients[fd].exchange.hasStarted = true
        fleet.nodes[Int(upstreams[up].node)].load.succeeded()
        outbox.removeAll()
        outbox.append("HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ")
        outbox.append(decimal: body.count)
        if clients[fd].closesAfterAnswer {
            outbox.append("\r\nconnection: close")
        } else if clients[fd].head.minorVersion == 0 {
            outbox.append("\r\nconnection: keep-alive")
        }
        outbox.append("\r\n\r\n")
        body.withBytes { outbox.append($0) }
        sendOutbox(to: fd)
        guard clients[fd].phase == .exchanging, clients[fd].upstream == up else { return }
        answered(up)
    }
}
