/// The one picture, made of what each room knows.
extension ControlLoop {
    /// A reading older than this many scrape intervals is stale.
    static let staleIntervals = 3.0

    mutating func makeSnapshot() -> Snapshot {
        sequence += 1
        let reports = shared.mailboxes.map(\.latestReport)
        var snapshot = Snapshot()
        snapshot.sequence = sequence
        snapshot.time = unixNow
        snapshot.gateway = gatewayStatus(reports)
        snapshot.nodes = nodes.indices.map { nodeStatus($0, reports) }
        shareTraffic(&snapshot.nodes)
        snapshot.queues = queues()
        snapshot.totals = totals(reports, snapshot.nodes)
        let streams = reports.flatMap(\.streams).sorted { $0.ageSeconds > $1.ageSeconds }
        snapshot.streams = Array(streams.prefix(Snapshot.listLimit))
        snapshot.streamsTotal = reports.reduce(0) { $0 + $1.active }
        snapshot.decisions = decisions
        snapshot.decisionsTotal = decisionsTotal
        snapshot.events = events.newestFirst
        snapshot.eventsTotal = events.total
        snapshot.shadows = shared.shadow.latest
        snapshot.trials = trials.running.map(\.status)
        snapshot.pins = pins.list
        bookLive(reports)
        snapshot.spending = spendingRows()
        snapshot.sessions = sessionRows()
        return snapshot
    }

    private func gatewayStatus(_ reports: [LoopReport]) -> GatewayStatus {
        var status = identity
        status.uptimeSeconds = Double(now - startedAt) / 1e9
        status.configurationVersion = configurationVersion
        status.policy = policies.standard.name
        status.policies = Policies.names
        status.policySettings = policies
        status.autotune = autotuning.status(version: configurationVersion)
        status.isStopping = stopping != nil
        status.clientConnections = reports.reduce(0) { $0 + $1.connections }
        status.queued = reports.reduce(0) { $0 + $1.queued }
        status.queueCapacity = queueCapacity
        status.connectionsRefused = reports.reduce(0) { $0 + $1.counters.connectionsRefused }
        status.acceptPauses = reports.reduce(0) { $0 + $1.counters.acceptPauses }
        status.settlementsDropped = reports.reduce(0) { $0 + $1.counters.settlementsDropped }
        status.restored = restored
        status.memory = memory
        status.minimumServing = rules.minimumServing
        status.faultsDropped = shared.mailboxes.reduce(0) { $0 + $1.faultsDropped }
        status.shadowsDropped = shared.shadow.dropped
        status.rateWindowSeconds = RateWindow.seconds
        status.latencyWindowSeconds = RollingHistogram.windowSeconds
        return status
    }

    private func queues() -> [QueueStatus] {
        shared.waitingRoom.rows(now: now).prefix(Snapshot.listLimit).map { row in
            var status = QueueStatus()
            status.model = row.model
            status.high = row.waiting[0]
            status.normal = row.waiting[1]
            status.low = row.waiting[2]
            status.tokens = row.tokens
            status.oldestSeconds = row.oldestSeconds
            status.drainPerSecond = row.drainPerSecond
            return status
        }
    }

    private mutating func nodeStatus(_ index: Int, _ reports: [LoopReport]) -> NodeStatus {
        let record = nodes[index]
        var status = NodeStatus()
        status.name = record.name
        status.url = "\(record.configuration.url)"
        status.state = record.state
        status.active = record.load.live
        status.safeToDelete =
            status.active == 0 && record.intent != .serve && record.state != .draining && isRoutedByAll
        status.weight = record.weight
        status.configuredWeight = record.configuration.weight
        status.limit = record.limit
        status.configuredLimit = record.configuration.maxActive
        status.role = record.configuration.role
        status.zone = record.configuration.zone
        status.models = record.models
        status.engine = record.reading?.kind ?? .unknown
        status.engineVersion = record.reading?.version
        status.prefilling = record.load.prefilling
        status.decoding = max(0, status.active - status.prefilling)
        status.readingAgeSeconds = record.readingAt.map { max(0, seconds - $0) }
        status.isStale =
            status.readingAgeSeconds.map { $0 > Self.staleIntervals * scrape.intervalSeconds } ?? false
        // Routing takes a stale reading for neither idle nor full.
        let fresh = status.isStale ? nil : record.reading
        record.load.scraped(kvUsage: fresh?.kvUsage, queue: fresh?.waiting)
        status.restartedSecondsAgo = record.meter.restartedAt.map { seconds - $0 }.flatMap {
            $0 < 60 ? $0 : nil
        }
        status.problem = record.problem
        addEngine(record, to: &status)
        if record.agreement.predicted > 0 {
            status.predictedCachedTokens = record.agreement.predicted
            status.actualCachedTokens = record.agreement.actual
        }
        status.kvEvents = shared.presence.status(node: index)
        addGPUs(record, to: &status)
        addLedger(index, to: &status)
        addDrain(record, reports, to: &status)
        addHealth(record, to: &status)
        return status
    }

