import GatewayCore

/// Where in an engine's page stands what it tells: looked for once, since from second to second only the numbers of a page
/// move.
struct EngineSeries: Sendable {
    var kind = EngineKind.unknown
    /// In the engine's own spelling.
    var models: [String] = []
    var running: Figure?
    var waiting: Figure?
    var kvUsage: Figure?
    var kvCapacityTokens: Figure?
    var prefillQueue: Figure?
    var decodeQueue: Figure?
    var promptTokens: Figure?
    var generatedTokens: Figure?
    var prefixQueries: Figure?
    var prefixHits: Figure?
    var preemptions: Figure?
    var ttft: HistogramFigure?
    var tpot: HistogramFigure?
    var e2e: HistogramFigure?
    var queueTime: HistogramFigure?
    /// 0: it was put to sleep, though its health check answers all the same.
    var awake: Figure?

    func reading(of samples: [MetricSample]) -> EngineReading {
        var reading = EngineReading()
        reading.kind = kind
        reading.models = models
        reading.running = running?.value(in: samples)
        reading.waiting = waiting?.value(in: samples)
        reading.kvUsage = kvUsage?.value(in: samples)
        reading.kvCapacityTokens = kvCapacityTokens?.value(in: samples)
        reading.prefillQueue = prefillQueue?.value(in: samples)
        reading.decodeQueue = decodeQueue?.value(in: samples)
        reading.promptTokens = promptTokens?.value(in: samples)
        reading.generatedTokens = generatedTokens?.value(in: samples)
        reading.prefixQueries = prefixQueries?.value(in: samples)
        reading.prefixHits = prefixHits?.value(in: samples)
        reading.preemptions = preemptions?.value(in: samples)
        reading.ttft = ttft?.value(in: samples)
        reading.tpot = tpot?.value(in: samples)
        reading.e2e = e2e?.value(in: samples)
        reading.queueTime = queueTime?.value(in: samples)
        return reading
    }
}
