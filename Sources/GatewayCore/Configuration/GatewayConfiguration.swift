/// Everything that is set before a gateway starts. The values written here are the defaults, and the only place of them.
package struct GatewayConfiguration: Sendable, Equatable {
    package var listen = ListenAddress(host: "127.0.0.1", port: 8080)
    /// Path of the admin socket; nil: `$XDG_RUNTIME_DIR/signalbox/ADDRESS.sock`.
    package var admin: String?
    /// At least one; names and URLs are unique.
    package var nodes: [NodeConfiguration]
    package var policies = PolicySettings()
    package var routing = RoutingSettings()
    package var limits = GatewayLimits()
    package var scrape = ScrapeSettings()
    package var rules = FleetRules()
    /// Event loops of the data plane, 1...256; nil: one a core.
    package var loops: Int?
    /// Every command is refused: the fleet is steered elsewhere.
    package var isReadOnly = false
    /// Directory of the journal; nil: `$XDG_STATE_HOME/signalbox/ADDRESS`.
    package var journal: String?

    package init(nodes: [NodeConfiguration]) { self.nodes = nodes }

    /// Places of the nodes whose KV events are read.
    package var eventNodes: [Int] { nodes.indices.filter { nodes[$0].kvEvents != nil } }
}

/// One engine endpoint as the operator describes it.
package struct NodeConfiguration: Sendable, Equatable {
    /// 1...64 printable characters without spaces; unique.
    package var name: String
    /// The engine's root, without /v1.
    package var url: EngineURL
    package var role = NodeRole.mixed
    /// 0...100; 0 takes no new request.
    package var weight = 100
    package var zone: String?
    /// The environment variable that holds the key sent to this engine.
    package var apiKeyEnv: String?
    /// The key itself. Never shown, logged or part of a snapshot.
    package var apiKey: String?
    /// Where its GPUs' exporter answers; the path is "/metrics" when the file gives none.
    package var gpuMetricsURL: EngineURL?
    /// Where its KV events are published; nil: they are not read.
    package var kvEvents: KVEventSource?
    /// What the node costs; nil: unknown, and so is every price that follows from it.
    package var dollarsPerHour: Double?
    /// Requests of this gateway on it at most; nil: `limits.maxActivePerNode`.
    package var maxActive: Int?
    /// The models it serves; nil: asked from the engine.
    package var models: [String]?

    package init(name: String, url: EngineURL) {
        self.name = name
        self.url = url
    }
}

/// How prompts are told apart, and whether their policy is tuned.
package struct RoutingSettings: Sendable, Equatable {
    /// Bytes of a prompt that are matched as one, 64...4096 and a multiple of 64. 256 are some 64 tokens of English text.
    package var blockBytes = 256
    /// Seconds between two looks for a better `w` or `ageing` of foresight; nil: it is left as it is set.
    package var autotuneSeconds: Double?

    package init() {}
}

/// What the gateway refuses or gives up, and when.
package struct GatewayLimits: Sendable, Equatable {
    /// Request line and header lines together.
    package var maxHeaderBytes = 65_536
    package var maxBodyBytes = 64 * 1024 * 1024
    /// Client connections open at once.
    package var maxConnections = 16_384
    /// Requests of this gateway on one node; more wait here, where the urgent ones go first and tenants share. nil: no
    /// limit, and the engine's own queue holds them in their order of arrival.
    package var maxActivePerNode: Int?
    package static let nodeLimits = 1...100_000
    /// Requests that wait for a node, for each model; more are answered 429.
    package var queueCapacity = 1024
    package static let queueCapacities = 0...65_536
    /// Prompt tokens of the requests that wait, for each model; more are answered 429.
    package var queueTokens = 32_000_000
    /// How long a request waits for a node; in a third of it, it rises by a class of priority.
    package var queueSeconds = 30.0
    /// Until an engine accepts a connection.
    package var connectSeconds = 5.0
    /// From sending a request to an engine to its first token, its queue included; the prompt's own time comes on top.
    package var firstTokenSeconds = 180.0
    /// The slowest prefill that is still taken for work: a long prompt is busy, not dead.
    package var prefillTokensPerSecond = 100.0
    /// Silence between tokens, or in the middle of another response.
    package var stallSeconds = 120.0
    /// From a request's first byte to the end of its answer; 0: no limit.
    package var requestSeconds = 3600.0
    /// A client connection without a request.
    package var idleSeconds = 75.0
    /// From the first byte of a request to the end of its head.
    package var headerSeconds = 15.0
    /// How often a request is sent again before its first byte.
    package var retries = 2
    /// A client that waits for a stream is told so after this long, and again each time: a 200 and comments.
    package var waitingSeconds = 10.0
    /// How far a client may be behind its engine before the engine is not read any more.
    package var relayBufferBytes = 65_536
    /// A client that takes nothing of what waits for it for this long is closed.
    package var readerSeconds = 60.0
    /// Whether streams go on elsewhere when their node fails.
    package var migration = MigrationPolicy.exact
    /// What is done about faults in streams.
    package var faults = FaultPolicies()
    /// How often one stream may go on elsewhere.
    package var migrations = 3
    /// Bodies, token ids and texts that are kept for that, in all.
    package var retainedBytes = 512 * 1024 * 1024
    /// Requests sent again, as a share of the requests of the last ten seconds, 0...1.
    package var retryShare = 0.2
    /// Requests sent again in a second whatever the traffic.
    package var retriesPerSecond = 3.0
    /// Resident memory near which requests are refused, the least urgent first; nil: 80 % of what the container or the
    /// machine has.
    package var memoryBytes: Int?

    package init() {}
}

/// Which streams go on elsewhere.
package enum MigrationPolicy: String, Sendable, CaseIterable {
    case off
    /// Those that the client cannot tell from undisturbed ones; the others end with an error event that says why.
    case exact
    /// Also those whose text will be plausible but not the same; a comment in the stream says so.
    case inexact
}

/// What keeps a fleet serving: minimums, slow starts, ejections.
package struct FleetRules: Sendable, Equatable {
    package var minimumServing = ServingMinimum()
    package var slowStart = SlowStart()
    package var ejection = EjectionRules()
    /// How long the gateway's count of a node's requests and the engine's own may differ before it is an event.
    package var disagreementSeconds = 15.0

    package init() {}
}

/// How often and how patiently telemetry is read.
package struct ScrapeSettings: Sendable, Equatable {
    package var intervalSeconds = 1.0
    /// After this a reading has failed.
    package var timeoutSeconds = 2.0

    package init() {}
}
