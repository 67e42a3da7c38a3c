import GatewayCore

/// Made-up fleets for screens; the same arguments give the same fleet.
enum SampleFleet {
    /// Unix time of the first picture: 2026-11-24 14:03:20 UTC.
    static let start = 1_795_529_000.0

    static let policies = [
        "round-robin", "random", "least-requests", "power-of-two", "session-affinity", "foresight",
    ]

    /// A whole number between 0 and `limit`, the same for the same input.
    static func noise(_ a: Int, _ b: Int, _ limit: Int) -> Int {
        var value = UInt64(truncatingIfNeeded: a &* 0x9E37_79B9 &+ b &* 0x85EB_CA6B &+ 0x1234_5678)
        value ^= value >> 15
        value = value &* 0x2C1B_3C6D_2C1B_3C6D
        value ^= value >> 29
        value = value &* 0x297A_2D39_297A_2D39
        value ^= value >> 32
        return Int(value % UInt64(limit + 1))
    }

    static func snapshot(nodes count: Int, second: Int = 0) -> Snapshot {
        var snapshot = Snapshot()
        snapshot.sequence = UInt64(second + 1_000)
        snapshot.time = start + Double(second)
        snapshot.gateway.address = "127.0.0.1:8080"
        snapshot.gateway.version = "0.1.0"
        snapshot.gateway.configurationVersion = 7
        snapshot.gateway.queueCapacity = 1024
        snapshot.gateway.configuredQueueCapacity = 1024
        snapshot.gateway.policy = "foresight"
        snapshot.gateway.policies = policies
        snapshot.gateway.policySettings.standard =
            (try? PolicySetting(snapshot.gateway.policy)) ?? PolicySetting.usual
        snapshot.gateway.uptimeSeconds = 754 + Double(second)
        snapshot.gateway.memory.residentBytes = 187e6
        snapshot.gateway.memory.limitBytes = 4e9
        snapshot.gateway.memory.prefixIndexBytes = 4_194_304
        snapshot.gateway.memory.historyBytes = 460_800
        snapshot.gateway.memory.ledgerBytes = 1_203_712
        snapshot.gateway.memory.retainedBytes = 2_811_904
        snapshot.gateway.memory.openFiles = 412
        snapshot.gateway.memory.openFileLimit = 1_048_576
        snapshot.nodes = (0..<count).map { node($0, second: second) }
        let serving = snapshot.nodes.filter { $0.state == .serving }.reduce(0) { $0 + $1.weight }
        for index in snapshot.nodes.indices where snapshot.nodes[index].state == .serving && serving > 0 {
            snapshot.nodes[index].trafficShare = Double(snapshot.nodes[index].weight) / Double(serving)
        }
        snapshot.streams = streams(of: snapshot.nodes, second: second)
        snapshot.streamsTotal = snapshot.streams.count
        snapshot.decisions = decisions(of: snapshot.nodes, second: second)
        snapshot.decisionsTotal = 18_204 + second * 23
        snapshot.events = events(second: second)
        snapshot.eventsTotal = snapshot.events.count
        snapshot.totals = totals(of: snapshot.nodes, second: second)
        snapshot.shadows = shadows(live: snapshot.gateway.policy)
        spend(&snapshot)
        return snapshot
    }

    private static func shadows(live: String) -> [ShadowRow] {
        policies.enumerated().map { index, policy in
            var row = ShadowRow()
            row.policy = policy
            row.model = "llama-3.3-70b-instruct"
            row.isLive = policy == live
            row.requests = 1_200
            row.hitRate = 0.22 + 0.07 * Double(index)
            row.ttftMean = 1.9 - 0.25 * Double(index)
            row.ttftP99 = 9.5 - Double(noise(index, 3, 40)) / 10
            row.withinTarget = 0.6 + 0.05 * Double(index)
            row.balance = 1 + Double(noise(index, 5, 60)) / 100
            row.dollarsPerRequest = 0.0021 - 0.0001 * Double(index)
            row.agreement = row.isLive ? 0.94 : 0.1 + 0.12 * Double(index)
            return row
        }
    }

