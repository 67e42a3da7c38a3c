/// The rate of a count over the last ten seconds.
package struct RateWindow: Sendable {
    package static let seconds = 10.0
    /// Samples that come sooner after the last are left out.
    static let spacing = 0.5
    /// Cumulative counts with their instants, oldest first.
    private var samples: [(instant: Double, total: Double)] = []

    package init() {}

    /// - Parameter total: cumulative.
    package mutating func add(total: Double, now: Double) {
        if let last = samples.last, now - last.instant < Self.spacing { return }
        samples.append((now, total))
        while samples.count > 2, now - samples[1].instant >= Self.seconds { samples.removeFirst() }
    }

    /// A second; nil until two samples are a second apart.
    package var rate: Double? {
        guard let first = samples.first, let last = samples.last, last.instant - first.instant >= 1 else {
            return nil
        }
        return max(0, (last.total - first.total) / (last.instant - first.instant))
    }
}
