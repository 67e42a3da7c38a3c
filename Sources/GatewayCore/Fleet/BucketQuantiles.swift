extension BucketHistogram {
    /// The value below which a share of the observations lies, by linear interpolation inside its bucket, as
    /// Prometheus' `histogram_quantile` does (`promql/quantile.go`): the lowest bucket begins at 0, and what lies
    /// past the last finite bound is told as that bound.
    /// - Parameter share: 0...1.
    /// - Returns: nil without observations or without a finite bound.
    package func quantile(_ share: Double) -> Double? {
        guard counts.count == bounds.count, bounds.count >= 2, count > 0 else { return nil }
        let rank = share * count
        let bucket = counts.firstIndex { $0 >= rank } ?? counts.count - 1
        if bucket == counts.count - 1 { return bounds[bucket - 1] }
        if bucket == 0, bounds[0] <= 0 { return bounds[0] }
        let low = bucket == 0 ? 0 : bounds[bucket - 1]
        let before = bucket == 0 ? 0 : counts[bucket - 1]
        let inside = counts[bucket] - before
        return inside > 0 ? low + (bounds[bucket] - low) * (rank - before) / inside : bounds[bucket]
    }

    /// What was observed since `earlier`; nil when the buckets differ or a count fell.
    package func since(_ earlier: BucketHistogram) -> BucketHistogram? {
        guard bounds == earlier.bounds, counts.count == earlier.counts.count else { return nil }
        var difference = self
        for index in counts.indices {
            difference.counts[index] -= earlier.counts[index]
            if difference.counts[index] < 0 { return nil }
        }
        difference.sum -= earlier.sum
        return difference
    }

    /// All observations of several histograms together; nil of none. Where one lacks another's bound, what it
    /// counted up to its own bound below stands in, so a quantile errs to the slower side.
    package static func merged(_ parts: [BucketHistogram]) -> BucketHistogram? {
        guard let first = parts.first else { return nil }
        var all = first
        if parts.contains(where: { $0.bounds != first.bounds }) {
            all.bounds = Set(parts.flatMap(\.bounds)).sorted()
        }
        all.sum = 0
        all.counts = [Double](repeating: 0, count: all.bounds.count)
        for part in parts {
            all.sum += part.sum
            var next = 0
            var reached = 0.0
            for (index, bound) in all.bounds.enumerated() {
                while next < part.bounds.count, part.bounds[next] <= bound {
                    reached = part.counts[next]
                    next += 1
                }
                all.counts[index] += reached
            }
        }
        return all
    }
}

extension LatencySummary {
    /// nil without observations.
    package init?(of histogram: BucketHistogram) {
        guard let p50 = histogram.quantile(0.5), let p99 = histogram.quantile(0.99),
            let count = UInt64(exactly: histogram.count.rounded())
        else { return nil }
        self.init(p50: p50, p99: p99, count: count)
    }
}