    private func addHealth(_ record: NodeRecord, to status: inout NodeStatus) {
        let node = record.node
        let effective = node.effectiveWeight(now)
        if effective < node.weight {
            status.slowWeight = effective
            status.slowSecondsLeft = record.slowStart.seconds - Double(now - record.slowSince) / 1e9
        }
        if record.state == .ejected {
            let isOpen = record.breaker.phase == .open
            status.ejection = EjectionStatus(
                reason: record.breaker.reason ?? "",
                secondsLeft: isOpen ? record.breaker.until - seconds : nil,
                count: record.breaker.ejections)
        }
        let busy = record.load.busySeconds(now)
        status.busySecondsLeft = busy > 0 ? busy : nil
        status.faults = StreamFault.allCases.compactMap { fault in
            let count = record.faults[Int(fault.rawValue)]
            return count > 0 ? FaultCount(fault: "\(fault)", count: count) : nil
        }
        status.disagreementSeconds = record.disagreement.since.map { max(0, seconds - $0) }
    }

    /// What the engine says; where it says little, what the gateway knows, marked as an estimate.
    private func addEngine(_ record: NodeRecord, to status: inout NodeStatus) {
        let reading = record.reading
        status.running = reading?.running
        status.waiting = reading?.waiting
        status.kvUsage = reading?.kvUsage
        status.kvCapacityTokens = reading?.kvCapacityTokens
        status.preemptions = reading?.preemptions
        status.prefillQueue = reading?.prefillQueue
        status.decodeQueue = reading?.decodeQueue
        if reading?.running == nil, status.active > 0 {
            status.running = Double(status.active)
            status.estimated.insert(.running)
        }
        if reading?.prefillQueue == nil {
            status.prefillQueue = Double(status.prefilling)
            status.estimated.insert(.queues)
        }
        if reading?.decodeQueue == nil {
            status.decodeQueue = Double(status.decoding)
            status.estimated.insert(.queues)
        }
        let rates = record.meter.rates
        status.prefixHitRate = rates.prefixHitRate
        status.prefixHitRateLifetime = rates.prefixHitRateLifetime
        status.engineTTFT = rates.ttft
        status.engineTPOT = rates.tpot
        status.tokensPerSecond = rates.generatedTokensPerSecond
        status.promptTokensPerSecond = rates.promptTokensPerSecond
    }

    private func addGPUs(_ record: NodeRecord, to status: inout NodeStatus) {
        status.gpus = record.gpus
        let used = record.gpus.compactMap(\.memoryUsedBytes)
        let total = record.gpus.compactMap(\.memoryTotalBytes)
        if !used.isEmpty { status.hbmUsedBytes = used.reduce(0, +) }
        if !total.isEmpty { status.hbmTotalBytes = total.reduce(0, +) }
    }

