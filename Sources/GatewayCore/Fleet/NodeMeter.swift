/// Rates and latencies of one node over the last while. Nothing known is nil.
package struct NodeRates: Sendable, Equatable {
    package var generatedTokensPerSecond: Double?
    package var promptTokensPerSecond: Double?
    /// Prefix-cache hits over lookups in the rate window, 0...1; nil when nothing was looked up.
    package var prefixHitRate: Double?
    /// The same since the engine started.
    package var prefixHitRateLifetime: Double?
    package var ttft: LatencySummary?
    package var tpot: LatencySummary?

    package init() {}
}

/// Turns an engine's cumulative counters into rates: takes its readings one after another, keeps those that
/// its windows need, and notices when the engine began anew.
package struct NodeMeter: Sendable {
    /// Rates are over this many seconds.
    package static let rateWindow = 10.0
    /// Latency quantiles are over this many seconds, and up to `histogramSpacing` more.
    package static let latencyWindow = 60.0
    /// A histogram is kept only each so many seconds, which bounds a node's memory to some 10 kB.
    package static let histogramSpacing = 5.0

    /// When the counters were last seen to start over, in the readings' clock.
    package private(set) var restartedAt: Double?

    private var counters: [CounterPoint] = []
    private var ttft = HistogramWindow()
    private var tpot = HistogramWindow()

    package init() {}

    /// Takes the next reading. One that isn't later than the last is left out.
    /// - Parameter instant: seconds on a monotonic clock.
    package mutating func take(_ reading: EngineReading, at instant: Double) {
        if let last = counters.last, instant <= last.instant { return }
        let point = CounterPoint(reading, at: instant)
        let fell = counters.last.map { point.isBehind($0) } ?? false
        if fell || ttft.isBehind(reading.ttft) || tpot.isBehind(reading.tpot) {
            restartedAt = instant
            counters = []
            ttft = HistogramWindow()
            tpot = HistogramWindow()
        }
        counters.append(point)
        // One point at or before the window's start stays, unless it is from before a long silence.
        while counters.count > 2,
            counters[1].instant <= instant - Self.rateWindow
                || counters[0].instant < instant - 2 * Self.rateWindow
        {
            counters.removeFirst()
        }
        ttft.take(reading.ttft, at: instant)
        tpot.take(reading.tpot, at: instant)
    }

    /// As of the last reading taken.
    package var rates: NodeRates {
        var rates = NodeRates()
        rates.generatedTokensPerSecond = perSecond(\.generated)
        rates.promptTokensPerSecond = perSecond(\.prompt)
        if let queries = increase(\.queries), let hits = increase(\.hits), queries > 0 {
            rates.prefixHitRate = min(1, max(0, hits / queries))
        }
        if let last = counters.last, let queries = last.queries, let hits = last.hits, queries > 0 {
            rates.prefixHitRateLifetime = min(1, max(0, hits / queries))
        }
        rates.ttft = ttftWindow.flatMap { LatencySummary(of: $0) }
        rates.tpot = tpotWindow.flatMap { LatencySummary(of: $0) }
        return rates
    }

    /// The latency window's observations, to be merged over nodes.
    package var ttftWindow: BucketHistogram? { ttft.difference }
    package var tpotWindow: BucketHistogram? { tpot.difference }

    private func increase(_ counter: (CounterPoint) -> Double?) -> Double? { growth(counter)?.amount }

    private func perSecond(_ counter: (CounterPoint) -> Double?) -> Double? {
        growth(counter).map { $0.amount / $0.seconds }
    }

    /// By how much a counter rose over the window, as far as it was told.
    private func growth(_ counter: (CounterPoint) -> Double?) -> (amount: Double, seconds: Double)? {
        guard let last = counters.last, let end = counter(last),
            let first = counters.first(where: { counter($0) != nil }), let start = counter(first),
            first.instant < last.instant
        else { return nil }
        return (end - start, last.instant - first.instant)
    }
}

/// The counters of one reading.
private struct CounterPoint: Sendable {
    let instant: Double
    let generated: Double?
    let prompt: Double?
    let queries: Double?
    let hits: Double?
    let preemptions: Double?

    init(_ reading: EngineReading, at instant: Double) {
        self.instant = instant
        generated = reading.generatedTokens
        prompt = reading.promptTokens
        queries = reading.prefixQueries
        hits = reading.prefixHits
        preemptions = reading.preemptions
    }

    /// Whether any counter fell since `earlier`, which only a restart does.
    func isBehind(_ earlier: CounterPoint) -> Bool {
        func fell(_ now: Double?, _ then: Double?) -> Bool {
            guard let now, let then else { return false }
            return now < then
        }
        return fell(generated, earlier.generated) || fell(prompt, earlier.prompt)
            || fell(queries, earlier.queries) || fell(hits, earlier.hits)
            || fell(preemptions, earlier.preemptions)
    }
}

/// The last state of a cumulative histogram, and enough earlier ones to subtract.
private struct HistogramWindow: Sendable {
    private var latest: BucketHistogram?
    private var kept: [(instant: Double, histogram: BucketHistogram)] = []

    func isBehind(_ next: BucketHistogram?) -> Bool {
        guard let next, let latest else { return false }
        return next.count < latest.count
    }

    mutating func take(_ next: BucketHistogram?, at instant: Double) {
        guard var next else { return }
        if let latest {
            if latest.bounds == next.bounds {
                // The same bounds are stored once.
                next.bounds = latest.bounds
            } else {
                kept = []
            }
        }
        latest = next
        if kept.last.map({ instant - $0.instant >= NodeMeter.histogramSpacing }) ?? true {
            kept.append((instant, next))
        }
        let start = instant - NodeMeter.latencyWindow
        while kept.count > 1, kept[1].instant <= start { kept.removeFirst() }
    }

    /// What was observed since the window's start.
    var difference: BucketHistogram? {
        guard let latest, let first = kept.first?.histogram else { return nil }
        return latest.since(first)
    }
}
