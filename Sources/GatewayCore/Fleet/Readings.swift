/// A cumulative histogram as an exporter publishes it: upper bounds in ascending order, the last +infinity.
package struct BucketHistogram: Sendable, Equatable {
    /// Upper bounds in seconds, ascending; the last one is `.infinity`.
    package var bounds: [Double]
    /// Cumulative counts, as many as `bounds`.
    package var counts: [Double]
    /// Sum of the observations in seconds.
    package var sum: Double

    package init(bounds: [Double], counts: [Double], sum: Double) {
        self.bounds = bounds
        self.counts = counts
        self.sum = sum
    }

    /// The number of observations.
    package var count: Double { counts.last ?? 0 }
}

/// What one scrape of an engine said. Every field that the engine does not tell is nil, never 0.
///
/// Counters are cumulative since the engine started, as scraped; `NodeMeter` turns them into rates.
package struct EngineReading: Sendable, Equatable {
    package var kind: EngineKind = .unknown
    /// The engine's own version text, for example "0.32.0".
    package var version: String?
    /// The models it serves, in its own spelling.
    package var models: [String] = []
    /// Requests in the running batch.
    package var running: Double?
    /// Requests waiting in the engine's queue.
    package var waiting: Double?
    /// Share of KV blocks in use, 0...1.
    package var kvUsage: Double?
    /// KV capacity in tokens.
    package var kvCapacityTokens: Double?
    /// Requests waiting for or in prefill, where the engine tells prefill and decode apart.
    package var prefillQueue: Double?
    /// Requests waiting for or in decode, where the engine tells prefill and decode apart.
    package var decodeQueue: Double?
    /// Cumulative prompt tokens, cached ones included.
    package var promptTokens: Double?
    /// Cumulative generated tokens.
    package var generatedTokens: Double?
    /// Cumulative prompt tokens (or blocks) looked up in the prefix cache.
    package var prefixQueries: Double?
    /// Cumulative prompt tokens (or blocks) found there.
    package var prefixHits: Double?
    /// Cumulative preemptions (or retractions).
    package var preemptions: Double?
    package var ttft: BucketHistogram?
    package var tpot: BucketHistogram?
    package var e2e: BucketHistogram?
    package var queueTime: BucketHistogram?

    package init() {}
}

/// One GPU (or MIG instance) as its telemetry tells it. Missing is nil.
package struct GPUReading: Sendable, Equatable, Codable {
    package var uuid: String?
    package var index: Int?
    package var name: String?
    package var memoryUsedBytes: Double?
    package var memoryTotalBytes: Double?
    package var memoryReservedBytes: Double?
    /// Busy share, 0...1.
    package var utilization: Double?
    /// Tensor pipe active, 0...1.
    package var tensorActive: Double?
    /// HBM interface active, 0...1.
    package var memoryActive: Double?
    package var powerWatts: Double?
    package var powerLimitWatts: Double?
    package var temperatureCelsius: Double?
    package var memoryTemperatureCelsius: Double?
    package var smClockMHz: Double?
    /// Cumulative energy.
    package var energyJoules: Double?
    /// The number of the last Xid error; 0 is none.
    package var lastXid: Int?
    /// Why its clocks are held below what they could be: NVML's bits of clocks event reasons; 0: they are not.
    package var throttleReasons: Int?
    /// ECC errors that could not be corrected, since the driver was loaded.
    package var uncorrectedErrors: Double?
    /// Rows of its memory that were replaced after such errors.
    package var remappedRows: Double?
    /// The MIG instance, where this row is one ("1g.5gb#13").
    package var migInstance: String?

    package init() {}
}

/// What a health probe of a node found.
package enum ProbeResult: Sendable, Equatable {
    case ready
    /// The engine answers, but says that it is not ready (loading, paused).
    case notReady(String)
    /// It refused, timed out or answered an error; the text names what and where.
    case failed(String)
}

/// Which engine answers at a node and what it serves: known even where its metrics are off.
package struct EngineIdentity: Sendable, Equatable {
    package var kind: EngineKind
    package var version: String?
    /// In the engine's own spelling.
    package var models: [String]

    package init(kind: EngineKind, version: String?, models: [String]) {
        self.kind = kind
        self.version = version
        self.models = models
    }
}

/// One node's news from a collector: everything of one turn, each part with its own outcome.
package struct NodeReading: Sendable, Equatable {
    /// The node's name in the fleet.
    package var node: String
    /// Seconds on the monotonic clock when the reading was complete.
    package var instant: Double
    package var probe: ProbeResult?
    /// nil: not told yet, or not asked this turn.
    package var identity: EngineIdentity?
    /// nil: nothing was scraped this turn. A failure names the URL, line and remedy.
    package var engine: Result<EngineReading, CollectionFailure>?
    package var gpus: Result<[GPUReading], CollectionFailure>?

    package init(
        node: String, instant: Double, probe: ProbeResult? = nil, identity: EngineIdentity? = nil,
        engine: Result<EngineReading, CollectionFailure>? = nil,
        gpus: Result<[GPUReading], CollectionFailure>? = nil
    ) {
        self.node = node
        self.instant = instant
        self.probe = probe
        self.identity = identity
        self.engine = engine
        self.gpus = gpus
    }
}

/// Why a reading could not be had: the place, what is wrong and what to do.
package struct CollectionFailure: Error, Sendable, Equatable {
    package var message: String
    package init(_ message: String) { self.message = message }
}