    static func history(nodes count: Int, seconds: Range<Int>) -> History {
        var history = History(capacitySeconds: 600)
        for second in seconds { history.record(snapshot(nodes: count, second: second)) }
        return history
    }

    private static func node(_ index: Int, second: Int) -> NodeStatus {
        var node = NodeStatus()
        node.name = "engine-\(index + 1)"
        node.url = "http://127.0.0.1:\(8_101 + index)"
        node.state = .serving
        node.models = ["llama-3.3-70b-instruct"]
        node.engine = .vllm
        node.engineVersion = "0.11.0"
        node.zone = index % 2 == 0 ? "a" : "b"
        let load = 0.35 + 0.4 * Double(noise(index, second / 7, 100)) / 100
        node.active = Int(load * 40)
        node.prefilling = node.active / 7
        node.decoding = node.active - node.prefilling
        node.running = Double(node.active)
        node.waiting = Double(noise(index, second, 3))
        node.prefillQueue = Double(node.prefilling)
        node.decodeQueue = Double(node.decoding)
        node.kvUsage = load * 0.9
        node.kvCapacityTokens = 216_000
        node.predictedCachedTokens = 61_000 + Double(noise(index, 9, 9_000))
        node.actualCachedTokens = (node.predictedCachedTokens ?? 0) * (index == 2 ? 0.6 : 0.97)
        if index % 2 == 0 { node.kvEvents = kvEvents(index) }
        node.hbmTotalBytes = 160e9
        node.hbmUsedBytes = 160e9 * (0.88 + 0.04 * load)
        node.prefixHitRate = 0.5 + 0.3 * Double(noise(index, second / 11, 100)) / 100
        node.prefixHitRateLifetime = 0.61
        let slow = 1 + Double(noise(index, second / 5, 100)) / 120
        node.ttft = LatencySummary(p50: 0.14 * slow, p99: 0.71 * slow, count: 420)
        node.tpot = LatencySummary(p50: 0.0231 * slow, p99: 0.061 * slow, count: 4_200)
        node.e2e = LatencySummary(p50: 4.2 * slow, p99: 18.4 * slow, count: 420)
        node.engineTTFT = LatencySummary(p50: 0.13 * slow, p99: 0.68 * slow, count: 420)
        node.engineTPOT = LatencySummary(p50: 0.022 * slow, p99: 0.06 * slow, count: 4_200)
        node.tokensPerSecond = 1_100 * load + Double(noise(index, second, 90))
        node.promptTokensPerSecond = 5_400 * load
        node.requestsPerSecond = 5 * load
        node.dollarsPerHour = 7.96
        node.dollarsPerMillionTokens = 7.96 / 3_600 / max(node.tokensPerSecond ?? 1, 1) * 1e6
        node.preemptions = Double(noise(index, 3, 4))
        node.completed = UInt64(2_000 + index * 31 + second * 3)
        node.cancelled = UInt64(index * 2)
        node.readingAgeSeconds = 0.4
        node.gpus = (0..<2).map { gpu($0, load: load, index: index, second: second) }
        return node
    }

    private static func gpu(_ number: Int, load: Double, index: Int, second: Int) -> GPUReading {
        var gpu = GPUReading()
        gpu.index = number
        gpu.name = "NVIDIA H100 80GB HBM3"
        gpu.memoryTotalBytes = 80e9
        gpu.memoryUsedBytes = 80e9 * (0.88 + 0.04 * load)
        gpu.utilization = min(0.4 + load * 0.7, 1)
        gpu.tensorActive = load * 0.5
        gpu.memoryActive = load * 0.8
        gpu.powerWatts = 280 + 380 * load
        gpu.powerLimitWatts = 700
        gpu.temperatureCelsius = 48 + 26 * load
        gpu.memoryTemperatureCelsius = 55 + 26 * load
        gpu.smClockMHz = 1_755
        gpu.lastXid = 0
        gpu.memoryReservedBytes = 0.5e9
        gpu.throttleReasons = load > 0.7 ? 4 : 0
        gpu.uncorrectedErrors = 0
        gpu.remappedRows = 0
        return gpu
    }

