/// What became of one request of a replay.
package struct ReplayOutcome: Sendable, Equatable {
    /// When the request came, seconds of virtual time.
    package var due = 0.0
    /// nil: none came.
    package var firstToken: Double?
    package var end: Double?
    /// Of the prompt, found in the cache of the node that served it.
    package var cachedTokens = 0
    /// Index of the node that served it last.
    package var node = 0
    /// No node could ever hold it.
    package var isRefused = false

    package init() {}

    package var timeToFirstToken: Double? { firstToken.map { $0 - due } }

    /// Seconds for each token after the first; nil for answers of one token.
    package func timePerOutputToken(of request: TraceRequest) -> Double? {
        guard let firstToken, let end, request.outputTokens > 1 else { return nil }
        return (end - firstToken) / Double(request.outputTokens - 1)
    }
}

/// Mean, quantiles and maximum of a sample.
package struct Spread: Sendable, Equatable {
    package let mean: Double
    package let p50: Double
    package let p90: Double
    package let p99: Double
    package let max: Double

    /// nil of an empty sample.
    package init?(_ values: [Double]) {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        func quantile(_ share: Double) -> Double {
            let place = share * Double(sorted.count - 1)
            let low = Int(place)
            let high = min(low + 1, sorted.count - 1)
            return sorted[low] + (sorted[high] - sorted[low]) * (place - Double(low))
        }
        mean = sorted.reduce(0, +) / Double(sorted.count)
        p50 = quantile(0.5)
        p90 = quantile(0.9)
        p99 = quantile(0.99)
        max = sorted[sorted.count - 1]
    }
}
