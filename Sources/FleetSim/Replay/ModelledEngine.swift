import GatewayCore

/// The engine model behind the interface of fleets in virtual time.
struct ModelledEngine: VirtualEngine {
    private var model: EngineModel
    private var tokens: [TokenEvent] = []

    init(_ model: EngineModel) { self.model = model }

    mutating func submit(_ request: VirtualRequest, at instant: Double) {
        advanceModel(to: instant)
        let request = EngineRequest(
            id: UInt64(request.id), promptTokens: request.promptTokens, outputTokens: request.outputTokens,
            chain: request.chain)
        do throws(RequestTooLong) {
            try model.submit(request, at: instant)
        } catch {
            preconditionFailure("a request longer than the cache was not refused before: \(error)")
        }
    }

    var nextInstant: Double? { tokens.first?.instant ?? model.nextInstant }

    mutating func advance(to instant: Double, into events: inout [VirtualEvent]) {
        advanceModel(to: instant)
        for token in tokens {
            let id = Int(token.request)
            if token.ordinal == 1 {
                events.append(
                    .firstToken(id: id, instant: token.instant, cachedTokens: token.cachedTokens))
            }
            if token.finish != nil { events.append(.finished(id: id, instant: token.instant)) }
        }
        tokens.removeAll(keepingCapacity: true)
    }

    private mutating func advanceModel(to instant: Double) { model.advance(to: instant, into: &tokens) }

    func depth(of chain: [UInt64], at instant: Double) -> Int { model.cachedDepth(of: chain) }

    var reading: VirtualReading {
        VirtualReading(
            cachedBlocks: model.cache.cachedCount, kvUsage: model.cache.usage, queue: model.waitingCount)
    }

    var cacheChanges: [CacheChange]? {
        get { model.cache.changes }
        set { model.cache.changes = newValue }
    }

    var preemptions: Int { model.meters.preemptions }
}
