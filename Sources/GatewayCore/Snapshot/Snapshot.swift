/// The one picture of a gateway and its fleet at one instant: immutable, complete but bounded.
///
/// The console, `--json`, recording and replay read this type and nothing else. Missing is nil.
package struct Snapshot: Codable, Sendable, Equatable {
    /// The lists below never grow past this; the `...Total` fields say how many there are.
    package static let listLimit = 256

    /// Counts up by one with every snapshot of this gateway.
    package var sequence: UInt64 = 0
    /// Unix time in seconds.
    package var time: Double = 0
    package var gateway = GatewayStatus()
    package var totals = TrafficTotals()
    package var nodes: [NodeStatus] = []
    /// Models for which requests wait in the gateway, the longest queue first.
    package var queues: [QueueStatus] = []
    package var streams: [StreamStatus] = []
    package var streamsTotal = 0
    /// Newest first.
    package var decisions: [DecisionRecord] = []
    package var decisionsTotal = 0
    /// Newest first.
    package var events: [EventRecord] = []
    package var eventsTotal = 0
    /// What each policy would have done with the last minutes' requests; empty: none came yet.
    package var shadows: [ShadowRow] = []
    /// What is being tried, and goes back by itself.
    package var trials: [TrialStatus] = []
    /// Sessions that operators pinned to a node, the oldest pin first.
    package var pins: [SessionPin] = []
    /// Who spends: all together, then tenants, models and nodes; of each kind those with the most dollars of the last hour,
    /// then the rest as one row.
    package var spending: [SpendingRow] = []
    /// Agents' workflows by the same order; `spending` has the rest of them.
    package var sessions: [SessionRow] = []

    package init() {}
}

/// Requests and tokens by outcome since the gateway began.
package struct TrafficTotals: Codable, Sendable, Equatable {
    package var requests: UInt64 = 0
    package var completed: UInt64 = 0
    /// Client hung up before the end.
    package var cancelled: UInt64 = 0
    /// Ended by an error of an engine or the gateway, seen by the client.
    package var failed: UInt64 = 0
    /// Refused by the gateway itself (4xx, 5xx without an engine).
    package var refused: UInt64 = 0
    /// Sent again to another node before the first byte.
    package var retried: UInt64 = 0
    /// Failed attempts that were not sent again: the budget of retries was spent.
    package var retriesDenied: UInt64 = 0
    /// Of `refused`: their queue was full, or a more urgent request took their place.
    package var queueFull: UInt64 = 0
    /// Of `refused`: no node took them within limits.queueSeconds.
    package var queueExpired: UInt64 = 0
    /// Of `refused`: memory was short.
    package var shed: UInt64 = 0
    /// Streams that went on elsewhere, each time.
    package var migrated: UInt64 = 0
    /// Of them: not exactly, by the operator's leave.
    package var migratedInexactly: UInt64 = 0
    /// Streams that could not have gone on had their node failed.
    package var notMigratable: UInt64 = 0
    /// Clients that were closed since they did not read.
    package var slowReaders: UInt64 = 0
    /// What is kept so that streams can go on elsewhere: bodies, token ids, texts.
    package var retainedBytes: UInt64 = 0
    package var active: UInt64 = 0
    package var promptTokens: UInt64 = 0
    package var cachedTokens: UInt64 = 0
    package var outputTokens: UInt64 = 0
    /// Output tokens of streams that did not complete.
    package var wastedTokens: UInt64 = 0
    package var requestsPerSecond: Double?
    package var tokensPerSecond: Double?
    package var prefixHitRate: Double?
    package var ttft: LatencySummary?
    package var tpot: LatencySummary?
    package var dollarsPerHour: Double?
    package var dollarsPerMillionTokens: Double?
    package var dollars: Double = 0

    package init() {}
}

/// Quantiles of one latency over the latency window, in seconds; from merged histogram buckets, so estimates.
package struct LatencySummary: Codable, Sendable, Equatable {
    package var p50: Double
    package var p99: Double
    package var count: UInt64
    package init(p50: Double, p99: Double, count: UInt64) {
        self.p50 = p50
        self.p99 = p99
        self.count = count
    }
}

/// Fields of a `NodeStatus` that the gateway estimated because the engine does not tell them.
package struct EstimatedFields: OptionSet, Codable, Sendable, Hashable {
    package var rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }
    package static let running = EstimatedFields(rawValue: 1)
    package static let waiting = EstimatedFields(rawValue: 2)
    package static let kvUsage = EstimatedFields(rawValue: 4)
    package static let prefixHitRate = EstimatedFields(rawValue: 8)
    package static let tokensPerSecond = EstimatedFields(rawValue: 16)
    package static let queues = EstimatedFields(rawValue: 32)
    package static let dollars = EstimatedFields(rawValue: 64)
    package static let hbm = EstimatedFields(rawValue: 128)
}