    private static func totals(of nodes: [NodeStatus], second: Int) -> TrafficTotals {
        var totals = TrafficTotals()
        totals.requests = UInt64(18_204 + second * 23)
        totals.completed = totals.requests - 300
        totals.cancelled = 112
        totals.retried = 3
        totals.active = UInt64(nodes.reduce(0) { $0 + $1.active })
        totals.outputTokens = UInt64(4_812_330 + second * 5_000)
        totals.requestsPerSecond = nodes.compactMap(\.requestsPerSecond).reduce(0, +)
        totals.tokensPerSecond = nodes.compactMap(\.tokensPerSecond).reduce(0, +)
        totals.prefixHitRate = nodes.isEmpty ? nil : 0.64
        totals.ttft = LatencySummary(p50: 0.212, p99: 1.04, count: 3_400)
        totals.tpot = LatencySummary(p50: 0.0312, p99: 0.0942, count: 34_000)
        totals.dollarsPerHour = nodes.compactMap(\.dollarsPerHour).reduce(0, +)
        totals.dollarsPerMillionTokens = 3.42
        totals.dollars = 13.31
        return totals
    }

    private static func streams(of nodes: [NodeStatus], second: Int) -> [StreamStatus] {
        guard !nodes.isEmpty else { return [] }
        return (0..<min(nodes.count * 14, Snapshot.listLimit)).map { index in
            var stream = StreamStatus()
            stream.id = UInt64(18_000 + index)
            stream.node = nodes[index % nodes.count].name
            stream.model = "llama-3.3-70b-instruct"
            stream.tenant = ["acme", "globex", nil][index % 3]
            stream.session = index % 2 == 0 ? "agent-\(index % 9)" : nil
            stream.client = "10.0.\(index % 4).\(17 + index):\(40_000 + index * 7)"
            stream.ageSeconds = 0.3 + Double(noise(index, 1, 340)) / 10
            stream.phase = stream.ageSeconds < 1.5 ? .prefill : .decode
            stream.promptTokens = UInt32(200 + noise(index, 2, 6_000))
            stream.promptTokensEstimated = stream.phase == .prefill
            stream.cachedTokens = stream.promptTokens.map { $0 * 3 / 5 / 16 * 16 }
            stream.maxTokens = 1_024
            if stream.phase == .decode {
                stream.outputTokens = UInt32(stream.ageSeconds * 31)
                stream.ttftSeconds = 0.1 + Double(noise(index, 4, 900)) / 1_000
                stream.tokensPerSecond = 31 + Double(noise(index, 5, 80)) / 10
                stream.dollars = Double(stream.outputTokens) * 3.4e-6
            }
            return stream
        }
    }

    private static func kvEvents(_ index: Int) -> KVFeedStatus {
        var feed = KVFeedStatus()
        feed.isLive = true
        feed.isWhole = index != 4
        feed.blocks = 9_000 + noise(index, 3, 2_000)
        feed.blockSize = 16
        feed.gaps = index == 4 ? 2 : 0
        return feed
    }

    private static func decisions(of nodes: [NodeStatus], second: Int) -> [DecisionRecord] {
        guard !nodes.isEmpty else { return [] }
        return (0..<60).map { index in
            var decision = DecisionRecord()
            let chosen = noise(second, index, nodes.count - 1)
            decision.stream = UInt64(18_204 + second * 23 - index)
            decision.time = start + Double(second) - Double(index) * 0.31
            decision.policy = "foresight"
            decision.model = "llama-3.3-70b-instruct"
            decision.node = nodes[chosen].name
            let blocks = 10 + noise(index, 8, 90)
            let hit = noise(index, 9, blocks)
            let reason: ChoiceReason = hit <= 4 ? .leastCost : noise(index, 7, 3) > 0 ? .prefix : .session
            decision.reason = reason.words
            decision.promptTokens = UInt32(blocks * 16)
            decision.predictedCachedTokens = UInt32(hit * 16)
            decision.actualCachedTokens = index > 3 ? UInt32(max(hit - 1, 0) * 16) : nil
            decision.ttftSeconds = index > 1 ? 0.1 + Double(noise(index, 10, 700)) / 1_000 : nil
            decision.candidates = (0..<min(nodes.count, 8)).map { place in
                let node = nodes[(chosen + place) % nodes.count]
                let cached = Double(max(hit - place * 9, 0))
                return CandidateScore(
                    node: node.name, cost: Double(blocks) - cached + Double(place) * 1.5,
                    terms: [
                        ScoreTerm(name: "prefill", value: Double(blocks) - cached),
                        ScoreTerm(name: "load", value: Double(place) * 1.5),
                    ])
            }
            return decision
        }
    }

