/// What the loop shows of itself.
extension ProxyLoop {
    mutating func publishReport() {
        nextReport = now + Self.reportInterval
        for index in fleet.nodes.indices { _ = readCostClock(index) }
        var report = LoopReport()
        report.connections = connectionCount
        report.active = activeCount
        report.queued = queuedCount
        report.flushing = flushingCount
        report.isStopping = isStopping
        report.oldestAge = Array(repeating: nil, count: fleet.nodes.count)
        var fd = firstActive
        while fd >= 0 {
            let node = Int(clients[fd].exchange.node)
            if node >= 0, report.oldestAge[node] == nil { report.oldestAge[node] = age(of: fd) }
            if report.streams.count < Snapshot.listLimit {
                report.streams.append(status(of: fd))
                let isInspected = [.queued, .exchanging].contains(clients[fd].phase)
                report.payers.append(isInspected ? payers(of: fd) : nil)
            }
            fd = clients[fd].nextActive
        }
        handOver()
        report.counters = counters
        mailbox.publish(report)
    }

    private func age(of fd: Int32) -> Double { Double(now - clients[fd].exchange.began) / 1e9 }

    private mutating func status(of fd: Int32) -> StreamStatus {
        if clients[fd].address.isEmpty { clients[fd].address = Sockets.peerAddress(fd)?.description ?? "?" }
        let exchange = clients[fd].exchange
        let facts = clients[fd].facts
        var status = StreamStatus()
        status.id = exchange.id
        status.model = exchange.model
        status.client = clients[fd].address
        status.isStreaming = facts.isStreaming
        status.ageSeconds = age(of: fd)
        status.promptTokens = UInt32(clamping: exchange.promptTokens)
        status.cachedTokens = UInt32(clamping: exchange.cachedTokens)
        status.maxTokens = facts.maxTokens.map { UInt32(clamping: $0) }
        status.attempts = exchange.attempts
        status.tenant = tenantName(of: fd)
        status.session = sessionName(of: fd)
        guard exchange.node >= 0, clients[fd].load != nil else { return status }
        let node = fleet.nodes[Int(exchange.node)]
        status.node = node.name
        status.phase = exchange.firstToken > 0 ? .decode : .prefill
        let clock = readCostClock(node.index)
        status.dollars = node.dollarsPerHour == nil ? nil : clock - exchange.costStart
        guard exchange.firstToken > 0, clients[fd].upstream >= 0 else { return status }
        let tokens = upstreams[clients[fd].upstream].observer.contentEvents
        status.outputTokens = UInt32(clamping: tokens)
        status.ttftSeconds = Double(exchange.firstToken - exchange.began) / 1e9
        let elapsed = Double(exchange.lastToken - exchange.firstToken) / 1e9
        if tokens > 1, elapsed > 0 { status.tokensPerSecond = Double(tokens - 1) / elapsed }
        return status
    }
}
