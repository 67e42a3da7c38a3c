/// Latencies in log-linear buckets: 16 to a power of two, so a quantile is within 3.2% of the truth.
///
/// From 1 microsecond up to 19 hours; no memory while empty.
package struct LatencyHistogram: Sendable, Equatable {
    private static let subBits = 4
    private static let bucketCount = 33 << subBits
    private var counts: [UInt32] = []
    package private(set) var count: UInt64 = 0
    /// In seconds.
    package private(set) var sum = 0.0

    package init() {}

    package mutating func record(nanoseconds: UInt64) {
        if counts.isEmpty { counts = Array(repeating: 0, count: Self.bucketCount) }
        counts[Self.bucket(nanoseconds / 1000)] &+= 1
        count += 1
        sum += Double(nanoseconds) / 1e9
    }

    package mutating func merge(_ other: LatencyHistogram) {
        guard other.count > 0 else { return }
        if counts.isEmpty { counts = Array(repeating: 0, count: Self.bucketCount) }
        for index in counts.indices { counts[index] &+= other.counts[index] }
        count += other.count
        sum += other.sum
    }

    /// What was recorded after an earlier state of this one.
    package func since(_ earlier: LatencyHistogram) -> LatencyHistogram {
        guard earlier.count > 0 else { return self }
        var rest = self
        for index in rest.counts.indices { rest.counts[index] &-= earlier.counts[index] }
        rest.count -= earlier.count
        rest.sum -= earlier.sum
        return rest
    }

    package var byteCount: Int { counts.capacity * MemoryLayout<UInt32>.stride }

    package mutating func removeAll() { self = LatencyHistogram() }

    /// In seconds; nil when nothing was recorded.
    /// - Parameter q: 0...1.
    package func quantile(_ q: Double) -> Double? {
        guard count > 0 else { return nil }
        let rank = UInt64((q * Double(count)).rounded(.up))
        var seen: UInt64 = 0
        for (index, value) in counts.enumerated() {
            seen += UInt64(value)
            if seen >= max(1, rank) { return Self.middle(index) / 1e6 }
        }
        return nil
    }

    package var summary: LatencySummary? {
        guard let p50 = quantile(0.5), let p99 = quantile(0.99) else { return nil }
        return LatencySummary(p50: p50, p99: p99, count: count)
    }

    private static func bucket(_ micros: UInt64) -> Int {
        guard micros >= 16 else { return Int(micros) }
        let exponent = 63 - micros.leadingZeroBitCount
        let index = (exponent - subBits + 1) << subBits + Int((micros >> UInt64(exponent - subBits)) & 15)
        return min(index, bucketCount - 1)
    }

    /// The middle of a bucket in microseconds.
    private static func middle(_ index: Int) -> Double {
        guard index >= 16 else { return Double(index) }
        let exponent = (index >> subBits) + subBits - 1
        let low = Double((16 + index & 15) << (exponent - subBits))
        return low + Double(1 << (exponent - subBits)) / 2
    }
}

/// The histograms of the last minute: six slots of ten seconds.
package struct RollingHistogram: Sendable {
    package static let windowSeconds = 60.0
    private static let slotSeconds = 10.0
    private var slots = Array(repeating: LatencyHistogram(), count: 6)
    private var slot: Int64 = 0

    package init() {}

    package var byteCount: Int { slots.reduce(0) { $0 + $1.byteCount } }

    /// - Parameter now: monotonic seconds.
    package mutating func record(nanoseconds: UInt64, now: Double) {
        turn(to: now)
        slots[Int(slot % 6)].record(nanoseconds: nanoseconds)
    }

    package mutating func window(now: Double) -> LatencyHistogram {
        turn(to: now)
        var all = LatencyHistogram()
        for part in slots { all.merge(part) }
        return all
    }

    private mutating func turn(to now: Double) {
        let target = Int64(now / Self.slotSeconds)
        guard target > slot else { return }
        for step in 1...min(6, target - slot) { slots[Int((slot + step) % 6)].removeAll() }
        slot = target
    }
}