/// One node, everything the operator can know of it.
package struct NodeStatus: Codable, Sendable, Equatable {
    package var name = ""
    package var url = ""
    package var state = NodeState.starting
    /// Nothing of this gateway is on it and nothing new will come.
    package var safeToDelete = false
    /// Current weight, 0...100.
    package var weight = 100
    /// The weight that is routed by while it begins slowly; nil: its whole weight.
    package var slowWeight: Int?
    /// Until it has its whole weight.
    package var slowSecondsLeft: Double?
    package var ejection: EjectionStatus?
    /// How long the engine wants to be left alone still (429 or 503 with Retry-After).
    package var busySecondsLeft: Double?
    /// The weight of the configuration file.
    package var configuredWeight = 100
    /// Requests of this gateway on it at most, now and in the configuration; nil: no limit.
    package var limit: Int?
    package var configuredLimit: Int?
    /// Expected share of new requests by weight among serving nodes, 0...1.
    package var trafficShare: Double?
    package var role = NodeRole.mixed
    package var zone: String?
    package var models: [String] = []
    package var engine = EngineKind.unknown
    package var engineVersion: String?
    package var gpus: [GPUReading] = []
    /// Requests in the engine's running batch.
    package var running: Double?
    /// Requests in the engine's queue.
    package var waiting: Double?
    /// Requests of this gateway on it, none left out that has not ended.
    package var active = 0
    /// Of `active`: without a first token yet.
    package var prefilling = 0
    /// Of `active`: with one.
    package var decoding = 0
    package var prefillQueue: Double?
    package var decodeQueue: Double?
    /// 0...1.
    package var kvUsage: Double?
    package var kvCapacityTokens: Double?
    /// HBM over all its GPUs.
    package var hbmUsedBytes: Double?
    package var hbmTotalBytes: Double?
    /// Over the rate window, 0...1.
    package var prefixHitRate: Double?
    /// Since the engine started, 0...1.
    package var prefixHitRateLifetime: Double?
    /// Tokens that routing predicted to be cached there and, of them, those that the engine found, over the last minutes;
    /// nil: the engine tells nothing.
    package var predictedCachedTokens: Double?
    package var actualCachedTokens: Double?
    /// Its KV-cache events; nil: none are subscribed to.
    package var kvEvents: KVFeedStatus?
    /// As the gateway measured it.
    package var ttft: LatencySummary?
    package var tpot: LatencySummary?
    package var e2e: LatencySummary?
    /// As the engine reports it.
    package var engineTTFT: LatencySummary?
    package var engineTPOT: LatencySummary?
    /// Generated tokens a second.
    package var tokensPerSecond: Double?
    /// Prompt tokens a second, cached ones included.
    package var promptTokensPerSecond: Double?
    package var requestsPerSecond: Double?
    package var dollarsPerHour: Double?
    package var dollarsPerMillionTokens: Double?
    package var preemptions: Double?
    package var completed: UInt64 = 0
    package var failed: UInt64 = 0
    package var cancelled: UInt64 = 0
    package var retriedAway: UInt64 = 0
    /// Faults seen in its streams since the gateway began; those that did not happen are left out.
    package var faults: [FaultCount] = []
    /// For how long the engine's count of requests and the gateway's differ; nil: they agree, or it tells none.
    package var disagreementSeconds: Double?
    package var migratedAway: UInt64 = 0
    /// Seconds since the last good engine reading; nil when there was none.
    package var readingAgeSeconds: Double?
    package var isStale = false
    /// Seconds since the engine restarted, kept for 60 s.
    package var restartedSecondsAgo: Double?
    /// Why it is unhealthy or stale: place, cause, remedy.
    package var problem: String?
    package var drain: DrainStatus?
    package var estimated: EstimatedFields = []

    package init() {}

    /// Requests that the engine says it has, to be held against `active`; nil: it tells none.
    package var engineCount: Double? {
        guard let running, !estimated.contains(.running) else { return nil }
        return running + (waiting ?? 0)
    }
}

/// Why a node is out of routing though its probes are well.
package struct EjectionStatus: Codable, Sendable, Equatable {
    package var reason: String
    /// Until it is tried again; nil: one request at a time tries it now.
    package var secondsLeft: Double?
    /// How often in a row.
    package var count: Int
    package init(reason: String, secondsLeft: Double?, count: Int) {
        self.reason = reason
        self.secondsLeft = secondsLeft
        self.count = count
    }
}

