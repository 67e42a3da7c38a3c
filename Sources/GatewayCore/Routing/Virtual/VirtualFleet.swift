/// A fleet in virtual time behind one policy: the router's books, its hold, and the engines.
///
/// The same seed and the same arrivals give the same outcomes, to the bit.
package struct VirtualFleet<Engine: VirtualEngine>: Sendable {
    /// What became of a request.
    package struct Outcome: Sendable {
        package var request: Int
        package var node: Int
        package var dispatched: Double
        package var firstToken = 0.0
        package var finished = 0.0
        /// As the router predicted, and as the engine found.
        package var predictedCachedTokens: Int
        package var cachedTokens = 0
    }

    private struct Held: HeldRequest {
        var payload: VirtualRequest
        var request: RoutingRequest
        var heldSince: Double
        var level: Int { 0 }
        var work = 0.0
    }

    package private(set) var engines: [Engine]
    /// The speeds that the router believes in.
    package var speeds: [NodeSpeed]
    /// By node, 0...100; 0 takes no new request.
    package var weights: [Int]
    /// By node, requests that the router sends it at most; nil: no limit.
    package var limits: [Int?]
    package private(set) var now = 0.0
    package var policy: any RoutingPolicy
    private var books: [NodeBook]
    private var held: [Held] = []
    /// Those that came while every node was full, in order.
    private var waiting: [VirtualRequest] = []
    private var sessions: [UInt64: Int] = [:]
    private var random: SplitMix64
    private var underway: [Int: Outcome] = [:]
    private var done: [Outcome] = []
    private var events: [VirtualEvent] = []
    private var candidates: [Candidate] = []
    private var isLost: [Bool]
    /// What the last scrape of each node said, and when it was.
    private var readings: [VirtualReading?]
    private var scraped: [Double]
    /// Between two scrapes of a node.
    private let scrapeSeconds = 1.0
    /// Sessions that are remembered; past it all are forgotten, and each is bound anew by its next request.
    private static var sessionLimit: Int { 65_536 }

    package init(engines: [Engine], speeds: [NodeSpeed], policy: any RoutingPolicy, seed: UInt64 = 1) {
        self.engines = engines
        self.speeds = speeds
        self.policy = policy
        weights = Array(repeating: 100, count: engines.count)
        limits = Array(repeating: nil, count: engines.count)
        books = Array(repeating: NodeBook(), count: engines.count)
        isLost = Array(repeating: false, count: engines.count)
        readings = Array(repeating: nil, count: engines.count)
        scraped = Array(repeating: -.infinity, count: engines.count)
        random = SplitMix64(seed: seed)
    }

    package var heldCount: Int { held.count }

    /// Those that finished since this was last asked.
    package mutating func takeOutcomes() -> [Outcome] {
        defer { done.removeAll(keepingCapacity: true) }
        return done
    }

    /// When something happens next without an arrival; nil: all is idle.
    package var nextInstant: Double? {
        var next: Double?
        for engine in engines {
            guard let instant = engine.nextInstant else { continue }
            next = min(next ?? instant, instant)
        }
        guard !held.isEmpty, let dial = (policy as? Foresight)?.dial else { return next }
        // A node opens by the clock too, when what it has falls under the feed.
        for book in books where book.drain.wait(now: now) > dial.feedSeconds {
            let opens = book.drain.drainsAt - dial.feedSeconds
            if opens > now { next = min(next ?? opens, opens) }
        }
        return next
    }

    /// Lets time pass up to and with an instant.
    package mutating func advance(to instant: Double) {
        while let next = nextInstant, next <= instant { step(to: max(now, next)) }
        now = max(now, instant)
    }

    private mutating func step(to instant: Double) {
        now = instant
        for index in engines.indices {
            guard let next = engines[index].nextInstant, next <= instant else { continue }
            engines[index].advance(to: instant, into: &events)
            for event in events { note(event, index) }
            events.removeAll(keepingCapacity: true)
        }
        admit()
        release()
    }

    private mutating func note(_ event: VirtualEvent, _ node: Int) {
        switch event {
        case .firstToken(let id, let instant, let cachedTokens):
            books[node].prefilled(id, now: instant)
            underway[id]?.firstToken = instant
            underway[id]?.cachedTokens = cachedTokens
        case .finished(let id, let instant):
            books[node].finished(id)
            guard var outcome = underway.removeValue(forKey: id) else { return }
            outcome.finished = instant
            done.append(outcome)
        }
    }

    /// A request comes, not before `now`.
    package mutating func arrive(_ request: VirtualRequest) {
        advance(to: request.arrival)
        if let foresight = policy as? Foresight, foresight.dial != nil {
            held.append(Held(payload: request, request: routing(request), heldSince: now))
            return release()
        }
        waiting.append(request)
        admit()
    }

    /// Lets those who wait go to nodes that have a place free.
    private mutating func admit() {
        var admitted = 0
        defer { waiting.removeFirst(admitted) }
        while admitted < waiting.count {
            gather(withPlace: true)
            guard !candidates.isEmpty else { return }
            let request = waiting[admitted]
            match(request, &candidates)
            let choice = policy.choose(among: candidates, for: routing(request), random: &random)
            dispatch(request, to: candidates[choice.index])
            admitted += 1
        }
    }

    private func hasPlace(_ node: Int) -> Bool { limits[node].map { books[node].active < $0 } ?? true }

    /// A request comes that was sent to a node already. The policy chooses too, for what it remembers of its choices.
    package mutating func arrive(_ request: VirtualRequest, sentTo node: Int, at instant: Double) {
        advance(to: max(now, instant))
        gather(withPlace: false)
        guard let place = candidates.firstIndex(where: { $0.node == node }) else { return }
        match(request, &candidates)
        _ = policy.choose(among: candidates, for: routing(request), random: &random)
        dispatch(request, to: candidates[place])
    }

    private func routing(_ request: VirtualRequest) -> RoutingRequest {
        var routing = RoutingRequest()
        routing.now = now
        routing.session = request.session
        routing.head = request.chain.isEmpty ? nil : request.chain[min(1, request.chain.count - 1)]
        routing.blocks = request.chain.count
        routing.promptTokens = request.promptTokens
        routing.outputTokens = request.expectedOutput
        return routing
    }

    /// - withPlace: only those below their limit.
    private mutating func gather(withPlace: Bool) {
        candidates.removeAll(keepingCapacity: true)
        for index in engines.indices where !isLost[index] && weights[index] > 0 {
            if withPlace, !hasPlace(index) { continue }
            if now - scraped[index] >= scrapeSeconds {
                scraped[index] = now
                readings[index] = engines[index].reading
            }
            var candidate = books[index].candidate(
                node: index, weight: weights[index], speed: speeds[index], now: now)
            candidate.heldBlocks = readings[index]?.cachedBlocks ?? 0
            candidate.kvUsage = readings[index]?.kvUsage
            candidate.engineQueue = readings[index].map { Double($0.queue) }
            candidates.append(candidate)
        }
    }

    /// A node that may be sent something is there.
    package var hasNodes: Bool { engines.indices.contains { !isLost[$0] && weights[$0] > 0 } }

    /// A node is gone, with its cache and all that it was doing.
    /// - Parameter engine: what will be there when it comes back.
    /// - Returns: the requests that it did not finish.
    package mutating func lose(_ node: Int, at instant: Double, replacedBy engine: Engine) -> [Int] {
        advance(to: instant)
        isLost[node] = true
        engines[node] = engine
        books[node] = NodeBook()
        readings[node] = nil
        scraped[node] = -.infinity
        let unfinished = underway.values.filter { $0.node == node }.map(\.request).sorted()
        for id in unfinished { underway[id] = nil }
        return unfinished
    }

    package mutating func recover(_ node: Int, at instant: Double) {
        advance(to: instant)
        isLost[node] = false
        admit()
        release()
    }

    private func match(_ request: VirtualRequest, _ candidates: inout [Candidate]) {
        let bound = request.session.flatMap { sessions[$0] }
        for index in candidates.indices {
            candidates[index].cachedBlocks = engines[candidates[index].node].depth(
                of: request.chain, at: now)
            candidates[index].isBound = candidates[index].node == bound
        }
    }

    private mutating func dispatch(_ request: VirtualRequest, to candidate: Candidate) {
        let node = candidate.node
        let routing = routing(request)
        let cached = candidate.cachedTokens(of: routing)
        books[node].dispatched(
            request.id, promptTokens: request.promptTokens, uncachedTokens: request.promptTokens - cached,
            seconds: candidate.addedSeconds(of: routing), now: now)
        if let session = request.session {
            if sessions.count >= Self.sessionLimit { sessions.removeAll(keepingCapacity: true) }
            sessions[session] = node
        }
        underway[request.id] = Outcome(
            request: request.id, node: node, dispatched: now, predictedCachedTokens: cached)
        engines[node].submit(request, at: now)
    }

    /// Lets those go that a node needs now.
    private mutating func release() {
        guard !held.isEmpty, let foresight = policy as? Foresight, let dial = foresight.dial else { return }
        gather(withPlace: true)
        var (waiting, nodes, chance) = (held, candidates, random)
        held = []
        var isOneFull = false
        let gone = HoldPlan(foresight: foresight, dial: dial, now: now).run(
            &waiting, on: &nodes, random: &chance, match: { match($0.payload, &$1) },
            place: { entry, node in
                isOneFull = !hasPlace(node.node)
                guard !isOneFull else { return false }
                dispatch(entry.payload, to: node)
                return true
            })
        for position in gone.sorted(by: >) {
            waiting.swapAt(position, waiting.count - 1)
            waiting.removeLast()
        }
        held = waiting
        random = chance
        // The plan ended at it; the others may take more.
        if isOneFull { release() }
    }
}

extension VirtualFleet where Engine == PrefillServer {
    /// What was learned since of how fast nodes are, for the engines and for what the router believes of them.
    /// - Parameter secondsPerToken: of decoding.
    package mutating func learn(_ speeds: [NodeSpeed], secondsPerToken: Double) {
        self.speeds = speeds
        for index in engines.indices {
            engines[index].speed = speeds[index]
            engines[index].secondsPerOutputToken = secondsPerToken
        }
    }
}
