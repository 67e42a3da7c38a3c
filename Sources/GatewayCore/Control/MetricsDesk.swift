import Synchronization

/// The body of /metrics: control makes it once a second while somebody reads it, a loop for the first who asks. Among a
/// thousand nodes it takes as long as all else that control does.
final class MetricsDesk: Sendable {
    /// Who has not asked for so many seconds is gone.
    static let patienceSeconds = 120.0

    private struct Desk {
        var snapshot = Snapshot()
        /// Of this snapshot; nil: nobody has asked for it.
        var page: [UInt8]?
        /// Unix seconds.
        var askedAt = -Double.infinity
    }

    private let desk = Mutex(Desk())

    /// From control.
    func show(_ snapshot: Snapshot) {
        let isRead = desk.withLock { snapshot.time - $0.askedAt < Self.patienceSeconds }
        let page = isRead ? MetricsPage.render(snapshot) : nil
        desk.withLock {
            $0.snapshot = snapshot
            $0.page = page
        }
    }

    /// Of the newest snapshot.
    func read() -> [UInt8] {
        desk.withLock { desk in
            desk.askedAt = desk.snapshot.time
            let page = desk.page ?? MetricsPage.render(desk.snapshot)
            desk.page = page
            return page
        }
    }
}
