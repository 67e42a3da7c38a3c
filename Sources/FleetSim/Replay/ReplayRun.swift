import GatewayCore

/// One policy over one trace on a fleet in virtual time.
struct ReplayRun<Engine: VirtualEngine> {
    private let trace: Trace
    private let settings: ReplaySettings
    private let makeEngine: (Int) -> Engine
    private var fleet: VirtualFleet<Engine>
    private var due = TimeHeap<Int>()
    /// By request: those that wait for its answer.
    private var followers: [Int: [Int]] = [:]
    private var outcomes: [ReplayOutcome]
    /// Came while no node was there.
    private var stranded: [Int] = []
    private var lost: [Engine] = []
    private var come = 0

    init(
        _ trace: Trace, _ settings: ReplaySettings, policy: any RoutingPolicy, speeds: [NodeSpeed],
        makeEngine: @escaping (Int) -> Engine
    ) {
        self.trace = trace
        self.settings = settings
        self.makeEngine = makeEngine
        fleet = VirtualFleet(
            engines: (0..<settings.nodes).map(makeEngine), speeds: speeds, policy: policy, seed: settings.seed
        )
        outcomes = Array(repeating: ReplayOutcome(), count: trace.requests.count)
        for (index, request) in trace.requests.enumerated() {
            if let before = request.follows {
                followers[before, default: []].append(index)
            } else {
                due.insert(index, at: request.delay / settings.speed)
            }
        }
    }

    /// Every engine that was there: those lost, then those at the end.
    var engines: [Engine] { lost + fleet.engines }

    /// Plays the whole trace.
    /// - Parameter progress: told the number of requests that have come, now and then.
    mutating func run(progress: (Int) -> Void) -> [ReplayOutcome] {
        var faults = settings.loss.map { [$0.at, $0.back] } ?? []
        while true {
            let arrival = due.first ?? .infinity
            let happening = min(arrival, fleet.nextInstant ?? .infinity)
            // A loss after the last answer is none.
            guard happening < .infinity || !stranded.isEmpty || fleet.heldCount > 0 else { break }
            if let fault = faults.first, fault <= happening {
                faults.removeFirst()
                if faults.isEmpty { recover(at: fault) } else { lose(at: fault) }
            } else if arrival == happening {
                guard let (now, index) = due.popFirst() else { break }
                outcomes[index].due = now
                arrive(index, at: now)
                come += 1
                if come % 256 == 0 { progress(come) }
            } else {
                fleet.advance(to: happening)
            }
            settle()
        }
        return outcomes
    }

    private mutating func arrive(_ index: Int, at now: Double) {
        let traced = trace.requests[index]
        guard traced.promptTokens + traced.outputTokens <= settings.cacheBlocks * Trace.blockTokens else {
            outcomes[index].isRefused = true
            follow(index, at: now)
            return
        }
        guard fleet.hasNodes else {
            stranded.append(index)
            return
        }
        fleet.arrive(
            VirtualRequest(
                id: index, arrival: now, promptTokens: traced.promptTokens, outputTokens: traced.outputTokens,
                expectedOutput: expectedOutput(index), session: traced.session, chain: traced.chain))
    }

    private func expectedOutput(_ index: Int) -> Int {
        let output = trace.requests[index].outputTokens
        switch settings.outputGuess {
        case .exact: return output
        case .none: return RoutingRequest().outputTokens
        case .wrong:
            var chance = SplitMix64(seed: settings.seed ^ SplitMix64.mix(UInt64(index)))
            return max(1, Int(Double(output) * chance.logNormal(median: 1, sigma: 1.4)))
        }
    }

    /// Books what has finished, and lets those come who waited for it.
    private mutating func settle() {
        for outcome in fleet.takeOutcomes() {
            let index = outcome.request
            outcomes[index].firstToken = outcome.firstToken
            outcomes[index].end = outcome.finished
            outcomes[index].cachedTokens = outcome.cachedTokens
            outcomes[index].node = outcome.node
            follow(index, at: outcome.finished)
        }
    }

    private mutating func follow(_ index: Int, at now: Double) {
        for follower in followers[index] ?? [] {
            due.insert(follower, at: now + trace.requests[follower].delay / settings.speed)
        }
    }

    /// The first node is gone with its cache; what it was doing begins anew elsewhere.
    private mutating func lose(at now: Double) {
        lost.append(fleet.engines[0])
        for index in fleet.lose(0, at: now, replacedBy: makeEngine(0)) { arrive(index, at: now) }
    }

    private mutating func recover(at now: Double) {
        fleet.recover(0, at: now)
        let waiting = stranded
        stranded = []
        for index in waiting { arrive(index, at: now) }
    }
}
