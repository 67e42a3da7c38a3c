/// A request that waits at the gateway because every node has enough to do, where it can still be placed anywhere.
package protocol HeldRequest {
    var request: RoutingRequest { get }
    /// Monotonic seconds.
    var heldSince: Double { get }
    /// Lower goes first, whatever the work: class, deadline, and its tenant's share.
    var level: Int { get }
    /// The least prefill on any open node when it was last looked up, in seconds; orders those that a plan leaves out.
    var work: Double { get set }
}

/// Who leaves the gateway's hold now, and where to.
///
/// Least uncached work first, less ageing: near saturation the mean falls by a third and many more answer in time than
/// where each is dispatched at once (workloads.md, "Holding at the gateway"). A plan goes through those that wait in that
/// order and gives each the node with the least cost, counting what it planned before; those whose node is open leave, the
/// others wait on. So an idle node takes over what it would finish sooner, and is left alone by what has its prefix
/// elsewhere. What nodes hold is looked up anew for each plan: with an order fixed at arrival the queue would outlive the
/// caches. Time is an argument.
package struct HoldPlan: Sendable {
    /// A plan looks at no more than this many, those with the least work when last looked up: its time is bounded.
    package static let limit = 96

    package let foresight: Foresight
    package let dial: HoldDial
    package let now: Double

    package init(foresight: Foresight, dial: HoldDial, now: Double) {
        self.foresight = foresight
        self.dial = dial
        self.now = now
    }

    /// - Parameters:
    ///   - candidates: the nodes with their load as it is now; booked on as placements are made.
    ///   - match: sets the candidates' `cachedBlocks` and `isBound` for a request.
    ///   - place: told of each placement at once, so that the next one sees it. False ends the plan, and this one was not placed.
    /// - Returns: positions in `held` of those that leave.
    package func run<Held: HeldRequest>(
        _ held: inout [Held], on candidates: inout [Candidate], random: inout SplitMix64,
        match: (Held, inout [Candidate]) -> Void, place: (Held, Candidate) -> Bool
    ) -> [Int] {
        guard !held.isEmpty, candidates.contains(where: isOpen) else { return [] }
        var ahead = candidates.map(\.waitSeconds)
        var gone: [Int] = []
        for position in order(&held, &candidates, match) {
            match(held[position], &candidates)
            let request = held[position].request
            let best = Foresight.cheapest(of: candidates, random: &random) { index in
                ahead[index] * 100 / Double(candidates[index].weight)
                    + foresight.placing(candidates[index], request)
            }
            let prefill = candidates[best].addedSeconds(of: request)
            ahead[best] += prefill
            guard isOpen(candidates[best]), ahead[best] - prefill <= dial.feedSeconds else { continue }
            guard place(held[position], candidates[best]) else { break }
            gone.append(position)
            candidates[best].waitSeconds += prefill
            candidates[best].active += 1
            candidates[best].prefilling += 1
            candidates[best].idleSeconds = 0
            if !candidates.contains(where: isOpen) { break }
        }
        return gone
    }

    /// It takes more now.
    package func isOpen(_ candidate: Candidate) -> Bool { candidate.waitSeconds <= dial.feedSeconds }

    /// Positions of those that the plan looks at, the first to leave first.
    private func order<Held: HeldRequest>(
        _ held: inout [Held], _ candidates: inout [Candidate], _ match: (Held, inout [Candidate]) -> Void
    ) -> [Int] {
        var positions = Array(held.indices)
        if positions.count > Self.limit { positions = Array(sorted(positions, held).prefix(Self.limit)) }
        guard positions.count > 1 else { return positions }
        for position in positions {
            match(held[position], &candidates)
            var least = Double.infinity
            for candidate in candidates where isOpen(candidate) {
                least = min(least, candidate.prefillSeconds(of: held[position].request))
            }
            held[position].work = least
        }
        return sorted(positions, held)
    }

    private func sorted<Held: HeldRequest>(_ positions: [Int], _ held: [Held]) -> [Int] {
        positions.map { ($0, rank(held[$0])) }.sorted { $0.1 < $1.1 }.map(\.0)
    }

    /// Lower goes first: those that waited for too long by age, the others by level and by work less ageing.
    private func rank<Held: HeldRequest>(_ entry: Held) -> (Int, Double) {
        let waited = now - entry.heldSince
        // A little before the limit, since those that are too late have to wait for each other.
        if waited > 0.9 * dial.longestWait { return (Int.min, -waited) }
        return (entry.level, entry.work - dial.ageing * waited)
    }
}
