import GatewayCore

/// What is known of one node, in named groups.
struct NodeFacts {
    struct Fact {
        var name: String
        var value: String
        var role = Role.text
        init(_ name: String, _ value: String, _ role: Role = .text) {
            self.name = name
            self.value = value.isEmpty ? NumberText.unknown : value
            self.role = role
        }
    }

    struct Group {
        var title: String
        var facts: [Fact]
    }

    var node: NodeStatus

    var groups: [Group] { [traffic, latency, cache, identity] }

    private var identity: Group {
        let configured = node.weight == node.configuredWeight ? "" : " (configured \(node.configuredWeight))"
        return Group(
            title: "Node",
            facts: [
                Fact("model", node.models.joined(separator: ", ")),
                Fact("engine", "\(node.engine.rawValue) \(node.engineVersion ?? "")".trimmed),
                Fact("role", node.role.rawValue + (node.zone.map { ", zone \($0)" } ?? "")),
                Fact("weight", "\(node.weight)\(configured)", configured.isEmpty ? .text : .accent),
                Fact("share of new", percent(node.trafficShare)),
                Fact("$ an hour", NumberText.dollars(node.dollarsPerHour)),
                Fact("$ per M tok", estimate(.dollars, NumberText.dollars(node.dollarsPerMillionTokens))),
                Fact("reading", age, node.isStale ? .warning : .text),
            ])
    }

    private var traffic: Group {
        Group(
            title: "Traffic",
            facts: [
                Fact("streams", "\(node.active)  (\(node.prefilling) before, \(node.decoding) after 1st token)"),
                Fact("tokens/s out", estimate(.tokensPerSecond, NumberText.count(node.tokensPerSecond))),
                Fact("tokens/s in", NumberText.count(node.promptTokensPerSecond)),
                Fact("requests/s", NumberText.rate(node.requestsPerSecond)),
                Fact("running", estimate(.running, NumberText.count(node.running))),
                Fact("waiting", estimate(.waiting, NumberText.count(node.waiting))),
                Fact("prefill queue", estimate(.queues, NumberText.count(node.prefillQueue))),
                Fact("decode queue", estimate(.queues, NumberText.count(node.decodeQueue))),
            ])
    }

    private var latency: Group {
        Group(
            title: "Latency, p50 / p99",
            facts: [
                Fact("TTFT", pair(node.ttft), Threshold.ttft.role(node.ttft?.p99)),
                Fact("TPOT", pair(node.tpot), Threshold.tpot.role(node.tpot?.p99)),
                Fact("E2E", pair(node.e2e)),
                Fact("engine's TTFT", pair(node.engineTTFT)),
                Fact("engine's TPOT", pair(node.engineTPOT)),
                Fact("completed", NumberText.count(node.completed)),
                Fact("failed", NumberText.count(node.failed), node.failed > 0 ? .warning : .text),
                Fact("gone", "\(NumberText.count(node.cancelled)) cancelled, \(NumberText.count(node.retriedAway)) retried away"),
            ])
    }

    private var cache: Group {
        let used = node.kvUsage.flatMap { usage in node.kvCapacityTokens.map { usage * $0 } }
        let tokens = node.kvCapacityTokens == nil ? "" : "  \(NumberText.short(used)) of \(NumberText.short(node.kvCapacityTokens)) tok"
        return Group(
            title: "Memory",
            facts: [
                Fact("KV in use", estimate(.kvUsage, percent(node.kvUsage)) + tokens, Threshold.kv.role(node.kvUsage)),
                Fact("prefix hits", estimate(.prefixHitRate, percent(node.prefixHitRate)) + " now"),
                Fact("", "\(percent(node.prefixHitRateLifetime)) since start"),
                Fact("HBM", hbm),
                Fact("preemptions", NumberText.count(node.preemptions)),
                Fact("GPUs", node.gpus.isEmpty ? "" : "\(node.gpus.count)"),
                Fact("delete", node.safeToDelete ? "safe now" : "not safe", node.safeToDelete ? .good : .label),
                Fact("restarted", node.restartedSecondsAgo.map { "\(NumberText.span($0)) ago" } ?? "not lately"),
            ])
    }

    private var hbm: String {
        guard node.hbmUsedBytes != nil else { return NumberText.unknown }
        return estimate(.hbm, percent(node.hbmShare))
            + "  \(NumberText.gigabytes(node.hbmUsedBytes)) of \(NumberText.gigabytes(node.hbmTotalBytes)) GB"
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

    private func pair(_ summary: LatencySummary?) -> String {
        guard let summary else { return NumberText.unknown }
        return "\(NumberText.milliseconds(summary.p50)) / \(NumberText.milliseconds(summary.p99)) ms"
    }
}
