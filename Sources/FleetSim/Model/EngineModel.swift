import GatewayCore

/// One inference engine in virtual time, scheduled as vLLM V1 does it: one token budget a step for decodes and
/// chunks of prefill alike, first come first served, a block KV cache with prefix reuse, preemption by recomputing.
///
/// Pure: time comes in by `at:` and `to:` in seconds, chance by the seed. The same calls give the same events.
package struct EngineModel: Sendable {
    /// What is told of the work. The instants are the same.
    package enum Detail: Sendable {
        /// An event for every token, all histograms, the GPUs' readings: an engine that clients listen to.
        case everyToken
        /// Events for first and last tokens only, and counters: thousands of times real time (see `lookAhead`).
        case milestones
    }

    package let profile: EngineProfile
    package let detail: Detail
    /// Tokens that the KV cache holds.
    package let kvCapacityTokens: Int
    /// The longest prompt and answer together.
    package let maxContextTokens: Int
    package internal(set) var meters: EngineMeters
    package internal(set) var gpu: GPULoad
    package var cache: KVCache
    /// In the order of admission; the last one is preempted first.
    var running: [Sequence] = []
    var waiting: [Sequence] = []
    /// By the step in flight, which then admitted nobody.
    var hasPreempted = false
    /// The step in flight.
    var step: Step?
    /// The ends of the step in flight and of those that are known to follow it; see `lookAhead`. Empty while idle.
    var stretch: [Double] = []
    /// How far time has come.
    package internal(set) var instant = 0.0
    let stepTime: StepTime
    private let speed: Double
    private let seed: UInt64
    private var stepsBegun: UInt64 = 0

    /// One request inside the engine.
    struct Sequence: Sendable {
        var request: EngineRequest
        /// Tokens whose keys and values are in the cache.
        var computed = 0
        var generated = 0
        /// Tokens computed by the step in flight.
        var scheduled = 0
        var blocks: [Int32] = []
        /// Blocks from the start that were offered to the cache's index.
        var published = 0
        var cachedTokens = 0
        var preemptions = 0
        var arrived: Double
        /// When the scheduler sees it.
        var ready: Double
        var admitted: Double?
        var firstToken: Double?
        var lastToken = 0.0

        /// Tokens whose values are decided: the prompt and what was generated.
        var known: Int { request.promptTokens + generated }
    }

    struct Step: Sendable {
        var start: Double
        var end: Double
        var work: StepTime.Work
    }

    /// - Parameters:
    ///   - kvTokens: a smaller or larger cache than the hardware's.
    ///   - blockTokens: what a hash of a request's chain stands for.
    ///   - speed: how many times faster than the hardware's the steps are.
    package init(
        profile: EngineProfile, kvTokens: Int? = nil, blockTokens: Int = 16, detail: Detail = .everyToken,
        speed: Double = 1, seed: UInt64 = 1
    ) {
        let blocks = max(2, (kvTokens ?? profile.kvCapacityTokens) / blockTokens)
        self.profile = profile
        self.detail = detail
        self.speed = speed
        self.seed = seed
        kvCapacityTokens = blocks * blockTokens
        maxContextTokens = min(profile.model.maxContextTokens, kvCapacityTokens)
        cache = KVCache(blockCount: blocks, blockTokens: blockTokens)
        meters = EngineMeters(maxContextTokens: maxContextTokens)
        gpu = GPULoad(profile.gpu)
        stepTime = StepTime(profile)
    }

    package var runningCount: Int { running.count }
    package var waitingCount: Int { waiting.count }
    package var isIdle: Bool { running.isEmpty && waiting.isEmpty }
    /// When something may happen next; nil while idle.
    package var nextInstant: Double? { stretch.last ?? waiting.first?.ready }
    /// How many blocks from a chain's start the cache has now.
    package func cachedDepth(of chain: [UInt64]) -> Int { cache.depth(of: chain) }

    /// Memory in use on each GPU: its share of the weights and of the KV cache, and overhead. An engine takes the whole
    /// cache when it starts, so this stays as it is; `kvUsage` tells how full the cache is.
    package var memoryUsedBytesPerGPU: Double {
        let kv = Double(kvCapacityTokens) * profile.model.kvBytesPerToken
        return (profile.model.weightBytes + kv) / Double(profile.tensorParallel)
            + EngineProfile.overheadBytesPerGPU
    }

    /// Takes a request into the queue. Time must have been advanced to `now`.
    package mutating func submit(_ request: EngineRequest, at now: Double) throws(RequestTooLong) {
        let tokens = max(1, request.promptTokens) + max(1, request.outputTokens)
        guard tokens <= maxContextTokens else {
            throw RequestTooLong(tokens: tokens, limit: maxContextTokens)
        }
        let ready = now + Efficiency.vLLM.ingestSeconds / speed
        // Whoever waits behind others is not seen before them.
        if waiting.isEmpty { endStretch(at: ready) }
        waiting.append(Sequence(request: request, arrived: now, ready: ready))
    }

    /// Takes a request out at once, as when its client has left. Unknown ones are ignored.
    package mutating func abort(_ id: UInt64) {
        endStretch(at: instant.nextUp)
        if let index = running.firstIndex(where: { $0.request.id == id }) {
            settle()
            cache.release(running.remove(at: index).blocks)
        } else if let index = waiting.firstIndex(where: { $0.request.id == id }) {
            waiting.remove(at: index)
        }
    }

    /// Lets time pass and gives the tokens that came out, in order.
    package mutating func advance(to now: Double) -> [TokenEvent] {
        var events: [TokenEvent] = []
        advance(to: now, into: &events)
        return events
    }

    /// Lets time pass and appends the tokens that came out, in order.
    package mutating func advance(to now: Double, into events: inout [TokenEvent]) {
        while let next = nextInstant, next <= now {
            settle()
            if let step { finish(step, into: &events) }
            beginStep(at: max(next, instant))
        }
        if step == nil, now > instant { idle(now - instant) }
        instant = max(instant, now)
    }

    private mutating func beginStep(at now: Double) {
        if now > instant { idle(now - instant) }
        instant = now
        stretch.removeAll(keepingCapacity: true)
        step = nil
        guard let work = schedule() else { return }
        let begun = Step(start: now, end: now + seconds(work), work: work)
        step = begun
        stretch.append(begun.end)
        if detail == .milestones { lookAhead(from: begun) }
    }

    /// What the next step takes, which it counts as begun.
    mutating func seconds(_ work: StepTime.Work) -> Double {
        // Steps of real engines scatter by a few percent. Each has its own chance, however time was cut into pieces.
        var random = SplitMix64(seed: seed &+ stepsBegun &* 0x9e37_79b9_7f4a_7c15)
        stepsBegun += 1
        return stepTime.seconds(work) * (0.98 + 0.04 * random.unit()) / speed
    }

    /// Steps that were looked ahead to and did not come about.
    mutating func takeBack(steps: Int) { stepsBegun -= UInt64(steps) }

    private mutating func idle(_ seconds: Double) {
        guard detail == .everyToken else { return }
        gpu.pass(seconds: seconds, prefillShare: nil, tensorActivity: 0, memoryActivity: 0)
    }

    private mutating func finish(_ step: Step, into events: inout [TokenEvent]) {
        instant = step.end
        meters.steps += 1
        if detail == .everyToken { meterStep(step) }
        collectTokens(at: step.end, into: &events)
    }

    private mutating func meterStep(_ step: Step) {
        let hardwareSeconds = (step.end - step.start) * speed
        gpu.pass(
            seconds: step.end - step.start,
            prefillShare: min(1, stepTime.prefillSeconds(step.work) / hardwareSeconds),
            tensorActivity: stepTime.tensorActivity(step.work, seconds: hardwareSeconds),
            memoryActivity: stepTime.memoryActivity(step.work, seconds: hardwareSeconds))
        meters.stepTokens.observe(Double(step.work.tokens))
    }
}
