/// Whether a node gets requests, as its traffic says.
package enum BreakerPhase: String, Codable, Sendable, CaseIterable {
    /// It gets its share.
    case closed
    /// It gets none for a while.
    case open
    /// It gets one request at a time, to see whether it is well again.
    case halfOpen
}

/// When a node is ejected and for how long.
package struct EjectionRules: Sendable, Equatable {
    /// Requests in a row that failed before their first byte.
    package var failures = 3
    /// Faulty streams in a minute, where they are also a fifth of those that ended in it.
    package var faults = 5
    /// The median TTFT against the median of its peers' ...
    package var ttftFactor = 5.0
    /// ... and never below this: mixed hardware differs without being ill.
    package var ttftFloorSeconds = 5.0
    /// The first ejection; each further one takes twice as long, up to `longestSeconds`.
    package var seconds = 10.0
    /// Of the nodes of a model this share is never undercut by ejections, 0...1.
    package var minimumShare = 0.5
    package static let longestSeconds = 300.0
    package static let faultyShare = 0.2

    package init() {}
}

/// The outcomes of a node's streams in the last minute: six slots of ten seconds.
package struct OutcomeWindow: Sendable {
    package static let seconds = 60.0
    private var ended = Array(repeating: 0, count: 6)
    private var faulty = Array(repeating: 0, count: 6)
    private var slot: Int64 = 0

    package init() {}

    package mutating func add(ended count: Int = 0, faulty faults: Int = 0, now: Double) {
        turn(to: now)
        ended[Int(slot % 6)] += count
        faulty[Int(slot % 6)] += faults
    }

    package mutating func sums(now: Double) -> (ended: Int, faulty: Int) {
        turn(to: now)
        return (ended.reduce(0, +), faulty.reduce(0, +))
    }

    private mutating func turn(to now: Double) {
        let target = Int64(now / (Self.seconds / 6))
        guard target > slot else { return }
        for step in 1...min(6, target - slot) {
            ended[Int((slot + step) % 6)] = 0
            faulty[Int((slot + step) % 6)] = 0
        }
        slot = target
    }
}

