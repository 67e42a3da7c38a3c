/// Relay of event streams: framing off, whole events through, the usage event that the gateway asked for kept back.
extension ProxyLoop {
    /// Event streams: only whole events go on, in one chunk for each read; the usage event that the gateway asked for stays.
    mutating func relayEvents(_ up: Int32, _ bytes: RawSpan, _ out: inout ByteQueue) -> RelayResult {
        var events = ByteQueue()
        swap(&events, &payload)
        defer { swap(&events, &payload) }
        events.removeAll()
        if !upstreams[up].carry.isEmpty {
            upstreams[up].carry.withBytes { events.append($0) }
            upstreams[up].carry.clear()
        }
        let unframed = unframe(up, bytes, &events)
        if case .malformed = unframed { return unframed }
        let fd = upstreams[up].client
        var observer = upstreams[up].observer
        let hidesUsage = clients[fd].exchange.hidesUsage
        let before = observer.contentEvents
        let reframes = clients[fd].head.minorVersion == 1
        let hasEnded = unframed == .ended
        let used = events.withBytes { Self.takeEvents($0, &observer, hidesUsage, hasEnded, reframes, &out) }
        upstreams[up].observer = observer
        if used < events.count {
            events.withBytes { upstreams[up].carry.append($0, used..<$0.byteCount) }
        }
        if observer.contentEvents > before {
            tokensCame(fd, observer.contentEvents - before, isFirst: before == 0)
        }
        if hasEnded, reframes { out.append("0\r\n\r\n") }
        return unframed
    }

    /// Appends the data of a read to `events`, out of whatever framing it came in.
    private mutating func unframe(_ up: Int32, _ bytes: RawSpan, _ events: inout ByteQueue) -> RelayResult {
        switch upstreams[up].framing {
        case .none: return .ended
        case .untilClose:
            events.append(bytes)
            return .goesOn
        case .length:
            let n = min(bytes.byteCount, upstreams[up].bodyLeft)
            events.append(bytes, 0..<n)
            upstreams[up].bodyLeft -= n
            return upstreams[up].bodyLeft == 0 ? .ended : .goesOn
        case .chunked:
            var decoder = upstreams[up].decoder
            defer { upstreams[up].decoder = decoder }
            var offset = 0
            while true {
                switch decoder.next(bytes, &offset) {
                case .data(let range): events.append(bytes, range)
                case .needsMore: return .goesOn
                case .malformed(let reason): return .malformed("\(reason)")
                case .end(let end):
                    if end < bytes.byteCount { upstreams[up].keepsAlive = false }
                    return .ended
                }
            }
        }
    }

    /// Shows each whole event to the observer and appends those that pass. Returns how many bytes are dealt with.
    private static func takeEvents(
        _ bytes: RawSpan, _ observer: inout StreamObserver, _ hidesUsage: Bool, _ hasEnded: Bool,
        _ reframes: Bool,
        _ out: inout ByteQueue
    ) -> Int {
        var start = 0
        var passStart = 0
        while let end = eventEnd(bytes, from: start) {
            if observer.event(bytes, start..<end, hidesUsage: hidesUsage) == .hide {
                pass(bytes, passStart..<start, reframes, &out)
                passStart = end
            }
            start = end
        }
        if hasEnded || bytes.byteCount - start > eventLimit { start = bytes.byteCount }
        pass(bytes, passStart..<start, reframes, &out)
        return start
    }

    private static func pass(_ bytes: RawSpan, _ range: Range<Int>, _ reframes: Bool, _ out: inout ByteQueue)
    {
        guard !range.isEmpty else { return }
        if reframes {
            out.append(hexadecimal: range.count)
            out.append("\r\n")
        }
        out.append(bytes, range)
        if reframes { out.append("\r\n") }
    }

    /// Behind the blank line that ends the event at `start`; nil: it goes on in a later read.
    private static func eventEnd(_ bytes: RawSpan, from start: Int) -> Int? {
        var from = start
        let count = bytes.byteCount
        while from < count, let newline = bytes.first(0x0A, in: from..<count) {
            let next = newline &+ 1
            if next < count, bytes.byte(next) == 0x0A { return next &+ 1 }
            if next &+ 1 < count, bytes.byte(next) == 0x0D, bytes.byte(next &+ 1) == 0x0A { return next &+ 2 }
            from = next
        }
        return nil
    }

    private mutating func tokensCame(_ fd: Int32, _ count: Int, isFirst: Bool) {
        fleet.nodes[Int(clients[fd].exchange.node)].load.tokensStreamed(count)
        clients[fd].exchange.lastToken = now
        guard isFirst else { return }
        clients[fd].exchange.firstToken = now
        prefilled(fd)
    }
}
