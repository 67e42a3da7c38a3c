import GatewayCore

/// What is known of one node, in named groups.
struct NodeFacts {
    var node: NodeStatus

    var groups: [FactGroup] { [traffic, latency, cache, identity] }

    private var traffic: FactGroup {
        let running = estimate(.running, NumberText.count(node.running))
        let waiting = estimate(.waiting, NumberText.count(node.waiting))
        let prefill = estimate(.queues, NumberText.count(node.prefillQueue))
        let decode = estimate(.queues, NumberText.count(node.decodeQueue))
        return FactGroup(
            title: "Traffic",
            facts: [
                Fact("streams", "\(node.active), \(node.prefilling) before first token"),
                Fact(
                    "running", "\(running), waiting \(waiting)\(disagreement)", disagrees ? .warning : .text),
                Fact(
                    "queues", "prefill \(prefill), decode \(decode)", Threshold.queue.role(node.prefillQueue)),
                Fact("tokens/s", "\(tokens) out, \(NumberText.count(node.promptTokensPerSecond)) in"),
                Fact("requests/s", NumberText.rate(node.requestsPerSecond)),
                Fact(
                    "requests",
                    "\(NumberText.count(node.completed)) done, \(NumberText.count(node.failed)) failed",
                    node.failed > 0 ? .warning : .text),
                Fact(
                    "gone",
                    "\(NumberText.count(node.cancelled)) cancelled, \(NumberText.count(node.retriedAway)) retried"
                ),
                Fact("faults", faults, node.faults.isEmpty ? .text : .warning),
            ])
    }

    /// The engine's count beside ours, where they have differed for a while.
    private var disagreement: String {
        guard disagrees else { return "" }
        return ": not ours for \(NumberText.span(node.disagreementSeconds))"
    }

    private var disagrees: Bool { (node.disagreementSeconds ?? 0) >= 5 }

    private var faults: String {
        guard !node.faults.isEmpty else { return "none seen in its streams" }
        return node.faults.map { "\(NumberText.count($0.count)) \($0.fault)" }.joined(separator: ", ")
    }

    private var tokens: String { estimate(.tokensPerSecond, NumberText.count(node.tokensPerSecond)) }

    private var latency: FactGroup {
        FactGroup(
            title: "Latency, p50 / p99",
            facts: [
                Fact("TTFT", pair(node.ttft), Threshold.ttft.role(node.ttft?.p99)),
                Fact("TPOT", pair(node.tpot), Threshold.tpot.role(node.tpot?.p99)),
                Fact("E2E", seconds(node.e2e)),
                Fact("engine's TTFT", pair(node.engineTTFT)),
                Fact("engine's TPOT", pair(node.engineTPOT)),
                Fact("reading", age, node.isStale ? .warning : .text),
                Fact(
                    "restarted", node.restartedSecondsAgo.map { "\(NumberText.span($0)) ago" } ?? "not lately"
                ),
            ])
    }

    private var cache: FactGroup {
        let used = node.kvUsage.flatMap { usage in node.kvCapacityTokens.map { usage * $0 } }
        let capacity = node.kvCapacityTokens
        let kvTokens =
            capacity == nil ? "" : ", \(NumberText.short(used)) of \(NumberText.short(capacity)) tok"
        let hits = estimate(.prefixHitRate, percent(node.prefixHitRate))
        return FactGroup(
            title: "Memory",
            facts: [
                Fact("HBM", hbm),
                Fact(
                    "KV in use", estimate(.kvUsage, percent(node.kvUsage)) + kvTokens,
                    Threshold.kv.role(node.kvUsage)),
                Fact("prefix hits", "\(hits) now, \(percent(node.prefixHitRateLifetime)) since start"),
                Fact("KV events", kvEvents, node.kvEvents?.problem == nil ? .text : .warning),
                Fact("preempted", NumberText.count(node.preemptions)),
                Fact("cost", cost),
            ])
    }

    private var cost: String {
        guard let hour = node.dollarsPerHour else { return NumberText.unknown }
        let tokens = estimate(.dollars, NumberText.dollars(node.dollarsPerMillionTokens))
        return "$ \(NumberText.dollars(hour))/h, \(tokens) per M tok"
    }

    /// How exactly its cache is known.
    private var kvEvents: String {
        guard let feed = node.kvEvents else { return "no feed" }
        if let problem = feed.problem { return problem }
        guard feed.isLive else { return "not connected" }
        let missed = feed.gaps > feed.replays ? ", \(feed.gaps - feed.replays) gaps" : ""
        return "\(NumberText.short(Double(feed.blocks))) blocks, "
            + (feed.isWhole ? "the whole cache" : "since it connected") + missed
    }

    private var identity: FactGroup {
        let configured = node.weight == node.configuredWeight ? "" : ", configured \(node.configuredWeight)"
        return FactGroup(
            title: "Node",
            facts: [
                Fact("model", node.models.joined(separator: ", ")),
                Fact("engine", "\(node.engine.rawValue) \(node.engineVersion ?? "")".trimmed),
                Fact("role", node.role.rawValue + (node.zone.map { ", zone \($0)" } ?? "")),
                Fact(
                    "weight", "\(node.weight)\(configured)\(slow)",
                    (configured + slow).isEmpty ? .text : .accent),
                Fact(
                    "share", percent(node.trafficShare) + (node.trafficShare == nil ? "" : " of new requests")
                ),
                Fact(
                    "delete", node.safeToDelete ? "safe now" : "not safe", node.safeToDelete ? .good : .text),
            ] + limit)
    }

    private var limit: [Fact] {
        guard node.limit != nil || node.configuredLimit != nil else { return [] }
        let isConfigured = node.limit == node.configuredLimit
        let configured = isConfigured ? "" : ", configured \(node.configuredLimit.limitWord)"
        let text = node.limit.map { "\($0) requests at once" } ?? "none"
        return [Fact("limit", text + configured, isConfigured ? .text : .accent)]
    }

    private var slow: String {
        guard let weight = node.slowWeight else { return "" }
        return ", begins slowly: \(weight) now, all in \(NumberText.span(node.slowSecondsLeft))"
    }

    private var hbm: String {
        guard node.hbmUsedBytes != nil else { return NumberText.unknown }
        return estimate(.hbm, percent(node.hbmShare))
            + ", \(NumberText.gigabytes(node.hbmUsedBytes)) of \(NumberText.gigabytes(node.hbmTotalBytes)) GB"
    }

    private var age: String {
        guard let seconds = node.readingAgeSeconds else { return "none yet" }
        return "\(NumberText.span(seconds)) old" + (node.isStale ? ", stale" : "")
    }

    private func percent(_ ratio: Double?) -> String {
        ratio == nil ? NumberText.unknown : NumberText.percent(ratio) + " %"
    }

    private func estimate(_ field: EstimatedFields, _ text: String) -> String {
        node.estimated.contains(field) && text != NumberText.unknown ? "~" + text : text
    }

    private func seconds(_ summary: LatencySummary?) -> String {
        guard let summary else { return NumberText.unknown }
        return "\(NumberText.rate(summary.p50)) / \(NumberText.rate(summary.p99)) s"
    }

    private func pair(_ summary: LatencySummary?) -> String {
        guard let summary else { return NumberText.unknown }
        return "\(NumberText.milliseconds(summary.p50)) / \(NumberText.milliseconds(summary.p99)) ms"
    }
}
