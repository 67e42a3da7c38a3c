/// When all that waits for prefill on one node will be done, as its dispatcher knows it: each dispatch adds its predicted
/// seconds, the clock takes them off, and each first token sets the books right.
///
/// An engine prefills in the order of arrival, so at a request's first token only what was sent after it is left.
package struct DrainEstimate: Sendable {
    /// Seconds of prefill ever dispatched.
    private var dispatched = 0.0
    /// Of them: without a first token and not given up.
    private var outstanding = 0.0
    /// How many those are.
    package private(set) var waiting = 0
    private var lastMark = 0.0
    /// Monotonic seconds.
    package private(set) var drainsAt = 0.0

    package init() {}

    /// - Returns: a mark to be given back with the request's first token.
    package mutating func dispatched(seconds: Double, now: Double) -> Double {
        dispatched += seconds
        outstanding += seconds
        waiting += 1
        drainsAt = max(now, drainsAt) + seconds
        return dispatched
    }

    /// A request's first token came. One that was overtaken tells nothing of the others.
    package mutating func prefilled(mark: Double, seconds: Double, now: Double) {
        takeOff(seconds)
        guard mark >= lastMark else { return }
        lastMark = mark
        drainsAt = now + min(outstanding, dispatched - mark)
    }

    /// A request ended without a first token: what was sent after it comes sooner by what it would have taken.
    package mutating func abandoned(seconds: Double) {
        takeOff(seconds)
        drainsAt -= seconds
    }

    private mutating func takeOff(_ seconds: Double) {
        waiting -= 1
        outstanding -= seconds
        // Sums of rounded numbers do not end at 0.
        if outstanding < 1e-6 { outstanding = 0 }
    }

    /// Seconds from now; 0 when nothing waits. What is late is expected to take as long again.
    package func wait(now: Double) -> Double {
        drainsAt > now ? drainsAt - now : min(now - drainsAt, outstanding)
    }

    /// Seconds since nothing waits any more; 0 while something does.
    package func idle(now: Double) -> Double { outstanding > 0 ? 0 : max(0, now - drainsAt) }
}
