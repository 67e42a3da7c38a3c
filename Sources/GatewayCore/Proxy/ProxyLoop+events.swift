/// Relay of event streams: framing off, whole events through the stream's filter.
extension ProxyLoop {
    /// Only whole events go on, in one chunk for each run of them; what only the gateway asked for stays.
    mutating func relayEvents(_ up: Int32, _ bytes: RawSpan, _ out: inout ByteQueue) -> RelayResult {
        var events = ByteQueue()
        swap(&events, &payload)
        defer { swap(&events, &payload) }
        events.removeAll()
        if !upstreams[up].carry.isEmpty {
            upstreams[up].carry.withBytes { events.append($0) }
            upstreams[up].carry.clear()
        }
        if let reason = unframe(up, bytes, &events) { return .malformed(reason) }
        let fd = upstreams[up].client
        let before = upstreams[up].observer.contentEvents
        let hasEnded = upstreams[up].hasEnded
        let isContinuing = clients[fd].record.isContinuing
        let (used, fault) = events.withBytes { bytes in
            isContinuing
                ? upstreams[up].filter.takeContinued(
                    bytes, hasEnded: hasEnded, record: &clients[fd].record, into: &out)
                : upstreams[up].filter.take(
                    bytes, hasEnded: hasEnded, record: &clients[fd].record, into: &out)
        }
        if used < events.count {
            events.withBytes { upstreams[up].carry.append($0, used..<$0.byteCount) }
        }
        let after = upstreams[up].observer.contentEvents
        if after > before {
            tokensCame(fd, after - before, isFirst: before == 0)
            setStreaming(up, true)
        }
        if let fault { return .fault(fault) }
        guard hasEnded else { return .goesOn }
        if lacksEnd(up), !upstreams[up].filter.takesFault() { return .fault(.truncated) }
        if clients[fd].head.minorVersion == 1 { out.append("0\r\n\r\n") }
        return .ended
    }

    /// Appends the data of a read to `events`, out of whatever framing it came in. Returns what is wrong with the framing.
    mutating func unframe(_ up: Int32, _ bytes: RawSpan, _ events: inout ByteQueue) -> String? {
        guard !upstreams[up].hasEnded else { return nil }
        switch upstreams[up].framing {
        case .none: upstreams[up].hasEnded = true
        case .untilClose: events.append(bytes)
        case .length:
            let n = min(bytes.byteCount, upstreams[up].bodyLeft)
            events.append(bytes, 0..<n)
            upstreams[up].bodyLeft -= n
            if n < bytes.byteCount { upstreams[up].keepsAlive = false }
            upstreams[up].hasEnded = upstreams[up].bodyLeft == 0
        case .chunked:
            var decoder = upstreams[up].decoder
            defer { upstreams[up].decoder = decoder }
            var offset = 0
            while true {
                switch decoder.next(bytes, &offset) {
                case .data(let range): events.append(bytes, range)
                case .needsMore: return nil
                case .malformed(let reason): return "\(reason)"
                case .end(let end):
                    if end < bytes.byteCount { upstreams[up].keepsAlive = false }
                    upstreams[up].hasEnded = true
                    return nil
                }
            }
        }
        return nil
    }

    mutating func tokensCame(_ fd: Int32, _ count: Int, isFirst: Bool) {
        fleet.nodes[Int(clients[fd].exchange.node)].load.tokensStreamed(count)
        clients[fd].exchange.lastToken = now
        guard isFirst else { return }
        if clients[fd].exchange.firstToken == 0 { clients[fd].exchange.firstToken = now }
        prefilled(fd)
    }
}
