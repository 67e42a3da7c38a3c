/// What control knows of one node; the mutable side of a `Node`.
struct NodeRecord {
    let index: Int
    let configuration: NodeConfiguration
    let slowStart: SlowStart
    let load: NodeLoad
    var addresses: [SocketAddress] = []
    var weight: Int
    /// Requests of this gateway at most; nil: no limit.
    var limit: Int?
    var intent = NodeIntent.serve
    var health = NodeHealth.starting
    var drain: DrainRecord?
    var breaker = Breaker()
    var disagreement = LoadDisagreement()
    var agreement = CacheAgreement()
    /// Faults seen in its streams since the gateway began, by `StreamFault.rawValue`.
    var faults = Array(repeating: UInt64(0), count: StreamFault.allCases.count)
    /// Monotonic nanoseconds when it came back and began slowly; 0: it has its whole share.
    var slowSince: UInt64 = 0
    /// It was healthy once, so that being healthy again is a return.
    var hasServed = false
    var reading: EngineReading?
    /// Monotonic seconds of the last good engine reading.
    var readingAt: Double?
    var gpus: [GPUReading] = []
    var gpusAt: Double?
    var meter = NodeMeter()
    /// Failed probes in a row.
    var failedProbes = 0
    var probeProblem: String?
    var engineProblem: String?
    var gpuProblem: String?
    /// The state that was last told as an event.
    var toldState = NodeState.starting

    struct DrainRecord {
        /// Unix seconds.
        var began: Double
        var deadlineSeconds: Double?
        var atDeadline: DeadlineAction
        var hasPassedDeadline = false
    }

    init(index: Int, configuration: NodeConfiguration, slowStart: SlowStart = SlowStart(), load: NodeLoad) {
        self.index = index
        self.configuration = configuration
        self.slowStart = slowStart
        self.load = load
        weight = configuration.weight
        limit = configuration.maxActive
        if let numeric = SocketAddress(numeric: configuration.url.host, port: configuration.url.port) {
            addresses = [numeric]
        }
    }

    var name: String { configuration.name }
    var state: NodeState {
        NodeState(intent: intent, health: health, breaker: breaker.phase, live: load.live)
    }

    /// The state that was told before, when it has changed since; `toldState` is the new one. Mutating, so that looking at
    /// a thousand nodes ten times a second copies none.
    mutating func takeNewState() -> NodeState? {
        let (old, new) = (toldState, state)
        guard new != old else { return nil }
        toldState = new
        return old
    }

    var models: [String] { configuration.models ?? reading?.models ?? [] }

    /// As the loops see it.
    var node: Node {
        var node = Node(index: index, name: name, url: configuration.url, load: load)
        node.role = configuration.role
        node.zone = configuration.zone
        node.weight = weight
        node.configuredWeight = configuration.weight
        node.intent = intent
        node.health = health
        node.breaker = breaker.phase
        node.slowSince = slowSince
        node.slowStart = slowStart
        node.models = models
        node.engine = reading?.kind ?? .unknown
        node.addresses = addresses
        node.apiKey = configuration.apiKey
        node.limit = limit
        node.dollarsPerHour = configuration.dollarsPerHour
        return node
    }

    // MARK: readings

    static let failedProbeLimit = 2

    mutating func take(_ reading: NodeReading) {
        switch reading.probe {
        case .ready:
            failedProbes = 0
            probeProblem = nil
        case .notReady(let why):
            failedProbes += 1
            probeProblem = why
        case .failed(let why):
            failedProbes += 1
            probeProblem = why
        case nil: break
        }
        switch reading.engine {
        case .success(let engine):
            meter.take(engine, at: reading.instant)
            var merged = engine
            if merged.models.isEmpty { merged.models = self.reading?.models ?? [] }
            if merged.version == nil { merged.version = self.reading?.version }
            self.reading = merged
            readingAt = reading.instant
            engineProblem = nil
        case .failure(let failure):
            engineProblem = failure.message
            // An engine whose metrics are off still says what it is and serves.
            if let identity = reading.identity {
                var known = self.reading ?? EngineReading()
                known.kind = identity.kind
                known.version = identity.version
                known.models = identity.models
                self.reading = known
            }
        case nil: break
        }
        switch reading.gpus {
        case .success(let rows):
            gpus = rows
            gpusAt = reading.instant
            gpuProblem = nil
        case .failure(let failure): gpuProblem = failure.message
        case nil: break
        }
        if case .ready = reading.probe { becomeHealthy(now: reading.instant) }
        if failedProbes >= Self.failedProbeLimit, health == .healthy { health = .unhealthy }
    }

    private mutating func becomeHealthy(now: Double) {
        guard health != .healthy else { return }
        health = .healthy
        if hasServed { beginSlowly(at: UInt64(max(0, now) * 1e9)) }
        hasServed = true
    }

    /// What is known of its health is too old to be true.
    mutating func forgetHealth() {
        health = .starting
        failedProbes = 0
        probeProblem = nil
    }

    /// - Parameter now: monotonic nanoseconds.
    mutating func beginSlowly(at now: UInt64) { slowSince = max(1, now) }

    /// Why it is not serving, or why its readings are old: place, cause, remedy.
    var problem: String? {
        if state == .ejected, let reason = breaker.reason {
            return reason
                + (breaker.phase == .halfOpen
                    ? "; one request at a time tries it again" : "; it is left out for a while")
        }
        if health != .healthy, let probeProblem { return probeProblem }
        if addresses.isEmpty {
            return "the name \(configuration.url.host) does not resolve; check the URL or the resolver"
        }
        return engineProblem ?? gpuProblem
    }
}
