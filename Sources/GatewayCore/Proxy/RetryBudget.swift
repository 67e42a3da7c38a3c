/// How many requests may be sent again, so that a sick fleet is not hammered by its own gateway.
///
/// The idea of Finagle's RetryBudget (twitter/finagle, `util.RetryBudget`): a share of the requests of the last ten
/// seconds, and a floor so that little traffic can be retried too. Requests to language models live longer than any such
/// window, so half of those in flight count too: what the death of one node of two leaves behind can go to the other.
/// Each loop has one for its own requests.
package struct RetryBudget: Sendable {
    static let shareInFlight = 0.5

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

    /// - Parameter inFlight: requests that have not ended.
    package func allows(now: UInt64, inFlight: Int) -> Bool {
        guard share > 0 || floor > 0 else { return false }
        let limit = Double(requests.sum(now: now)) * share + floor + Double(inFlight) * Self.shareInFlight
        return Double(retries.sum(now: now) + 1) <= limit
    }

    package mutating func retry(now: UInt64) { retries.add(1, now: now) }
}
