/// Requests that wait at the gateway because every node has enough to do, where they can still be placed anywhere.
///
/// Least uncached work first, less ageing: near saturation the mean falls by a third and many more answer in time than
/// where each is dispatched at once (workloads.md, "Holding at the gateway"). A plan goes through those that wait in that
/// order and gives each the node with the least cost, counting what was planned before; those whose node is open leave,
/// the others wait on. So an idle node takes over what it would finish sooner, and is left to the one that has its
/// prefix there otherwise. What a node holds is looked up anew for each plan: with an order fixed at arrival the queue
/// would outlive the cache. A pure value; time is an argument.
package struct HoldQueue<Payload: Sendable>: Sendable {
    package struct Held: Sendable {
        package var payload: Payload
        package var request: RoutingRequest
        /// Monotonic seconds.
        package var since: Double
        /// Lower goes first, whatever the work.
        package var level: Int
        /// The least prefill on any open node when it was last looked up, in seconds; orders those that a plan leaves out.
        fileprivate var work: Double
    }

    package struct Placement: Sendable {
        package var payload: Payload
        package var request: RoutingRequest
        /// Index in the candidates.
        package var index: Int
    }

    /// A plan looks at no more than this many, those with the least work when last looked up: its time is bounded.
    package static var planLimit: Int { 96 }

    package private(set) var held: [Held] = []
    package init() {}

    package var count: Int { held.count }
    package var isEmpty: Bool { held.isEmpty }

    package mutating func add(_ payload: Payload, _ request: RoutingRequest, since: Double, level: Int = 0) {
        held.append(Held(payload: payload, request: request, since: since, level: level, work: 0))
    }

    package mutating func removeAll(where isGone: (Payload) -> Bool) {
        held.removeAll { isGone($0.payload) }
    }
}

extension HoldQueue {
    private func isOverdue(_ entry: Held, _ dial: HoldDial, _ now: Double) -> Bool {
        now - entry.since > 0.9 * dial.longestWait
    }

    /// Lower goes first: the level, those that waited for too long by age, the others by work less ageing.
    private func rank(_ entry: Held, _ dial: HoldDial, _ now: Double) -> (Int, Double) {
        let waited = now - entry.since
        if isOverdue(entry, dial, now) { return (Int.min, -waited) }
        return (entry.level, entry.work - dial.ageing * waited)
    }

    /// Takes out those that leave now, each with its candidate.
    /// - Parameters:
    ///   - candidates: the nodes, `waitSeconds` and load as they are now; they are booked on as placements are made.
    ///   - match: sets the candidates' `cachedBlocks` (and `isBound`) for a request.
    ///   - place: tells of each placement at once, so that the next one sees it.
    package mutating func plan(
        _ candidates: inout [Candidate], by foresight: Foresight, dial: HoldDial, now: Double,
        random: inout SplitMix64, match: (Payload, inout [Candidate]) -> Void,
        place: (Placement, inout [Candidate]) -> Void
    ) {
        var open = candidates.count { $0.waitSeconds <= dial.feedSeconds }
        guard open > 0, !held.isEmpty else { return }
        let looked = front(dial, now)
        lookUp(looked, &candidates, dial, match)
        let order = looked.map { ($0, rank(held[$0], dial, now)) }.sorted { $0.1 < $1.1 }
        var ahead = candidates.map(\.waitSeconds)
        var gone: [Int] = []
        for (position, _) in order {
            match(held[position].payload, &candidates)
            let request = held[position].request
            let best = Foresight.cheapest(of: candidates, random: &random) { index in
                ahead[index] * 100 / Double(candidates[index].weight)
                    + foresight.placing(candidates[index], request)
            }
            let prefill = candidates[best].prefillSeconds(of: request)
            if ahead[best] <= dial.feedSeconds, candidates[best].waitSeconds <= dial.feedSeconds {
                place(
                    Placement(payload: held[position].payload, request: request, index: best), &candidates)
                gone.append(position)
                candidates[best].waitSeconds += prefill
                candidates[best].active += 1
                candidates[best].idleSeconds = 0
                if candidates[best].waitSeconds > dial.feedSeconds { open -= 1 }
            }
            ahead[best] += prefill
            if open == 0 { break }
        }
        for position in gone.sorted(by: >) { held.swapAt(position, held.count - 1); held.removeLast() }
    }

    /// Positions of those that a plan looks at.
    private func front(_ dial: HoldDial, _ now: Double) -> [Int] {
        guard held.count > Self.planLimit else { return Array(held.indices) }
        let ranked = held.indices.map { ($0, rank(held[$0], dial, now)) }.sorted { $0.1 < $1.1 }
        return ranked.prefix(Self.planLimit).map(\.0)
    }

    private mutating func lookUp(
        _ positions: [Int], _ candidates: inout [Candidate], _ dial: HoldDial,
        _ match: (Payload, inout [Candidate]) -> Void
    ) {
        for position in positions {
            match(held[position].payload, &candidates)
            var least = Double.infinity
            for candidate in candidates where candidate.waitSeconds <= dial.feedSeconds {
                least = min(least, candidate.prefillSeconds(of: held[position].request))
            }
            held[position].work = least
        }
    }
}