/// How often a kind of fault was seen in a node's streams.
package struct FaultCount: Codable, Sendable, Equatable {
    /// The name of a `StreamFault`.
    package var fault: String
    package var count: UInt64
    package init(fault: String, count: UInt64) {
        self.fault = fault
        self.count = count
    }
}

/// How a drain goes on.
package struct DrainStatus: Codable, Sendable, Equatable {
    package var elapsedSeconds: Double
    /// Streams left.
    package var remaining: Int
    package var oldestAgeSeconds: Double?
    /// Until the deadline; negative when it has passed.
    package var secondsToDeadline: Double?
    package var atDeadline: DeadlineAction
    package init(
        elapsedSeconds: Double, remaining: Int, oldestAgeSeconds: Double?, secondsToDeadline: Double?,
        atDeadline: DeadlineAction
    ) {
        self.elapsedSeconds = elapsedSeconds
        self.remaining = remaining
        self.oldestAgeSeconds = oldestAgeSeconds
        self.secondsToDeadline = secondsToDeadline
        self.atDeadline = atDeadline
    }
}

/// One model's queue in the gateway.
package struct QueueStatus: Codable, Sendable, Equatable {
    package var model = ""
    /// Requests by class of priority.
    package var high = 0
    package var normal = 0
    package var low = 0
    /// Of their prompts, estimated.
    package var tokens = 0
    package var oldestSeconds = 0.0
    /// Requests a second that left it for a node, over the rate window.
    package var drainPerSecond = 0.0

    package init() {}
}

/// Where a stream is in its life.
package enum StreamPhase: String, Codable, Sendable, CaseIterable {
    /// In the gateway, no node yet.
    case queued
    /// On a node, no token yet: queued there or in prefill.
    case prefill
    /// Tokens are coming.
    case decode
}

/// One request that is being relayed now.
package struct StreamStatus: Codable, Sendable, Equatable {
    /// Unique in this gateway's life.
    package var id: UInt64 = 0
    package var node: String?
    package var model = ""
    package var tenant: String?
    package var session: String?
    package var client = ""
    package var phase = StreamPhase.queued
    package var isStreaming = true
    package var ageSeconds = 0.0
    package var promptTokens: UInt32?
    /// True when `promptTokens` is estimated from bytes.
    package var promptTokensEstimated = true
    /// Predicted at routing.
    package var cachedTokens: UInt32?
    package var outputTokens: UInt32 = 0
    package var maxTokens: UInt32?
    package var ttftSeconds: Double?
    package var tokensPerSecond: Double?
    package var dollars: Double?
    package var attempts: UInt8 = 1

    package init() {}
}

/// One candidate of a decision with its score by term.
package struct CandidateScore: Codable, Sendable, Equatable {
    package var node: String
    /// Lower is better.
    package var cost: Double
    package var terms: [ScoreTerm]
    package init(node: String, cost: Double, terms: [ScoreTerm]) {
        self.node = node
        self.cost = cost
        self.terms = terms
    }
}

package struct ScoreTerm: Codable, Sendable, Equatable {
    package var name: String
    package var value: Double
    package init(name: String, value: Double) {
        self.name = name
        self.value = value
    }
}

/// Why a request went where it went.
package struct DecisionRecord: Codable, Sendable, Equatable {
    package var stream: UInt64 = 0
    /// Unix time in seconds.
    package var time = 0.0
    package var policy = ""
    package var model = ""
    package var node = ""
    /// `ChoiceReason.words`.
    package var reason = ""
    package var promptTokens: UInt32?
    package var predictedCachedTokens: UInt32?
    /// Told by the engine at the end.
    package var actualCachedTokens: UInt32?
    package var ttftSeconds: Double?
    /// Best first, at most 8.
    package var candidates: [CandidateScore] = []
    /// Nodes of the model that were no candidates, at most 8.
    package var excluded: [ExcludedNode] = []

    package init() {}
}

/// A node that could not be chosen, and why.
package struct ExcludedNode: Codable, Sendable, Equatable {
    package var node: String
    package var reason: String
    package init(node: String, reason: String) {
        self.node = node
        self.reason = reason
    }
}

package enum EventSeverity: String, Codable, Sendable, CaseIterable {
    case info, warning, alarm
}

/// What an operator or the system did.
package struct EventRecord: Codable, Sendable, Equatable {
    package var sequence: UInt64 = 0
    /// Unix time in seconds.
    package var time = 0.0
    package var severity = EventSeverity.info
    /// "operator ann (ssh 10.0.0.5)" or "system".
    package var actor = "system"
    package var node: String?
    package var text = ""

    package init() {}
}
