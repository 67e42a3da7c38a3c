/// Watches the gateway's count of a node's requests beside the engine's own, and says when they differ for long.
package struct LoadDisagreement: Sendable {
    package enum Change: Sendable, Equatable {
        case began(ours: Int, engine: Int)
        case ended
    }

    /// Monotonic seconds since when they differ.
    package private(set) var since: Double?
    /// Monotonic seconds since when they agree again after it was told that they don't.
    private var agreedSince: Double?
    private var isTold = false

    package init() {}

    /// Counts that are read at two moments differ a little all the time.
    package static func isLarge(ours: Int, engine: Double) -> Bool {
        abs(engine - Double(ours)) > max(2, 0.2 * max(engine, Double(ours)))
    }

    /// - Parameters:
    ///   - engine: running and waiting as the engine says; nil: it does not, or its reading is old.
    ///   - patience: seconds that they may differ, and that they have to agree again: a count that comes and goes is told once.
    package mutating func step(ours: Int, engine: Double?, patience: Double, now: Double) -> Change? {
        guard let engine, Self.isLarge(ours: ours, engine: engine) else {
            since = nil
            guard isTold else { return nil }
            let start = agreedSince ?? now
            agreedSince = start
            guard now - start >= patience else { return nil }
            isTold = false
            return .ended
        }
        agreedSince = nil
        let start = since ?? now
        since = start
        guard !isTold, now - start >= patience else { return nil }
        isTold = true
        return .began(ours: ours, engine: Int(engine))
    }
}
