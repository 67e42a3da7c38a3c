import GatewayCore

/// One line of the fleet table: a node, one GPU of a node, a group of nodes, or the whole fleet.
package struct FleetRow {
    package enum Kind: Equatable { case total, group, node, gpu }

    package var kind: Kind
    package var name: String
    package var state: StateWord?
    package var stateDetail: String?
    package var role: String?
    package var model: String?
    package var engine: String?
    package var weight: String?
    package var isReweighted = false
    package var share: Double?
    package var hbmShare: Double?
    package var hbmUsed: Double?
    package var hbmTotal: Double?
    package var kv: Double?
    package var hit: Double?
    package var prefill: Double?
    package var decode: Double?
    package var active: Double?
    package var running: Double?
    package var waiting: Double?
    package var ttft: LatencySummary?
    package var tpot: LatencySummary?
    package var tokens: Double?
    package var requests: Double?
    package var dollars: Double?
    package var dollarsPerHour: Double?
    package var utilization: Double?
    package var power: Double?
    package var temperature: Double?
    package var age: Double?
    package var estimated: EstimatedFields = []
    package var isStale = false
    /// Whose history the trends show; nil: there is none.
    package var trendNode: String?

    private init(kind: Kind, name: String) {
        self.kind = kind
        self.name = name
    }

    package init(_ node: NodeStatus) {
        self.init(kind: .node, name: node.name)
        state = StateWord(node)
        stateDetail = Self.detail(of: node)
        role = node.role.rawValue
        let first = node.models.first.map(Self.shortModel)
        model = node.models.count > 1 ? "\(first ?? "") +\(node.models.count - 1)" : first
        engine = node.engine == .unknown ? nil : "\(node.engine.rawValue) \(node.engineVersion ?? "")".trimmed
        weight = "\(node.weight)"
        isReweighted = node.weight != node.configuredWeight
        share = node.trafficShare
        (hbmShare, hbmUsed, hbmTotal) = (node.hbmShare, node.hbmUsedBytes, node.hbmTotalBytes)
        (kv, hit) = (node.kvUsage, node.prefixHitRate)
        (prefill, decode) = (node.prefillQueue, node.decodeQueue)
        (active, running, waiting) = (Double(node.active), node.running, node.waiting)
        (ttft, tpot) = (node.ttft ?? node.engineTTFT, node.tpot ?? node.engineTPOT)
        (tokens, requests) = (node.tokensPerSecond, node.requestsPerSecond)
        (dollars, dollarsPerHour) = (node.dollarsPerMillionTokens, node.dollarsPerHour)
        utilization = Self.mean(node.gpus.map(\.utilization))
        power = Self.sum(node.gpus.map(\.powerWatts))
        temperature = node.gpus.compactMap(\.temperatureCelsius).max()
        age = node.readingAgeSeconds
        estimated = node.estimated
        isStale = node.isStale
        trendNode = node.name
    }

    package init(_ gpu: GPUReading, number: Int, of node: NodeStatus) {
        let instance = gpu.migInstance.map { " \($0)" } ?? ""
        self.init(kind: .gpu, name: "GPU \(gpu.index ?? number)\(instance)")
        model = gpu.name
        (hbmUsed, hbmTotal) = (gpu.memoryUsedBytes, gpu.memoryTotalBytes)
        if let used = hbmUsed, let total = hbmTotal, total > 0 { hbmShare = used / total }
        (utilization, power) = (gpu.utilization, gpu.powerWatts)
        temperature = gpu.temperatureCelsius
        isStale = node.isStale
    }

    /// The fleet: sums, and latencies from the gateway's merged buckets. Stale nodes are left out.
    package init(total snapshot: Snapshot) {
        let fresh = snapshot.nodes.filter { !$0.isStale && $0.state != .unhealthy }
        let name = fresh.count == snapshot.nodes.count ? "ALL" : "ALL \(fresh.count)/\(snapshot.nodes.count)"
        self.init(kind: .total, name: name)
        add(fresh)
        hit = snapshot.totals.prefixHitRate
        active = Double(snapshot.totals.active)
        (ttft, tpot) = (snapshot.totals.ttft, snapshot.totals.tpot)
        (tokens, requests) = (snapshot.totals.tokensPerSecond, snapshot.totals.requestsPerSecond)
        dollars = snapshot.totals.dollarsPerMillionTokens
        dollarsPerHour = snapshot.totals.dollarsPerHour
    }

    /// The sums of a group's nodes, without the stale ones. No latencies: percentiles of nodes can't be joined.
    init(group: FleetGroup) {
        self.init(kind: .group, name: group.name)
        let fresh = group.nodes.filter { !$0.isStale && $0.state != .unhealthy }
        add(fresh)
        let prompts = fresh.compactMap { node in
            node.prefixHitRate.flatMap { rate in node.promptTokensPerSecond.map { (rate * $0, $0) } }
        }
        let prompt = prompts.reduce(0) { $0 + $1.1 }
        if prompt > 0 { hit = prompts.reduce(0) { $0 + $1.0 } / prompt }
        active = Double(group.nodes.reduce(0) { $0 + $1.active })
        tokens = Self.sum(fresh.map(\.tokensPerSecond))
        requests = Self.sum(fresh.map(\.requestsPerSecond))
        dollarsPerHour = Self.sum(group.nodes.map(\.dollarsPerHour))
        let isPriced = group.nodes.allSatisfy { $0.dollarsPerHour != nil }
        dollars = dollarsPerMillionTokens(
            dollarsPerHour: isPriced ? dollarsPerHour : nil, tokensPerSecond: tokens)
    }

    /// What several nodes have together.
    private mutating func add(_ fresh: [NodeStatus]) {
        hbmUsed = Self.sum(fresh.map(\.hbmUsedBytes))
        hbmTotal = Self.sum(fresh.map { $0.hbmUsedBytes == nil ? nil : $0.hbmTotalBytes })
        if let used = hbmUsed, let total = hbmTotal, total > 0 { hbmShare = used / total }
        let knowsCapacity = fresh.allSatisfy { $0.kvCapacityTokens != nil || $0.kvUsage == nil }
        kv = Self.kvUsage(of: fresh, byCapacity: knowsCapacity)
        if !knowsCapacity { estimated.insert(.kvUsage) }
        for node in fresh { estimated.formUnion(node.estimated.subtracting(.kvUsage)) }
        prefill = Self.sum(fresh.map(\.prefillQueue))
        decode = Self.sum(fresh.map(\.decodeQueue))
        running = Self.sum(fresh.map(\.running))
        waiting = Self.sum(fresh.map(\.waiting))
        utilization = Self.mean(fresh.map { Self.mean($0.gpus.map(\.utilization)) })
        power = Self.sum(fresh.map { Self.sum($0.gpus.map(\.powerWatts)) })
        temperature = fresh.flatMap { $0.gpus.map(\.temperatureCelsius) }.compactMap(\.self).max()
    }

    /// What the state is about, in a few letters: streams left, age of the reading, its weight while it begins slowly.
    private static func detail(of node: NodeStatus) -> String? {
        if let drain = node.drain, node.state == .draining { return "\(drain.remaining) left" }
        if let ejection = node.ejection { return ejection.secondsLeft.map { NumberText.span($0) } ?? "tried" }
        if node.isStale { return node.readingAgeSeconds.map { NumberText.span($0) } }
        if let restarted = node.restartedSecondsAgo { return "up \(NumberText.span(restarted))" }
        if let weight = node.slowWeight { return "slow \(weight)" }
        return node.safeToDelete && node.state != .serving ? "empty" : nil
    }

    /// Without the organisation: "Llama-3.3-70B" of "meta-llama/Llama-3.3-70B".
    static func shortModel(_ name: String) -> String {
        name.split(separator: "/").last.map(String.init) ?? name
    }

    static func sum(_ values: [Double?]) -> Double? {
        let known = values.compactMap { $0 }
        return known.isEmpty ? nil : known.reduce(0, +)
    }

    static func mean(_ values: [Double?]) -> Double? {
        let known = values.compactMap { $0 }
        return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
    }

    /// Weighted by capacity where every node tells it, else a plain mean, which is an estimate.
    private static func kvUsage(of nodes: [NodeStatus], byCapacity: Bool) -> Double? {
        guard byCapacity else { return mean(nodes.map(\.kvUsage)) }
        let parts = nodes.compactMap { node in
            node.kvUsage.flatMap { usage in node.kvCapacityTokens.map { (usage, $0) } }
        }
        let capacity = parts.reduce(0) { $0 + $1.1 }
        return capacity > 0 ? parts.reduce(0) { $0 + $1.0 * $1.1 } / capacity : nil
    }
}
