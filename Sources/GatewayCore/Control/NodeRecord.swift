/// What control knows of one node; the mutable side of a `Node`.
struct NodeRecord {
    let index: Int
    let configuration: NodeConfiguration
    let load: NodeLoad
    var addresses: [SocketAddress] = []
    var weight: Int
    var intent = NodeIntent.serve
    var health = NodeHealth.starting
    var drain: DrainRecord?
    var reading: EngineReading?
    /// Monotonic seconds of the last good engine reading.
    var readingAt: Double?
    var gpus: [GPUReading] = []
    var gpusAt: Double?
    var meter = NodeMeter()
    /// Failed probes in a row.
    var failedProbes = 0
    /// Monotonic seconds since when traffic failed three times in a row.
    var trafficFailedAt: Double?
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

    init(index: Int, configuration: NodeConfiguration, load: NodeLoad) {
        self.index = index
        self.configuration = configuration
        self.load = load
        weight = configuration.weight
        if let numeric = SocketAddress(numeric: configuration.url.host, port: configuration.url.port) {
            addresses = [numeric]
        }
    }

    var name: String { configuration.name }
    var state: NodeState { NodeState(intent: intent, health: health, active: load.active) }
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
        node.models = models
        node.engine = reading?.kind ?? .unknown
        node.addresses = addresses
        node.apiKey = configuration.apiKey
        node.maxActive = configuration.maxActive
        node.dollarsPerHour = configuration.dollarsPerHour
        return node
    }

    // MARK: readings

    static let trafficFailureLimit = 3
    /// After this long an unhealthy node is tried again by traffic when its probe is ready.
    static let trafficPauseSeconds = 5.0
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
        if let failedAt = trafficFailedAt {
            guard now - failedAt >= Self.trafficPauseSeconds else { return }
            trafficFailedAt = nil
            load.succeeded()
        }
        health = .healthy
    }

    /// Traffic that fails three times in a row makes a node unhealthy, whatever its probe says.
    mutating func watchTraffic(now: Double) {
        guard trafficFailedAt == nil, load.consecutiveFailures >= Self.trafficFailureLimit else { return }
        trafficFailedAt = now
        health = .unhealthy
    }

    /// Why it is not serving, or why its readings are old: place, cause, remedy.
    var problem: String? {
        if trafficFailedAt != nil {
            return "\(load.consecutiveFailures) requests in a row failed there before their first byte"
                + (probeProblem.map { "; \($0)" } ?? "; it is tried again when its health probe succeeds")
        }
        if health != .healthy, let probeProblem { return probeProblem }
        if addresses.isEmpty {
            return "the name \(configuration.url.host) does not resolve; check the URL or the resolver"
        }
        return engineProblem ?? gpuProblem
    }
}
