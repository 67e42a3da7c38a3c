/// Everything that an engine counts, cumulative since its start, with vLLM's buckets (0.32, from a live capture).
package struct EngineMeters: Sendable, Equatable {
    package var promptTokens = 0
    package var cachedPromptTokens = 0
    package var generatedTokens = 0
    package var prefixQueries = 0
    package var prefixHits = 0
    package var preemptions = 0
    package var steps = 0
    /// By finish reason. A client that left is not counted, as in vLLM.
    package var finished: [FinishReason: Int] = [:]

    package var timeToFirstToken = BucketCounter(bounds: firstTokenBounds)
    package var interTokenLatency = BucketCounter(bounds: tokenBounds)
    package var timePerOutputToken = BucketCounter(bounds: tokenBounds)
    package var endToEnd = BucketCounter(bounds: requestBounds)
    package var queueTime = BucketCounter(bounds: requestBounds)
    package var inferenceTime = BucketCounter(bounds: requestBounds)
    package var prefillTime = BucketCounter(bounds: requestBounds)
    package var decodeTime = BucketCounter(bounds: requestBounds)
    package var stepTokens = BucketCounter(
        bounds: (0...14).filter { $0 != 1 && $0 != 2 }.map { Double(1 << $0) })
    package var requestPreemptions = BucketCounter(bounds: [1, 2, 3, 4, 5, 10, 20])
    package var requestCopies = BucketCounter(bounds: [1, 2, 5, 10, 20])
    package var requestPromptTokens: BucketCounter
    package var requestGeneratedTokens: BucketCounter
    package var requestMaxTokens: BucketCounter
    package var requestComputedPromptTokens: BucketCounter

    private static let firstTokenBounds = [
        0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160,
        640, 2560,
    ]
    private static let tokenBounds = [
        0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80,
    ]
    private static let requestBounds = [
        0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680,
    ]

    package init(maxContextTokens: Int) {
        let sizes = BucketCounter(bounds: Self.sizeBounds(upTo: maxContextTokens))
        requestPromptTokens = sizes
        requestGeneratedTokens = sizes
        requestMaxTokens = sizes
        requestComputedPromptTokens = sizes
    }

    /// vLLM's build_1_2_5_buckets: 1, 2, 5, 10 ... up to the longest context.
    private static func sizeBounds(upTo limit: Int) -> [Double] {
        var bounds: [Double] = []
        var decade = 1
        while decade <= limit {
            for step in [1, 2, 5] where decade * step <= limit { bounds.append(Double(decade * step)) }
            decade *= 10
        }
        return bounds
    }
}