    private mutating func addLedger(_ index: Int, to status: inout NodeStatus) {
        status.ttft = ledger.latency(\.ttft, node: index, now: seconds)
        status.tpot = ledger.latency(\.tpot, node: index, now: seconds)
        status.e2e = ledger.latency(\.e2e, node: index, now: seconds)
        let account = ledger.accounts[index]
        let spending = account.spender.spending
        status.completed = spending.completed
        status.failed = spending.failed
        status.cancelled = spending.cancelled
        status.retriedAway = spending.retriedAway
        status.migratedAway = spending.migratedAway
        status.requestsPerSecond = account.requestsPerSecond
        if status.tokensPerSecond == nil, let rate = account.outputTokensPerSecond {
            status.tokensPerSecond = rate
            status.estimated.insert(.tokensPerSecond)
        }
        if status.promptTokensPerSecond == nil {
            status.promptTokensPerSecond = account.promptTokensPerSecond
        }
        if status.prefixHitRate == nil, let rate = account.prefixHitRate {
            status.prefixHitRate = rate
            status.estimated.insert(.prefixHitRate)
        }
        status.dollarsPerHour = nodes[index].configuration.dollarsPerHour
        status.dollarsPerMillionTokens = dollarsPerMillionTokens(
            dollarsPerHour: status.dollarsPerHour, tokensPerSecond: status.tokensPerSecond)
    }

    private func addDrain(_ record: NodeRecord, _ reports: [LoopReport], to status: inout NodeStatus) {
        guard record.intent == .drain, let drain = record.drain else { return }
        let ages = reports.compactMap { $0.oldestAge.count > record.index ? $0.oldestAge[record.index] : nil }
        let elapsed = max(0, unixNow - drain.began)
        status.drain = DrainStatus(
            elapsedSeconds: elapsed, remaining: status.active, oldestAgeSeconds: ages.max(),
            secondsToDeadline: drain.deadlineSeconds.map { $0 - elapsed }, atDeadline: drain.atDeadline)
    }

    private func shareTraffic(_ nodes: inout [NodeStatus]) {
        let total = nodes.reduce(0) { $0 + ($1.state == .serving ? $1.slowWeight ?? $1.weight : 0) }
        for index in nodes.indices where nodes[index].state == .serving && total > 0 {
            let weight = nodes[index].slowWeight ?? nodes[index].weight
            nodes[index].trafficShare = Double(weight) / Double(total)
        }
    }

    private mutating func totals(_ reports: [LoopReport], _ nodes: [NodeStatus]) -> TrafficTotals {
        var totals = TrafficTotals()
        for report in reports {
            totals.requests += report.counters.requests
            totals.completed += report.counters.completed
            totals.cancelled += report.counters.cancelled
            totals.failed += report.counters.failed
            totals.refused += report.counters.refused
            totals.retried += report.counters.retried
            totals.retriesDenied += report.counters.retriesDenied
            totals.queueFull += report.counters.queueFull
            totals.queueExpired += report.counters.queueExpired
            totals.shed += report.counters.shed
            totals.migrated += report.counters.migrated
            totals.migratedInexactly += report.counters.migratedInexactly
            totals.notMigratable += report.counters.notMigratable
            totals.slowReaders += report.counters.slowReaders
            totals.active += UInt64(report.active)
        }
        totals.retainedBytes = UInt64(clamping: shared.retainedBytes.load(ordering: .relaxed))
        let account = ledger.totals
        let spending = account.spender.spending
        totals.promptTokens = spending.promptTokens
        totals.cachedTokens = spending.cachedTokens
        totals.outputTokens = spending.outputTokens
        totals.wastedTokens = spending.wastedTokens
        totals.dollars = spending.dollars
        totals.requestsPerSecond = account.requestsPerSecond
        totals.ttft = ledger.latency(\.ttft, node: nil, now: seconds)
        totals.tpot = ledger.latency(\.tpot, node: nil, now: seconds)
        let live = nodes.filter { !$0.isStale }
        let rates = live.compactMap(\.tokensPerSecond)
        if !rates.isEmpty { totals.tokensPerSecond = rates.reduce(0, +) }
        let weighted = live.compactMap { node in
            node.prefixHitRate.flatMap { rate in node.promptTokensPerSecond.map { (rate * $0, $0) } }
        }
        let prompt = weighted.reduce(0) { $0 + $1.1 }
        if prompt > 0 { totals.prefixHitRate = weighted.reduce(0) { $0 + $1.0 } / prompt }
        let prices = nodes.compactMap(\.dollarsPerHour)
        if !prices.isEmpty { totals.dollarsPerHour = prices.reduce(0, +) }
        totals.dollarsPerMillionTokens = dollarsPerMillionTokens(
            dollarsPerHour: prices.count == nodes.count ? totals.dollarsPerHour : nil,
            tokensPerSecond: totals.tokensPerSecond)
        return totals
    }
}
