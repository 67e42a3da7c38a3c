/// A linear model of three features, learned one observation at a time with exponential forgetting (recursive least
/// squares; Ljung, System Identification, 2nd ed., 11.2).
package struct RecursiveLeastSquares: Sendable {
    package private(set) var weights: InlineArray<3, Double>
    /// The covariance, row by row; symmetric.
    private var covariance = InlineArray<9, Double>(repeating: 0)

    /// - Parameter spread: how far each weight may be from its start, as a standard deviation in units of the noise.
    package init(_ weights: InlineArray<3, Double>, spread: InlineArray<3, Double>) {
        self.weights = weights
        for index in 0..<3 { covariance[index * 4] = spread[index] * spread[index] }
    }

    /// - Parameter memory: the share of what was known that still counts, above 0 and at most 1.
    package mutating func observe(_ features: InlineArray<3, Double>, _ value: Double, memory: Double) {
        var gain = InlineArray<3, Double>(repeating: 0)
        var scale = memory
        for row in 0..<3 {
            for column in 0..<3 { gain[row] += covariance[row * 3 + column] * features[column] }
        }
        for index in 0..<3 { scale += features[index] * gain[index] }
        let error = value - predict(features)
        for index in 0..<3 { weights[index] += gain[index] / scale * error }
        for row in 0..<3 {
            for column in 0..<3 {
                let old = covariance[row * 3 + column]
                // Bounded: without news the memory would let it grow for ever.
                covariance[row * 3 + column] = min(1e6, (old - gain[row] * gain[column] / scale) / memory)
            }
        }
    }

    package func predict(_ features: InlineArray<3, Double>) -> Double {
        var sum = 0.0
        for index in 0..<3 { sum += weights[index] * features[index] }
        return sum
    }
}

/// What a node's first tokens and token rates teach of its speed, with a half-life of ten minutes.
package struct SpeedEstimate: Sendable {
    private static let halfLife = 600.0
    /// First tokens that came within so many seconds of the first of them are taken for those of one step of the engine.
    private static let sameStep = 0.005

    /// Prefills that ended in one step: what they were, from when to when.
    private struct Step {
        var start: Double
        /// When the first and the last of them ended.
        var firstEnd: Double
        var end: Double
        var tokens: Double
        var pairs: Double
    }

    private var prefill: RecursiveLeastSquares
    private var decode: RecursiveLeastSquares
    private var step: Step?
    private var lastPrefill = 0.0
    private var lastDecode = 0.0
    /// Steps of prefill that taught something.
    package private(set) var observations = 0
    /// Of the prediction of a prefill's time against what it took, 0 and up; nil before the first.
    package private(set) var error: Double?

    package init(_ start: NodeSpeed = NodeSpeed()) {
        prefill = RecursiveLeastSquares(
            [start.fixed, start.perToken * 1000, start.perPair * 1e6], spread: [0.05, 0.5, 0.01])
        decode = RecursiveLeastSquares([0.02, start.perDecode, 0], spread: [0.05, 0.001, 0.01])
    }

    /// A request's first token came.
    /// - Parameters:
    ///   - new: its uncached tokens, behind `behind` cached ones.
    ///   - dispatched: when it was sent, in monotonic seconds.
    package mutating func prefilled(new: Int, behind: Int, dispatched: Double, now: Double) {
        let tokens = Double(new)
        let pairs = tokens * Double(behind) + tokens * tokens / 2
        if var open = step, now - open.firstEnd < Self.sameStep {
            open.end = now
            open.tokens += tokens
            open.pairs += pairs
            step = open
            return
        }
        if let done = step { learn(done) }
        let start = max(dispatched, step?.end ?? dispatched)
        step = Step(start: start, firstEnd: now, end: now, tokens: tokens, pairs: pairs)
    }

    private mutating func learn(_ step: Step) {
        let features: InlineArray<3, Double> = [1, step.tokens / 1000, step.pairs / 1e6]
        let seconds = step.end - step.start
        let predicted = prefill.predict(features)
        if seconds > 0.01 {
            let miss = abs(predicted - seconds) / seconds
            error = error.map { $0 * 0.95 + miss * 0.05 } ?? miss
        }
        prefill.observe(features, seconds, memory: Self.memory(step.end - lastPrefill))
        lastPrefill = step.end
        observations += 1
    }

    /// A stream ended that had so much time for each token while so many were active, with so much context in all.
    package mutating func decoded(secondsPerToken: Double, active: Int, contextTokens: Int, now: Double) {
        decode.observe(
            [1, Double(active), Double(contextTokens) / 1e6], secondsPerToken,
            memory: Self.memory(now - lastDecode))
        lastDecode = now
    }

    private static func memory(_ elapsed: Double) -> Double {
        // Even a burst forgets a little, so that a change is learned.
        min(0.999, max(0.5, 1 - elapsed / halfLife * 0.693))
    }

    /// Never below what a node can be: weights that went negative by noise count as none.
    package var speed: NodeSpeed {
        NodeSpeed(
            fixed: max(0, prefill.weights[0]), perToken: max(1e-7, prefill.weights[1] / 1000),
            perPair: max(0, prefill.weights[2] / 1e6), perDecode: max(0, decode.weights[1]))
    }
}