    private static func events(second: Int) -> [EventRecord] {
        let texts: [(Double, EventSeverity, String, String?, String)] = [
            (30, .info, "operator ann (ssh 10.0.0.5)", "engine-4", "engine-4: weight 100 -> 50"),
            (95, .info, "operator ann (ssh 10.0.0.5)", nil, "policy least-requests -> foresight"),
            (240, .info, "system", "engine-2", "engine-2 answers again after 14s"),
            (254, .warning, "system", "engine-2", "engine-2 unhealthy: connection refused"),
            (700, .info, "system", nil, "gateway began to serve on 127.0.0.1:8080"),
        ]
        return texts.enumerated().map { index, text in
            var event = EventRecord()
            event.sequence = UInt64(texts.count - index)
            event.time = start - text.0
            (event.severity, event.actor, event.node, event.text) = (text.1, text.2, text.3, text.4)
            return event
        }
    }

    /// Eight nodes in every state that there is.
    static func troubled(second: Int = 0) -> Snapshot {
        var snapshot = snapshot(nodes: 8, second: second)
        snapshot.nodes[1].state = .draining
        snapshot.nodes[1].drain = DrainStatus(
            elapsedSeconds: 12, remaining: 5, oldestAgeSeconds: 31, secondsToDeadline: 588, atDeadline: .keep)
        snapshot.nodes[1].active = 5
        snapshot.nodes[2].state = .drained
        snapshot.nodes[2].safeToDelete = true
        snapshot.nodes[2].active = 0
        snapshot.nodes[3].weight = 50
        snapshot.nodes[4].state = .unhealthy
        snapshot.nodes[4].problem =
            "http://127.0.0.1:8105/metrics: connection refused; is the engine running?"
        snapshot.nodes[4].isStale = true
        snapshot.nodes[4].readingAgeSeconds = 47
        snapshot.nodes[5].isStale = true
        snapshot.nodes[5].readingAgeSeconds = 9
        snapshot.nodes[6].kvUsage = 0.93
        snapshot.nodes[6].estimated = [.queues, .tokensPerSecond]
        snapshot.nodes[7].state = .starting
        snapshot.nodes[7] = unknown(snapshot.nodes[7])
        for index in [1, 2, 4, 5, 7] { snapshot.nodes[index].trafficShare = nil }
        snapshot.totals.failed = 4
        return snapshot
    }

    /// Four nodes whose probes are well and whose traffic is not, or not yet.
    static func ailing(second: Int = 0) -> Snapshot {
        var snapshot = snapshot(nodes: 4, second: second)
        let reason = "3 requests in a row failed before their first byte"
        snapshot.nodes[0].state = .ejected
        snapshot.nodes[0].ejection = EjectionStatus(reason: reason, secondsLeft: 17, count: 2)
        snapshot.nodes[0].problem = reason + "; it is left out for a while"
        snapshot.nodes[0].trafficShare = nil
        snapshot.nodes[1].slowWeight = 40
        snapshot.nodes[1].slowSecondsLeft = 18
        snapshot.nodes[2].disagreementSeconds = 44
        snapshot.nodes[2].waiting = 20
        snapshot.nodes[3].faults = [
            FaultCount(fault: "truncated", count: 3), FaultCount(fault: "stalled", count: 12),
        ]
        snapshot.nodes[3].busySecondsLeft = 4
        return snapshot
    }

    /// Everything unknown but the name.
    static func unknown(_ node: NodeStatus) -> NodeStatus {
        var unknown = NodeStatus()
        unknown.name = node.name
        unknown.url = node.url
        return unknown
    }
}
