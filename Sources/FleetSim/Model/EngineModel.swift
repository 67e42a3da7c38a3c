import GatewayCore

/// One inference engine in virtual time, scheduled as vLLM V1 does it: one token budget a step for decodes and
/// chunks of prefill alike, first come first served, a block KV cache with prefix reuse, preemption by recomputing.
///
/// Pure: time comes in by `at:` and `to:` in seconds, chance by the seed. The same calls give the same events.
package struct EngineModel: Sendable {
    package let profile: EngineProfile
    /// Tokens that the KV cache holds.
    package let kvCapacityTokens: Int
    /// The longest prompt and answer together.
    package let maxContextTokens: Int
    package internal(set) var meters: EngineMeters
    package internal(set) var gpu: GPULoad
    package internal(set) var cache: KVCache
    /// In the order of admission; the last one is preempted first.
    var running: [Sequence] = []
    var waiting: [Sequence] = []
    /// The step in flight.
    var step: Step?
    /// How far time has come.
    package internal(set) var instant = 0.0
    let stepTime: StepTime
    private let speed: Double
    private var random: SplitMix64

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
        var admitted: Double?
        var firstToken: Double?
        var lastToken = 0.0

        /// Tokens whose values are decided: the prompt and what was generated.
        var known: Int { request.promptTokens + generated }
    }

    struct Step: Sendable {
        let start: Double
        let end: Double
        let work: StepTime.Work
        let decodes: Int
        let tokens: Int
    }

    /// - Parameters:
    ///   - kvTokens: a smaller or larger cache than the hardware's.
    ///   - speed: how many times faster than the hardware's the steps are.
    package init(profile: EngineProfile, kvTokens: Int? = nil, speed: Double = 1, seed: UInt64 = 1) {
        let blocks = max(2, (kvTokens ?? profile.kvCapacityTokens) / KVCache.blockTokens)
        self.profile = profile
        self.speed = speed
        kvCapacityTokens = blocks * KVCache.blockTokens
        maxContextTokens = min(profile.model.maxContextTokens, kvCapacityTokens)
        cache = KVCache(blockCount: blocks)
        meters = EngineMeters(maxContextTokens: maxContextTokens)
        gpu = GPULoad(profile.gpu)
        stepTime = StepTime(profile)
        random = SplitMix64(seed: seed)
    }

    package var runningCount: Int { running.count }
    package var waitingCount: Int { waiting.count }
    package var isIdle: Bool { running.isEmpty && waiting.isEmpty }
    /// When something happens next; nil while idle.
    package var nextInstant: Double? { step?.end }

    /// Memory in use on each GPU: its share of the weights and of the KV cache, and overhead. An engine takes the whole
    /// cache when it starts, so this stays as it is; `kvUsage` tells how full the cache is.
    package var memoryUsedBytesPerGPU: Double {
        let kv = Double(cache.blockCount * KVCache.blockTokens) * profile.model.kvBytesPerToken
        return (profile.model.weightBytes + kv) / Double(profile.tensorParallel)
            + EngineProfile.overheadBytesPerGPU
    }

    /// Takes a request into the queue.
    package mutating func submit(_ request: EngineRequest, at now: Double) throws(RequestTooLong) {
        let tokens = max(1, request.promptTokens) + max(1, request.outputTokens)
        guard tokens <= maxContextTokens else {
            throw RequestTooLong(tokens: tokens, limit: maxContextTokens)
        }
        waiting.append(Sequence(request: request, arrived: now))
        if step == nil { beginStep(at: max(now, instant)) }
    }

    /// Takes a request out at once, as when its client has left. Unknown ones are ignored.
    package mutating func abort(_ id: UInt64) {
        if let index = running.firstIndex(where: { $0.request.id == id }) {
            cache.release(running.remove(at: index).blocks)
        } else if let index = waiting.firstIndex(where: { $0.request.id == id }) {
            waiting.remove(at: index)
        }
    }

    /// Lets time pass and gives the tokens that came out, in order.
    package mutating func advance(to now: Double) -> [TokenEvent] {
        var events: [TokenEvent] = []
        while let current = step, current.end <= now {
            finish(current, into: &events)
            beginStep(at: current.end)
        }
        if step == nil, now > instant {
            gpu.pass(seconds: now - instant, prefillShare: nil, tensorActivity: 0, memoryActivity: 0)
        }
        if step == nil { instant = max(instant, now) }
        return events
    }

    private mutating func beginStep(at now: Double) {
        if now > instant {
            gpu.pass(seconds: now - instant, prefillShare: nil, tensorActivity: 0, memoryActivity: 0)
        }
        instant = now
        guard let work = schedule(at: now) else {
            step = nil
            return
        }
        // Steps of real engines scatter by a few percent.
        let scatter = 0.98 + 0.04 * random.unit()
        let seconds = stepTime.seconds(work.work) * scatter / speed
        step = Step(
            start: now, end: now + seconds, work: work.work, decodes: work.decodes, tokens: work.tokens)
    }

    private mutating func finish(_ step: Step, into events: inout [TokenEvent]) {
        instant = step.end
        let hardwareSeconds = (step.end - step.start) * speed
        gpu.pass(
            seconds: step.end - step.start,
            prefillShare: min(1, stepTime.prefillSeconds(step.work) / hardwareSeconds),
            tensorActivity: stepTime.tensorActivity(
                step.work, decodes: step.decodes, seconds: hardwareSeconds),
            memoryActivity: stepTime.memoryActivity(step.work, seconds: hardwareSeconds))
        meters.steps += 1
        meters.stepTokens.observe(Double(step.tokens))
        collectTokens(at: step.end, into: &events)
    }
}
