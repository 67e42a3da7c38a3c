import GatewayCore

extension Finding {
    /// What the verdict adds to the node's name; nil: nothing.
    func detail(_ node: NodeStatus) -> String? {
        switch self {
        case .ejected: node.ejection.map { $0.secondsLeft.map { NumberText.span($0) } ?? "being tried" }
        case .stale: node.readingAgeSeconds.map { NumberText.span($0) }
        case .draining: node.drain.map { "\($0.remaining) left" }
        case .drained, .maintenance: node.safeToDelete ? "safe to delete" : nil
        default: nil
        }
    }

    /// The reason in words, with the number that made it one.
    func words(_ node: NodeStatus) -> String {
        switch self {
        case .unhealthy: "unhealthy: \(problem(node) ?? "its probes fail")"
        case .ejected: ejected(node)
        case .stale:
            "its last reading is \(NumberText.span(node.readingAgeSeconds)) old"
                + (problem(node).map { ": \($0)" } ?? "; what it shows is from then")
        case .draining: draining(node)
        case .restarted:
            "its engine restarted \(NumberText.span(node.restartedSecondsAgo)) ago; its cache is cold"
        case .notOurCount:
            "the engine counts \(NumberText.short(node.engineCount)) requests, this gateway "
                + "\(node.active), for \(NumberText.span(node.disagreementSeconds)): somebody else sends to it too"
        case .problem: problem(node) ?? ""
        case .faults:
            "in its streams: "
                + node.faults.map { "\(NumberText.count($0.count)) \($0.fault)" }.joined(separator: ", ")
        case .busy: "it asked to be left alone for \(NumberText.span(node.busySecondsLeft)) more"
        case .distrustedCache:
            "\(NumberText.short(node.actualCachedTokens)) cached tokens came of "
                + "\(NumberText.short(node.predictedCachedTokens)) foreseen: \(CacheTrust.cause(node) ?? "")"
        case .kvFeed: "its KV events: \(node.kvEvents?.problem ?? "")"
        case .standsOut: "stands out among its peers"
        case .slowStart:
            "begins slowly: weight \(node.slowWeight ?? 0) of \(node.weight), all in "
                + NumberText.span(node.slowSecondsLeft)
        case .starting: "starting: it has not answered a probe yet" + (problem(node).map { ": \($0)" } ?? "")
        case .drained: "drained by an operator" + deletable(node)
        case .maintenance: "in maintenance by an operator" + deletable(node)
        default: loadWords(node)
        }
    }

    /// Without the node's name, which the row has already.
    private func problem(_ node: NodeStatus) -> String? {
        guard let problem = node.problem else { return nil }
        let start = node.name + ": "
        return problem.hasPrefix(start) ? String(problem.dropFirst(start.count)) : problem
    }

    private func loadWords(_ node: NodeStatus) -> String {
        switch self {
        case .outOfKV, .kvTight:
            "KV cache \(NumberText.percent(node.kvUsage)) % in use\(waiting(node)); new prompts evict or wait"
        case .slowFirstToken: "first token p99 \(NumberText.milliseconds(node.ttft?.p99)) ms\(waiting(node))"
        case .slowTokens: "a token p99 \(NumberText.milliseconds(node.tpot?.p99)) ms"
        case .longQueue: "\(NumberText.short(SortKey.queue.value(node))) requests wait or are in prefill"
        case .fullHBM:
            "HBM \(NumberText.percent(node.hbmShare)) % full, "
                + "\(NumberText.gigabytes(free(node))) GB left on \(node.gpus.count) GPUs"
        case .xid:
            gpus(node) { gpu in (gpu.lastXid ?? 0) == 0 ? nil : "Xid \(gpu.lastXid ?? 0)" }
        case .eccErrors:
            gpus(node) { gpu in
                (gpu.uncorrectedErrors ?? 0) == 0
                    ? nil : "\(NumberText.short(gpu.uncorrectedErrors)) ECC errors not corrected"
            }
        case .throttledGPU:
            gpus(node) { gpu in
                ThrottleReason.level(gpu) == .normal ? nil : "clocks held by \(ThrottleReason.words(gpu))"
            }
        case .hotGPU:
            gpus(node) { gpu in
                Threshold.temperature.level(gpu.temperatureCelsius) == .normal
                    ? nil : "\(NumberText.count(gpu.temperatureCelsius)) C"
            }
        default: ""
        }
    }

    private func ejected(_ node: NodeStatus) -> String {
        guard let ejection = node.ejection else { return "left out of routing" }
        let again = ejection.secondsLeft.map { "tried again in \(NumberText.span($0))" } ?? "being tried now"
        return "left out: \(ejection.reason); \(again)"
            + (ejection.count > 1 ? ", for the \(ejection.count). time" : "")
    }

    private func draining(_ node: NodeStatus) -> String {
        guard let drain = node.drain else { return "draining" }
        let left = NumberText.plural(drain.remaining, "stream")
        let deadline = drain.secondsToDeadline.map {
            $0 >= 0 ? ", deadline in \(NumberText.span($0))" : ", deadline passed \(NumberText.span(-$0)) ago"
        }
        return "draining for \(NumberText.span(drain.elapsedSeconds)): \(left) left, oldest "
            + NumberText.span(drain.oldestAgeSeconds) + (deadline ?? "")
    }

    private func deletable(_ node: NodeStatus) -> String {
        node.safeToDelete ? "; safe to delete" : "; \(NumberText.plural(node.active, "stream")) left"
    }

    private func waiting(_ node: NodeStatus) -> String {
        guard let waiting = node.waiting, waiting >= 1 else { return "" }
        return ", \(NumberText.short(waiting)) wait"
    }

    private func free(_ node: NodeStatus) -> Double? {
        node.hbmTotalBytes.flatMap { total in node.hbmUsedBytes.map { total - $0 } }
    }

    /// "GPU 3: 91 C, GPU 4: 90 C".
    private func gpus(_ node: NodeStatus, _ text: (GPUReading) -> String?) -> String {
        node.gpus.enumerated().compactMap { number, gpu in
            text(gpu).map { "GPU \(gpu.index ?? number): \($0)" }
        }.joined(separator: ", ")
    }
}
