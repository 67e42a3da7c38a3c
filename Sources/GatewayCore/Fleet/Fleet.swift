import Synchronization

/// One node as routing sees it. Immutable; a change makes a new `Fleet`.
package struct Node: Sendable {
    /// Its place in every fleet of this gateway's life.
    package let index: Int
    package let name: String
    package let url: EngineURL
    package var role = NodeRole.mixed
    package var zone: String?
    /// 0...100; 0 takes no new request.
    package var weight = 100
    package var configuredWeight = 100
    package var intent = NodeIntent.serve
    package var health = NodeHealth.starting
    package var breaker = BreakerPhase.closed
    /// Monotonic nanoseconds when it came back and began slowly; 0: it has its whole share.
    package var slowSince: UInt64 = 0
    package var slowStart = SlowStart()
    /// Empty: not known yet, then it is taken for any model.
    package var models: [String] = []
    package var engine = EngineKind.unknown
    /// Resolved off the loops; empty: not resolved yet.
    package var addresses: [SocketAddress] = []
    /// Sent as the bearer token in place of the client's.
    package var apiKey: String?
    /// Requests of this gateway at most; nil: no limit.
    package var limit: Int?
    package var dollarsPerHour: Double?
    package let load: NodeLoad
    /// The URL's host and port as a Host header has them.
    package let hostHeader: String

    package init(index: Int, name: String, url: EngineURL, load: NodeLoad = NodeLoad()) {
        self.index = index
        self.name = name
        self.url = url
        self.load = load
        hostHeader = url.authority
    }

    package var state: NodeState {
        NodeState(intent: intent, health: health, breaker: breaker, live: load.live)
    }
    /// Only its weight could keep it from taking requests.
    package var isReady: Bool {
        intent == .serve && health == .healthy && breaker != .open && !addresses.isEmpty
    }
    package var takesRequests: Bool { isReady && weight > 0 }

    /// The weight to route by: less than `weight` while it begins slowly.
    /// - Parameter now: monotonic nanoseconds.
    package func effectiveWeight(_ now: UInt64) -> Int {
        guard slowSince > 0, now > slowSince else { return weight }
        return slowStart.weight(weight, elapsed: Double(now - slowSince) / 1e9)
    }
}

/// A model and who serves it.
package struct ModelEntry: Sendable {
    package let name: String
    /// `PromptHash.of` the name.
    package let hash: UInt64
    package let nodes: [Int]
}

/// The fleet at one moment: an immutable value, swapped whole.
package final class Fleet: Sendable {
    package let version: Int
    package let nodes: [Node]
    /// Of each node whether it takes requests: apart, since asking a node for more than a field copies it, for every candidate
    /// of every request.
    package let takesRequests: [Bool]
    /// As many requests of each model wait in the gateway for a node.
    package let queueCapacity: Int
    /// The policies that loops route by.
    package let policies: PolicySettings
    package let models: [ModelEntry]
    /// Nodes of pinned sessions, by the hash of the session's id.
    package let pins: [UInt64: Int]
    /// Nodes whose models are not known.
    package let unspecific: [Int]
    /// Keyed by the hash of the model's name.
    private let modelIndex: PlaceTable

    package init(
        version: Int, nodes: [Node], queueCapacity: Int, policies: PolicySettings, pins: [UInt64: Int] = [:]
    ) {
        self.version = version
        self.queueCapacity = queueCapacity
        self.nodes = nodes
        takesRequests = nodes.map(\.takesRequests)
        self.policies = policies
        self.pins = pins
        var names: [String] = []
        for node in nodes { for model in node.models where !names.contains(model) { names.append(model) } }
        models = names.map { name in
            ModelEntry(
                name: name, hash: PromptHash.of(text: name),
                nodes: nodes.indices.filter { nodes[$0].models.contains(name) })
        }
        unspecific = nodes.indices.filter { nodes[$0].models.isEmpty }
        var index = PlaceTable()
        for (place, model) in models.enumerated() { index.insert(model.hash, Int32(place)) }
        modelIndex = index
    }

    /// The place in `models` of the model with this hash of its name.
    package func model(hash: UInt64) -> Int? {
        modelIndex.place(of: hash) { models[Int($0)].hash == hash }.map(Int.init)
    }
}

/// The current fleet, shared. A loop keeps a reference of its own and looks at the version once a turn.
package final class CurrentFleet: Sendable {
    private let current: Mutex<Fleet>
    private let version: Atomic<Int>

    package init(_ fleet: Fleet) {
        current = Mutex(fleet)
        version = Atomic(fleet.version)
    }

    package func publish(_ fleet: Fleet) {
        current.withLock { $0 = fleet }
        version.store(fleet.version, ordering: .releasing)
    }

    /// Replaces `mine` when there is a newer one, and says whether it did.
    package func refresh(_ mine: inout Fleet) -> Bool {
        guard version.load(ordering: .acquiring) != mine.version else { return false }
        mine = current.withLock { $0 }
        return true
    }

    package var value: Fleet { current.withLock { $0 } }
}
