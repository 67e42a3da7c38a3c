/// How many requests may be sent again, so that a sick fleet is not hammered by its own gateway.
///
/// The idea of Finagle's RetryBudget (twitter/finagle, `util.RetryBudget`): a share of the requests of the last ten
/// seconds, and a floor so that little traffic can be retried too. Each loop has one for its own requests.
package struct RetryBudget: Sendable {
    /// Of the requests of the last ten seconds, 0...1.
    private let share: Double
    /// Retries in ten seconds that are always allowed.
    private let floor: Double
    private var requests = SlidingCount()
    private var retries = SlidingCount()

    /// - Parameters:
    ///   - perSecond: the floor for the whole gateway.
    ///   - loops: among which it is divided.
    package init(share: Double, perSecond: Double, loops: Int) {
        self.share = share
        floor = perSecond * Double(SlidingCount.seconds) / Double(max(1, loops))
    }

    package mutating func request(now: UInt64) { requests.add(1, now: now) }

    package func allows(now: UInt64) -> Bool {
        let limit = Double(requests.sum(now: now)) * share + floor
        return Double(retries.sum(now: now) + 1) <= limit
    }

    package mutating func retry(now: UInt64) { retries.add(1, now: now) }
}
