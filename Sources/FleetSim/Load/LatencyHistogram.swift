import Glibc

/// Quantiles of durations within one percent, in bounded memory: buckets that grow by one percent from 10 us on.
package struct LatencyHistogram: Sendable {
    private static let smallest = 1e-5
    private static let growth = 1.01
    private static let bucketCount = 2100

    private var counts = [Int](repeating: 0, count: bucketCount)
    package private(set) var count = 0
    private var sum = 0.0

    package init() {}

    package mutating func observe(seconds: Double) {
        let position = log(max(seconds, Self.smallest) / Self.smallest) / log(Self.growth)
        counts[min(Self.bucketCount - 1, Int(position))] += 1
        count += 1
        sum += seconds
    }

    /// Seconds; nil when nothing was observed.
    package var mean: Double? { count == 0 ? nil : sum / Double(count) }

    /// - Parameter share: 0...1.
    /// - Returns: seconds; nil when nothing was observed.
    package func quantile(_ share: Double) -> Double? {
        guard count > 0 else { return nil }
        var rest = max(1, Int((share * Double(count)).rounded(.up)))
        for (index, n) in counts.enumerated() {
            rest -= n
            if rest <= 0 { return Self.smallest * pow(Self.growth, Double(index) + 0.5) }
        }
        return nil
    }
}
