/// Which gateway this is and how it is set.
package struct GatewayStatus: Codable, Sendable, Equatable {
    /// The listening address, "127.0.0.1:8080".
    package var address = ""
    package var adminSocket = ""
    package var version = ""
    package var processID = 0
    /// Seconds since it began to serve.
    package var uptimeSeconds = 0.0
    /// Counts up with every command that was applied; a command may demand that it is still the same.
    package var configurationVersion: UInt64 = 0
    /// For models without their own.
    package var policy = ""
    /// The names that `policy NAME` takes.
    package var policies: [String] = []
    /// Of each model, with the values of their parameters.
    package var policySettings = PolicySettings()
    /// nil: policies are not tuned.
    package var autotune: AutotuneStatus?
    /// Every command is refused.
    package var isReadOnly = false
    /// True when it was told to stop after the streams have ended.
    package var isStopping = false
    /// Client connections open now.
    package var clientConnections = 0
    /// Requests waiting in the gateway because no node can take them.
    package var queued = 0
    /// As many of each model may wait, now and in the configuration.
    package var queueCapacity = 0
    package var configuredQueueCapacity = 0
    /// Client connections turned away at limits.maxConnections.
    package var connectionsRefused: UInt64 = 0
    /// Times that accepting paused since file descriptors ran short.
    package var acceptPauses: UInt64 = 0
    /// Ended requests that the ledger could not take in time; totals by outcome count them all the same.
    package var settlementsDropped: UInt64 = 0
    /// Operator changes restored from the journal at start; nil when there were none.
    package var restored: String?
    package var memory = MemoryStatus()
    /// How many nodes must be left serving when one is taken out.
    package var minimumServing = ServingMinimum()
    /// Faults in streams that came faster than they could be counted.
    package var faultsDropped = 0
    /// Requests that the shadows have not seen: there was no room, or their share of a core was used up.
    package var shadowsDropped = 0
    /// Rates are over this window.
    package var rateWindowSeconds = 10.0
    /// Latency quantiles are over this window.
    package var latencyWindowSeconds = 60.0

    package init() {}
}

/// Who holds what of the gateway's memory, and its descriptors. Missing is nil.
package struct MemoryStatus: Codable, Sendable, Equatable {
    /// Resident memory of the process.
    package var residentBytes: Double?
    /// `limits.memoryBytes`: near it requests are refused.
    package var limitBytes: Double?
    package var prefixIndexBytes: Double?
    /// Series and pictures of the last hour.
    package var historyBytes: Double?
    package var ledgerBytes: Double?
    /// Bodies and tokens kept so that streams can be retried and moved.
    package var retainedBytes: Double?
    /// Requests that wait in the gateway.
    package var queueBytes: Double?
    package var openFiles: Int?
    package var openFileLimit: Int?

    package init() {}
}
