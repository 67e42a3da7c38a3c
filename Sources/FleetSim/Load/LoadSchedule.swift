import GatewayCore

/// When the load generator sends what: sessions that wait for their next turn, and new ones.
struct LoadSchedule {
    private var loop: LoadClient.Options.Loop
    private let end: UInt64?
    private let requests: Int?
    private var workload: Workload
    private var random: SplitMix64
    private let start: UInt64
    private let rampSeconds: Double
    /// Sessions whose people or tools are thinking, the next one last.
    private var thinking: [(due: UInt64, session: WorkloadSession, request: WorkloadRequest)] = []
    /// Of an open loop.
    private var nextArrival: UInt64

    init(_ options: LoadClient.Options, start: UInt64) {
        loop = options.loop
        end = options.seconds.map { start + UInt64($0 * 1e9) }
        requests = options.requests
        workload = Workload(
            kind: options.workload, seed: options.seed, model: options.model, maxTokens: options.maxTokens)
        random = SplitMix64(seed: options.seed &+ 99)
        nextArrival = start
        self.start = start
        rampSeconds = options.rampSeconds
    }

    func mayStart(at now: UInt64, started: Int) -> Bool {
        if let end, now >= end { return false }
        if let requests, started >= requests { return false }
        return true
    }

    /// The request to send now; nil when none is due.
    mutating func next(at now: UInt64, active: Int) -> LoadJob? {
        switch loop {
        case .closed(let concurrency):
            return active < allowed(concurrency, at: now) ? take(at: now, due: now) : nil
        case .open(let rate):
            guard nextArrival <= now else { return nil }
            let due = nextArrival
            nextArrival += UInt64(random.exponential(mean: 1 / rate) * 1e9)
            return take(at: now, due: due)
        }
    }

    /// How many of a closed loop's sessions run already: all of them after the ramp.
    private func allowed(_ concurrency: Int, at now: UInt64) -> Int {
        let elapsed = Double(now - start) / 1e9
        guard elapsed < rampSeconds else { return concurrency }
        return max(1, Int(Double(concurrency) * elapsed / rampSeconds))
    }

    /// A session that has thought long enough goes on, else a new one begins.
    private mutating func take(at now: UInt64, due: UInt64) -> LoadJob? {
        if let last = thinking.last, last.due <= now {
            thinking.removeLast()
            return LoadJob(session: last.session, request: last.request, due: due)
        }
        var session = workload.nextSession()
        guard let request = session.next(after: "") else { return nil }
        return LoadJob(session: session, request: request, due: due)
    }

    /// From now on it is this; sessions of kinds that are left out end with their answers in flight.
    mutating func change(to mix: LoadMix, at now: UInt64) {
        loop = .closed(concurrency: mix.concurrency)
        workload.kinds = mix.kinds
        thinking.removeAll { !mix.kinds.contains($0.session.kind) }
        for _ in 0..<mix.runaways {
            var session = workload.nextRunaway()
            if let request = session.next(after: "") { thinking.append((now, session, request)) }
        }
    }

    /// A session has its answer and thinks about the next request, if there is one.
    mutating func goOn(_ session: WorkloadSession, reply: String, at now: UInt64) {
        var session = session
        guard workload.kinds.contains(session.kind), let request = session.next(after: reply) else { return }
        let due = now + UInt64(request.thinkSeconds * 1e9)
        var low = 0
        var high = thinking.count
        while low < high {
            let middle = (low + high) / 2
            if thinking[middle].due > due { low = middle + 1 } else { high = middle }
        }
        thinking.insert((due, session, request), at: low)
    }

    /// None of its requests is sent any more.
    mutating func end(session name: String) { thinking.removeAll { $0.session.name == name } }

    func waitMilliseconds(at now: UInt64, active: Int) -> Int32 {
        guard case .open = loop else { return 250 }
        return nextArrival <= now ? 0 : Int32(min(250, (nextArrival - now + 999_999) / 1_000_000))
    }
}
