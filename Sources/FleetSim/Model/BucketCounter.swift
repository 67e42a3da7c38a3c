/// A histogram as vLLM keeps it: counts by upper bound, and the sum.
package struct BucketCounter: Sendable, Equatable {
    /// Upper bounds, ascending, without the last, infinite one.
    package let bounds: [Double]
    /// Observations by bucket, not cumulative; one more than `bounds`.
    package private(set) var counts: [Int]
    package private(set) var sum = 0.0

    package init(bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    package var count: Int { counts.reduce(0, +) }

    package mutating func observe(_ value: Double) {
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] < value { low = middle + 1 } else { high = middle }
        }
        counts[low] += 1
        sum += value
    }
}
