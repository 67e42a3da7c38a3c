/// When all that waits for prefill on one node will be done, as its dispatcher knows it: each dispatch adds its predicted
/// seconds, the clock takes them off, and each first token sets the books right.
///
/// An engine prefills in the order of arrival, so at a request's first token only what was sent after it is left.
package struct DrainEstimate: Sendable {
    /// Seconds of prefill ever dispatched.
    private var dispatched = 0.0
    private var lastMark = 0.0
    /// Monotonic seconds.
    package private(set) var drainsAt = 0.0

    package init() {}

    /// - Returns: a mark to be given back with the request's first token.
    package mutating func dispatched(seconds: Double, now: Double) -> Double {
        dispatched += seconds
        drainsAt = max(now, drainsAt) + seconds
        return dispatched
    }

    /// A request's first token came. One that was overtaken tells nothing.
    package mutating func prefilled(mark: Double, now: Double) {
        guard mark >= lastMark else { return }
        lastMark = mark
        drainsAt = now + dispatched - mark
    }

    /// Seconds from now; 0 when nothing waits.
    package func wait(now: Double) -> Double { max(0, drainsAt - now) }

    /// Seconds since nothing waits any more; 0 while something does.
    package func idle(now: Double) -> Double { max(0, now - drainsAt) }
}
