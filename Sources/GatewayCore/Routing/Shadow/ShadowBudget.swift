/// How much of a core the shadows may use.
///
/// Each request costs every policy some 25 us, so that thousands a second would cost more than relaying them. Past the
/// share the shadows rest, and then see a span of the traffic again as it comes: a sample request by request would show
/// them a load that nobody has.
package struct ShadowBudget: Sendable {
    /// Of one core.
    package static let share = 0.01
    /// Seconds of a core that are saved up for a span.
    package static let span = 0.05
    /// Requests that are looked at in one turn, so that it cannot overdraw by much.
    package static let turnLimit = 512

    private var saved = Self.span
    private var last: Double?
    /// They rest until a span's time is saved up.
    package private(set) var isSpent = false

    package init() {}

    /// - Parameters:
    ///   - seconds: of a core that the last turn took.
    ///   - now: monotonic seconds.
    package mutating func spent(_ seconds: Double, now: Double) {
        let earned = last.map { max(0, now - $0) * Self.share } ?? 0
        last = now
        saved = min(Self.span, saved + earned - seconds)
        isSpent = isSpent ? saved < Self.span / 2 : saved <= 0
    }
}
