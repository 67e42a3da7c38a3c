import GatewayCore

/// What waits on one node or on the whole fleet, and for how long still.
struct QueueRow {
    var name: String
    /// nil: the row of the whole fleet.
    var node: NodeStatus?
    var prefill: Double?
    var decode: Double?
    var running: Double?
    var waiting: Double?
    /// Age of the oldest request without a first token, in seconds; nil: not known.
    var oldest: Double?
    /// False where nothing is without a first token.
    var hasOldest = true
    /// Requests that end, a second.
    var rate: Double?
    var kv: Double?
    var preemptions: Double?
    var estimated: EstimatedFields = []

    init(_ node: NodeStatus, _ ages: WaitingAges) {
        name = node.name
        self.node = node
        (prefill, decode) = (node.prefillQueue, node.decodeQueue)
        (running, waiting) = (node.running, node.waiting)
        (rate, kv, preemptions) = (node.requestsPerSecond, node.kvUsage, node.preemptions)
        oldest = ages.byNode[node.name]
        hasOldest = node.prefilling > 0
        estimated = node.estimated
    }

    /// Sums over the nodes with a fresh reading.
    init(total snapshot: Snapshot, _ ages: WaitingAges) {
        let row = FleetRow(total: snapshot)
        name = row.name
        (prefill, decode, running, waiting) = (row.prefill, row.decode, row.running, row.waiting)
        rate = snapshot.totals.requestsPerSecond
        kv = row.kv
        preemptions = FleetRow.sum(snapshot.nodes.map(\.preemptions))
        oldest = ages.byNode.values.max()
        hasOldest = snapshot.nodes.contains { $0.prefilling > 0 }
        estimated = row.estimated
    }

    /// Requests that wait for their first token.
    var queue: Double? {
        prefill == nil && waiting == nil ? nil : max(prefill ?? 0, waiting ?? 0)
    }

    /// Seconds until what waits now has been served, at the rate at which requests end; nil: that can't be told.
    var secondsToClear: Double? { Self.seconds(queue, rate) }

    /// - rate: a second.
    static func seconds(_ count: Double?, _ rate: Double?) -> Double? {
        guard let count else { return nil }
        guard count > 0 else { return 0 }
        guard let rate, rate > 0.01 else { return nil }
        return count / rate
    }
}

/// How long the oldest request without a first token has waited on each node, from the streams in the picture: these
/// are the oldest of all, so that one that is missing is younger than those that are there.
struct WaitingAges {
    private(set) var byNode: [String: Double] = [:]

    init(_ snapshot: Snapshot) {
        for stream in snapshot.streams where stream.phase == .prefill {
            guard let node = stream.node else { continue }
            byNode[node] = max(byNode[node] ?? 0, stream.ageSeconds)
        }
    }
}
