/// What was predicted to be cached on one node against what its engine says it found, over the last while.
package struct CacheAgreement: Sendable {
    /// Past sums count half after so many seconds.
    private static let halfLife = 60.0
    /// Less than this many predicted tokens say nothing.
    private static let enough = 16_384.0
    /// A node that delivers less than this share of what was predicted has evicted more than is believed.
    private static let tolerance = 0.85

    package private(set) var predicted = 0.0
    package private(set) var actual = 0.0
    private var last = 0.0

    package init() {}

    /// Takes one request's numbers.
    /// - Returns: the share of what is believed to be there that is to be kept, 0..<1; nil: it is as believed.
    package mutating func take(predictedTokens: Int, actualTokens: Int, now: Double) -> Double? {
        var decay = 1.0
        if now > last {
            // 2 to the power of -elapsed/halfLife, to first order for short gaps and 0 for long ones.
            decay = max(0, 1 - 0.693 * (now - last) / Self.halfLife)
            last = now
        }
        predicted = predicted * decay + Double(predictedTokens)
        actual = actual * decay + Double(min(actualTokens, predictedTokens))
        guard predicted >= Self.enough, actual < Self.tolerance * predicted else { return nil }
        let share = actual / predicted
        predicted = 0
        actual = 0
        return share
    }
}
