import GatewayCore

/// What the incident view looked at, each with the value that came nearest to its threshold.
struct Checks {
    var snapshot: Snapshot
    var peers: Peers

    var group: FactGroup { FactGroup(title: "What was checked", facts: nodes + load + gpus + rest) }

    private var fresh: [NodeStatus] { snapshot.nodes.filter { !$0.isStale } }

    private var nodes: [Fact] {
        let serving = snapshot.nodes.filter { $0.state == .serving && !$0.isStale }.count
        let oldest = snapshot.nodes.compactMap(\.readingAgeSeconds).max()
        return [
            Fact(
                "states", "\(serving) of \(NumberText.plural(snapshot.nodes.count, "node")) serving",
                serving < snapshot.nodes.count ? .warning : .text),
            Fact("readings", "the oldest of \(NumberText.span(oldest)) ago", stale > 0 ? .warning : .text),
        ]
    }

    private var stale: Int { snapshot.nodes.filter(\.isStale).count }

    private var load: [Fact] {
        [
            most("KV in use", \.kvUsage, .kv, "%", NumberText.percent),
            most("TTFT p99", { $0.ttft?.p99 }, .ttft, "ms", NumberText.milliseconds),
            most("TPOT p99", { $0.tpot?.p99 }, .tpot, "ms", NumberText.milliseconds),
            most("queues", { SortKey.queue.value($0) }, .queue, "waiting", NumberText.short),
        ]
    }

    private var gpus: [Fact] {
        let told = fresh.flatMap(\.gpus).compactMap(\.lastXid)
        let bad = told.filter { $0 != 0 }.count
        return [
            most("HBM in use", \.hbmShare, .hbm, "%", NumberText.percent),
            most(
                "GPUs", { $0.gpus.compactMap(\.temperatureCelsius).max() }, .temperature, "C",
                NumberText.count),
            Fact(
                "Xid errors",
                told.isEmpty
                    ? "" : bad == 0 ? "none on \(NumberText.plural(told.count, "GPU"))" : "on \(bad)",
                bad > 0 ? .alarm : .text),
        ]
    }

    private var rest: [Fact] {
        let differing = snapshot.nodes.filter { ($0.disagreementSeconds ?? 0) >= Finding.disagreement }.count
        let doubtful = snapshot.nodes.filter(CacheTrust.isDoubtful).count
        let told = snapshot.nodes.filter { $0.actualCachedTokens != nil }.count
        return [
            Fact(
                "counts", differing == 0 ? "the engines' are ours" : "\(differing) differ",
                differing > 0 ? .warning : .text),
            Fact(
                "cached tokens",
                told == 0 ? "" : doubtful == 0 ? "come as foreseen" : "fewer than foreseen on \(doubtful)",
                doubtful > 0 ? .warning : .text),
            Fact("peers", peersText, peers.oddities.isEmpty ? .text : .accent),
            Fact(
                "gateway",
                "\(snapshot.gateway.queued) queued, memory \(percent(snapshot.gateway.memory.share)), "
                    + "descriptors \(percent(snapshot.gateway.memory.fileShare))",
                Incidents.ofGateway(snapshot).isEmpty ? .text : .warning),
        ]
    }

    private var peersText: String {
        guard peers.groups > 0 else { return "too few of one model and pool to compare" }
        let odd = Set(peers.oddities.map(\.node)).count
        return odd == 0 ? "none stands out" : "\(odd) of \(snapshot.nodes.count) stand out"
    }

    private func percent(_ share: Double?) -> String {
        share == nil ? NumberText.unknown : NumberText.percent(share) + " %"
    }

    /// The highest value, whose it is, and from where on it counts.
    private func most(
        _ name: String, _ value: (NodeStatus) -> Double?, _ threshold: Threshold, _ unit: String,
        _ text: (Double?) -> String
    ) -> Fact {
        let known = fresh.compactMap { node in value(node).map { (node.name, $0) } }
        guard let highest = known.max(by: { $0.1 < $1.1 }) else { return Fact(name, "") }
        return Fact(
            name,
            "at most \(text(highest.1)) \(unit) (\(highest.0)); from \(text(threshold.warning)) on it counts",
            threshold.role(highest.1))
    }
}
