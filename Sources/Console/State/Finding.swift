import GatewayCore

/// What may be said of a node that is not as it should be, or that an operator made so; the worst first.
///
/// The verdict, `!` and the incident view all read this list, so that they can't disagree.
package enum Finding: Int, CaseIterable, Sendable {
    case unhealthy, ejected, outOfKV, xid, eccErrors, stale, draining, kvTight, slowFirstToken, restarted,
        notOurCount
    case problem, faults, slowTokens, longQueue, busy, hotGPU, throttledGPU, fullHBM, distrustedCache, kvFeed
    /// Far from its peers; found by `Peers`, not of the node alone.
    case standsOut
    case slowStart, starting, drained, maintenance

    /// From here on the engine's count and the gateway's differ for longer than a scrape can explain, in seconds.
    static let disagreement = 15.0

    /// - easing: of the thresholds, 1 and less: what counts as above them.
    static func all(of node: NodeStatus, easing: Double = 1) -> [Finding] {
        var found: [Finding] = []
        switch node.state {
        case .unhealthy: found.append(.unhealthy)
        case .ejected: found.append(.ejected)
        case .draining: found.append(.draining)
        case .starting: found.append(.starting)
        case .drained: found.append(.drained)
        case .maintenance: found.append(.maintenance)
        case .serving: break
        }
        if node.isStale {
            if StateWord(node).word == "stale" { found.append(.stale) }
        } else {
            found += load(of: node, easing)
        }
        if node.restartedSecondsAgo != nil { found.append(.restarted) }
        if (node.disagreementSeconds ?? 0) >= disagreement { found.append(.notOurCount) }
        if !node.faults.isEmpty { found.append(.faults) }
        if node.busySecondsLeft != nil { found.append(.busy) }
        if node.slowWeight != nil { found.append(.slowStart) }
        if node.isAtWork, CacheTrust.isDoubtful(node) { found.append(.distrustedCache) }
        if node.kvEvents?.problem != nil { found.append(.kvFeed) }
        // What another finding tells already is not told twice.
        let isTold = found.contains { [.unhealthy, .ejected, .stale].contains($0) }
        if node.problem != nil, !isTold { found.append(.problem) }
        return found.sorted { $0.rawValue < $1.rawValue }
    }

    /// What a fresh reading says that is above its threshold.
    private static func load(of node: NodeStatus, _ easing: Double) -> [Finding] {
        var found: [Finding] = []
        func isHigh(_ value: Double?, _ threshold: Threshold) -> Bool {
            threshold.level(value, easing: easing) != .normal
        }
        switch Threshold.kv.level(node.kvUsage, easing: easing) {
        case .alarm: found.append(.outOfKV)
        case .warning: found.append(.kvTight)
        case .normal: break
        }
        if isHigh(node.ttft?.p99, .ttft) { found.append(.slowFirstToken) }
        if node.isAtWork, isHigh(node.tpot?.p99, .tpot) { found.append(.slowTokens) }
        if node.isAtWork, isHigh(SortKey.queue.value(node), .queue) { found.append(.longQueue) }
        if isHigh(node.hbmShare, .hbm) { found.append(.fullHBM) }
        for gpu in node.gpus {
            if (gpu.lastXid ?? 0) != 0 { found.append(.xid) }
            if isHigh(gpu.temperatureCelsius, .temperature) { found.append(.hotGPU) }
            if ThrottleReason.level(gpu) != .normal { found.append(.throttledGPU) }
            if (gpu.uncorrectedErrors ?? 0) > 0 { found.append(.eccErrors) }
        }
        return Array(Set(found))
    }

    var role: Role {
        switch self {
        case .unhealthy, .ejected, .outOfKV, .xid, .eccErrors: .alarm
        case .standsOut: .accent
        case .slowStart, .starting, .drained, .maintenance: .label
        default: .warning
        }
    }

    /// Its word in the verdict; nil: the verdict leaves it to the incident view.
    var headline: String? {
        switch self {
        case .unhealthy: "unhealthy"
        case .ejected: "ejected"
        case .outOfKV: "out of KV"
        case .stale: "stale"
        case .draining: "draining"
        case .kvTight: "KV tight"
        case .slowFirstToken: "slow first token"
        case .restarted: "restarted"
        case .notOurCount: "not our count"
        case .starting: "starting"
        case .drained: "drained"
        case .maintenance: "in maintenance"
        default: nil
        }
    }

    /// True for what `!` leaves on the screen.
    var needsEyes: Bool { headline != nil || self == .faults || self == .problem }
}

extension NodeStatus {
    /// It has requests, or may get some: what they go through tells of now.
    fileprivate var isAtWork: Bool { state == .serving || state == .draining }
}