/// The breaker of one node: evidence in, changes out. Owned by control; time is an argument, in monotonic seconds.
///
/// What clients do (4xx, hanging up) and what engines say of being busy (429, 503) is no evidence; neither is a long
/// prefill as such.
package struct Breaker: Sendable {
    /// What is known of the node now.
    package struct Evidence: Sendable {
        package var consecutiveFailures = 0
        /// Failures before the first byte since the gateway began.
        package var failures = 0
        /// It is much slower to the first token than its peers and does not work more: in words.
        package var slowness: String?
        package init() {}
    }

    package enum Change: Sendable, Equatable {
        case ejected(reason: String, seconds: Double)
        /// It would be ejected, but too few nodes would be left.
        case spared(reason: String)
        /// One request at a time is let through.
        case probes
        case returned
        /// Too few nodes are left without it.
        case recalled
    }

    package private(set) var phase = BreakerPhase.closed
    /// Why it was ejected last.
    package private(set) var reason: String?
    /// How often in a row; forgotten one by one, each after `EjectionRules.longestSeconds` without another.
    package private(set) var ejections = 0
    /// While open: when it ends.
    package private(set) var until = 0.0
    private var outcomes = OutcomeWindow()
    private var since = 0.0
    private var failuresBefore = 0
    private var hasFault = false
    private var hasCompleted = false
    private var isSpared = false

    package init() {}

    /// A stream on the node showed a fault.
    package mutating func faulted(now: Double) {
        outcomes.add(faulty: 1, now: now)
        hasFault = true
    }

    /// A request on the node ended well.
    package mutating func completed(now: Double) {
        outcomes.add(ended: 1, now: now)
        hasCompleted = true
    }

    /// A request on the node ended otherwise.
    package mutating func ended(now: Double) { outcomes.add(ended: 1, now: now) }

    /// Takes what is known and says what changes.
    /// - Parameter mayBeOut: enough others get requests without this node; asked only where it matters.
    package mutating func step(
        _ evidence: Evidence, _ rules: EjectionRules, mayBeOut: () -> Bool, now: Double
    ) -> Change? {
        switch phase {
        case .closed: return watch(evidence, rules, mayBeOut, now)
        case .open:
            guard mayBeOut() else { return close(now, .recalled) }
            guard now >= until else { return nil }
            phase = .halfOpen
            failuresBefore = evidence.failures
            hasFault = false
            hasCompleted = false
            return .probes
        case .halfOpen:
            if hasFault || evidence.failures > failuresBefore {
                guard mayBeOut() else { return close(now, .recalled) }
                return eject("the request that tried it again failed", rules, now)
            }
            return hasCompleted ? close(now, .returned) : nil
        }
    }

    private mutating func watch(
        _ evidence: Evidence, _ rules: EjectionRules, _ mayBeOut: () -> Bool, _ now: Double
    ) -> Change? {
        if ejections > 0, now - since > EjectionRules.longestSeconds {
            ejections -= 1
            since = now
        }
        guard let reason = reason(evidence, rules, now) else {
            isSpared = false
            return nil
        }
        if mayBeOut() { return eject(reason, rules, now) }
        guard !isSpared else { return nil }
        isSpared = true
        return .spared(reason: reason)
    }

    private mutating func reason(_ evidence: Evidence, _ rules: EjectionRules, _ now: Double) -> String? {
        if evidence.consecutiveFailures >= rules.failures {
            return "\(evidence.consecutiveFailures) requests in a row failed before their first byte"
        }
        let (ended, faulty) = outcomes.sums(now: now)
        if faulty >= rules.faults, Double(faulty) >= EjectionRules.faultyShare * Double(ended) {
            return "\(faulty) faulty streams in the last minute, of \(max(ended, faulty)) that ended"
        }
        // What was measured before it came back says nothing of now.
        guard ejections == 0 || now - since > OutcomeWindow.seconds else { return nil }
        return evidence.slowness
    }

    private mutating func eject(_ reason: String, _ rules: EjectionRules, _ now: Double) -> Change {
        let seconds = rules.seconds * Double(UInt64(1) << UInt64(min(ejections, 16)))
        let length = min(seconds, max(rules.seconds, EjectionRules.longestSeconds))
        ejections += 1
        phase = .open
        until = now + length
        self.reason = reason
        isSpared = false
        return .ejected(reason: reason, seconds: length)
    }

    private mutating func close(_ now: Double, _ change: Change) -> Change {
        phase = .closed
        outcomes = OutcomeWindow()
        since = now
        return change
    }
}

/// A node's median TTFT beside its peers'.
package enum Slowness {
    /// Fewer observations than this in the window say nothing.
    package static let samples: UInt64 = 20
    package static let peers = 2

    package struct Measure: Sendable {
        package var ttft: LatencySummary?
        /// Prompt and output tokens a second that it gets done.
        package var work: Double
        package init(ttft: LatencySummary?, work: Double) {
            self.ttft = ttft
            self.work = work
        }
    }

    /// Says how much slower a node is than its peers; nil: not so much that it is ill, or it is slow because it works
    /// more than they do.
    package static func evidence(of node: Measure, peers all: [Measure], _ rules: EjectionRules) -> String? {
        guard let own = node.ttft, own.count >= samples else { return nil }
        let known = all.filter { ($0.ttft?.count ?? 0) >= samples }
        guard known.count >= peers else { return nil }
        let typical = median(known.compactMap { $0.ttft?.p50 })
        guard own.p50 >= rules.ttftFloorSeconds, own.p50 > typical * rules.ttftFactor else { return nil }
        guard node.work < median(known.map(\.work)) else { return nil }
        return "TTFT p50 \(rounded(own.p50)) s, its \(known.count) peers \(rounded(typical)) s"
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    private static func rounded(_ seconds: Double) -> Double { (seconds * 100).rounded() / 100 }
}
