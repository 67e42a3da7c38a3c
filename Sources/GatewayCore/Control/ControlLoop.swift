import Synchronization

/// Control: applies commands one at a time (guard, journal, apply, publish), watches nodes, and shows the snapshot.
///
/// One thread owns everything here. It never waits for a watcher: one that reads slowly gets fewer frames.
package struct ControlLoop: ~Copyable {
    static let tickMilliseconds: Int32 = 100
    static let openDecisionLimit = 65_536

    let identity: GatewayStatus
    let shared: ProxyShared
    let inbox: ControlInbox
    let scrape: ScrapeSettings
    let rules: FleetRules
    var journal: Journal?
    var nodes: [NodeRecord]
    /// Indices in `nodes` by name.
    let places: [String: Int]
    var policies: PolicySettings
    var queueCapacity: Int
    var fleetVersion = 1
    var configurationVersion: UInt64 = 1
    /// Who made that version, and what it changed; nil: it is the first.
    var lastChange: String?
    /// What takes the last change of an operator back; nil: there is none, or the gateway has made one since.
    var undo: Command?
    var events = EventLog()
    var ledger: Ledger
    var decisions: [DecisionRecord] = []
    var decisionsTotal = 0
    /// Streams of decisions whose end has not come.
    var openDecisions: Set<UInt64> = []
    /// The last change of policy, until it is told whether it was worth it.
    var policySwitch: PolicySwitch?
    var trials = Trials()
    var pins = Pins()
    var autotuning: Autotuning
    var history = History()
    var past = SparseReel()
    var restored: String?
    var stopping: StopMode?
    var sequence: UInt64 = 0
    /// The fleet must be published anew.
    var isDirty = true
    /// Watchers get a frame at the next tick, not at the next second.
    var isUrgent = true
    var nextFrame: UInt64 = 0
    var overload = Overload()
    /// Bytes; nil: nothing tells.
    let memoryCeiling: Double?
    var nextMemory: UInt64 = 0
    /// Monotonic seconds at which slowness was looked for last.
    var slownessAt = 0.0
    /// Monotonic seconds of the last event about a fault, by node and fault.
    var faultsToldAt: [FaultKey: Double] = [:]
    var process = ProcessResources()
    /// As was told.
    var isShortOfFiles = false
    let startedAt: UInt64
    var now: UInt64
    var unixNow = 0.0
    var poller = Poller(eventsPerTurn: 64)
    let listener: Descriptor
    var connections: [Int32: AdminConnection] = [:]
    /// Who asked last what a drain would do; its answer comes when it has been worked out.
    weak var foreseer: AdminConnection?

    package init(
        identity: GatewayStatus, configuration: GatewayConfiguration, shared: ProxyShared,
        inbox: ControlInbox,
        listener: consuming Descriptor, loads: [NodeLoad]
    ) {
        self.identity = identity
        self.shared = shared
        self.inbox = inbox
        scrape = configuration.scrape
        rules = configuration.rules
        policies = configuration.policies
        queueCapacity = configuration.limits.queueCapacity
        memoryCeiling = MemoryCeiling.bytes(configured: configuration.limits.memoryBytes)
        nodes = configuration.nodes.enumerated().map {
            var node = $0.element
            node.maxActive = node.maxActive ?? configuration.limits.maxActivePerNode
            return NodeRecord(
                index: $0.offset, configuration: node, slowStart: configuration.rules.slowStart,
                load: loads[$0.offset])
        }
        places = Dictionary(nodes.map { ($0.name, $0.index) }) { first, _ in first }
        self.listener = consume listener
        now = MonotonicClock.now()
        ledger = Ledger(nodes: nodes.count, now: Double(now) / 1e9)
        autotuning = Autotuning(every: configuration.routing.autotuneSeconds, now: Double(now) / 1e9)
        startedAt = now
        unixNow = MonotonicClock.unixTime()
        poller.add(self.listener.raw, token: UInt64.max, .read)
        poller.add(inbox.waker.fd, token: UInt64.max - 1, .read)
    }

    /// Monotonic seconds.
    var seconds: Double { Double(now) / 1e9 }

    /// Runs until the gateway has stopped.
    package mutating func run() {
        publish()
        while true {
            let count = poller.wait(milliseconds: Self.tickMilliseconds)
            now = MonotonicClock.now()
            unixNow = MonotonicClock.unixTime()
            for index in 0..<count { handle(poller.event(index)) }
            tick()
            if stopping != nil, hasStopped { return farewell() }
        }
    }

    private mutating func tick() {
        takeNews()
        watchDrains()
        if !identity.isReadOnly { endTrials() }
        watchMemory()
        stepBreakers()
        tellStates()
        watchPins()
        tellForecast()
        if isDirty { publish() }
        guard now >= nextFrame || isUrgent else { return }
        if now >= nextFrame { nextFrame = now + 1_000_000_000 }
        isUrgent = false
        measureProcess()
        shared.shadow.capacityTokens = nodes.map { $0.reading?.kvCapacityTokens }
        let snapshot = makeSnapshot()
        judgeSwitch(snapshot)
        if !identity.isReadOnly { tune(snapshot) }
        history.record(snapshot)
        past.record(snapshot)
        shared.metrics.show(snapshot)
        sendFrames(snapshot)
    }

    private mutating func takeNews() {
        for reading in inbox.takeReadings() { take(reading) }
        for (host, found) in inbox.takeAddresses() {
            for index in nodes.indices where nodes[index].configuration.url.host == host {
                let port = nodes[index].configuration.url.port
                let addresses = found.map { address in
                    if case .ip(let octets, _) = address {
                        SocketAddress.ip(octets: octets, port: port)
                    } else {
                        address
                    }
                }
                guard !addresses.isEmpty, addresses != nodes[index].addresses else { continue }
                nodes[index].addresses = addresses
                isDirty = true
            }
        }
        for mailbox in shared.mailboxes {
            let fresh = mailbox.takeDecisions()
            // Ends that were dropped never close theirs.
            if openDecisions.count > Self.openDecisionLimit { openDecisions.removeAll() }
            openDecisions.formUnion(fresh.map(\.stream))
            decisionsTotal += fresh.count
            decisions = Array((fresh.reversed() + decisions).prefix(Snapshot.listLimit))
            let (ended, names) = mailbox.takeSettlements()
            for settlement in ended {
                ledger.settle(settlement, isPriced: isPriced(settlement.node), now: seconds)
                weigh(settlement)
                compareCache(settlement)
                shared.shadow.ended(
                    outputTokens: settlement.outcome == .completed ? Int(settlement.outputTokens) : 0,
                    secondsPerToken: settlement.tpotNanoseconds.map { Double($0) / 1e9 })
                if !settlement.isRetry, !settlement.isHandedOn, openDecisions.remove(settlement.stream) != nil
                {
                    close(settlement)
                }
            }
            for name in names { ledger.name(name) }
        }
        if ledger.takeForgotten() { tellLoops(.tellNames) }
        takeFaults()
        ledger.sample(streamed: nodes.map(\.load.streamedTokens), now: seconds)
        if let mode = inbox.takeStop() { begin(stop: mode) }
    }

    private func isPriced(_ node: Int32) -> Bool {
        nodes.indices.contains(Int(node)) && nodes[Int(node)].configuration.dollarsPerHour != nil
    }

    /// Writes what came of a decision beside what was predicted.
    private mutating func close(_ settlement: Settlement) {
        guard let index = decisions.firstIndex(where: { $0.stream == settlement.stream }) else { return }
        decisions[index].actualCachedTokens = settlement.cachedTokens
        decisions[index].ttftSeconds = settlement.ttftNanoseconds.map { Double($0) / 1e9 }
    }

    /// Holds what an engine found cached against what was predicted; one that delivers less is believed less.
    private mutating func compareCache(_ settlement: Settlement) {
        guard settlement.outcome == .completed, !settlement.isRetry, settlement.node >= 0,
            let actual = settlement.cachedTokens
        else { return }
        let index = Int(settlement.node)
        let share = nodes[index].agreement.take(
            predictedTokens: Int(settlement.predictedCachedTokens), actualTokens: Int(actual), now: seconds)
        guard let share else { return }
        shared.prefixIndex.age(node: index, keeping: share)
        events.add(
            "its engine found \(Int(share * 100))% of the cached tokens that were predicted; "
                + "what is believed to be there is cut to that",
            severity: .warning, node: nodes[index].name, time: unixNow)
    }

    private mutating func take(_ reading: NodeReading) {
        guard let index = places[reading.node] else { return }
        let models = nodes[index].models
        let restart = nodes[index].meter.restartedAt
        nodes[index].take(reading)
        compareLoad(of: index, at: reading)
        // The index has blocks of text: four bytes for a token, as for an unknown tokenizer.
        let tokens = nodes[index].reading?.kvCapacityTokens
        shared.prefixIndex.setCapacity(
            node: index,
            blocks: tokens.flatMap { $0 < 1e12 ? Int(exactly: ($0 * 4).rounded()) : nil }.map {
                $0 / shared.hash.blockBytes
            })
        if nodes[index].models != models { isDirty = true }
        if nodes[index].meter.restartedAt != restart {
            shared.prefixIndex.forget(node: index)
            shared.presence.clear(node: index)
            nodes[index].load.restarted()
            nodes[index].beginSlowly(at: now)
            isDirty = true
            events.add(
                "its counters began anew: the engine restarted, its cache is cold", severity: .warning,
                node: nodes[index].name, time: unixNow)
        }
    }

    /// Turns changes of state into events and marks the fleet for publishing.
    private mutating func tellStates() {
        for index in nodes.indices {
            guard let old = nodes[index].takeNewState() else { continue }
            let state = nodes[index].toldState
            isDirty = true
            isUrgent = true
            let isBad = state == .unhealthy
            events.add(
                "\(old.rawValue) → \(state.rawValue)"
                    + (isBad ? nodes[index].problem.map { ": \($0)" } ?? "" : ""),
                severity: isBad ? .alarm : .info, node: nodes[index].name, time: unixNow)
        }
    }

    private mutating func watchDrains() {
        for index in nodes.indices {
            guard let drain = nodes[index].drain, let deadline = drain.deadlineSeconds,
                !drain.hasPassedDeadline,
                unixNow - drain.began >= deadline
            else { continue }
            nodes[index].drain?.hasPassedDeadline = true
            let left = nodes[index].load.live
            guard left > 0 else { continue }
            isUrgent = true
            events.add(
                "drain's deadline has passed with \(left) requests left; they are \(drain.atDeadline.words)",
                severity: .alarm, node: nodes[index].name, time: unixNow)
            switch drain.atDeadline {
            case .keep: break
            case .cut: tellLoops(.cut(node: index))
            case .migrate: tellLoops(.migrate(node: index))
            }
        }
    }

    /// Swaps the fleet and waits, boundedly, until every loop routes by the new one.
    mutating func publish() {
        isDirty = false
        fleetVersion += 1
        shared.fleet.publish(
            Fleet(
                version: fleetVersion, nodes: nodes.map(\.node), queueCapacity: queueCapacity,
                policies: policies,
                pins: pins.places(nodes)))
        for mailbox in shared.mailboxes { mailbox.wake() }
        _ = waitForLoops { [fleetVersion] in $0.fleetVersion >= fleetVersion }
    }

    /// Every loop routes by the fleet as it is now: no request goes where it must not any more.
    var isRoutedByAll: Bool {
        !isDirty && shared.mailboxes.allSatisfy { $0.fleetVersion >= fleetVersion || $0.hasExited }
    }

    /// Waits, at most a second, until something is true of every loop; says whether it is.
    func waitForLoops(until isTrue: (LoopMailbox) -> Bool) -> Bool {
        let deadline = MonotonicClock.now() + 1_000_000_000
        while MonotonicClock.now() < deadline {
            if shared.mailboxes.allSatisfy({ isTrue($0) || $0.hasExited }) { return true }
            pause(milliseconds: 1)
        }
        return false
    }

    // MARK: the end

    mutating func begin(stop mode: StopMode) {
        if stopping == nil { for mailbox in shared.mailboxes { mailbox.send(.stopAccepting) } }
        stopping = mode
        isUrgent = true
        events.add(mode == .now ? "stops now" : "stops when the last stream has ended", time: unixNow)
    }

    private var hasStopped: Bool {
        stopping == .now
            || shared.mailboxes.map(\.latestReport).allSatisfy {
                $0.isStopping && $0.active == 0 && $0.queued == 0 && $0.flushing == 0
            }
    }

    private mutating func farewell() {
        sendFrames(makeSnapshot())
        for mailbox in shared.mailboxes { mailbox.send(.exit) }
        let deadline = MonotonicClock.now() + 2_000_000_000
        while MonotonicClock.now() < deadline, !shared.mailboxes.allSatisfy(\.hasExited) {
            pause(milliseconds: 5)
        }
    }
}
