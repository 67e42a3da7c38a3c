/// A count over the last ten seconds, in steps of one.
package struct SlidingCount: Sendable {
    package static let seconds = 10

    private var steps = InlineArray<10, Int>(repeating: 0)
    /// The second that was last counted in.
    private var latest: UInt64 = 0

    package init() {}

    /// - Parameter now: monotonic nanoseconds.
    package mutating func add(_ count: Int, now: UInt64) {
        advance(to: now / 1_000_000_000)
        steps[Int(latest % UInt64(Self.seconds))] += count
    }

    package func sum(now: UInt64) -> Int {
        var current = self
        current.advance(to: now / 1_000_000_000)
        var sum = 0
        for place in 0..<Self.seconds { sum += current.steps[place] }
        return sum
    }

    private mutating func advance(to second: UInt64) {
        guard second > latest else { return }
        if second - latest >= UInt64(Self.seconds) {
            steps = InlineArray(repeating: 0)
        } else {
            for passed in (latest + 1)...second { steps[Int(passed % UInt64(Self.seconds))] = 0 }
        }
        latest = second
    }
}
