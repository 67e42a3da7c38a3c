/// The prefill that a dispatched request is predicted to need.
package struct PrefillWork: Sendable {
    package var uncachedTokens: Int
    package var cachedTokens: Int
    package var tokens: Int { uncachedTokens + cachedTokens }
}

/// A dispatch in its node's books, from its dispatch to its first token.
package struct PrefillTicket: Sendable {
    let work: PrefillWork
    fileprivate let dispatched: Double
    fileprivate let seconds: Double
    fileprivate let mark: Double
    fileprivate let life: Int
}

/// What one node is expected to do, as of an instant.
package struct NodeOutlook: Sendable {
    /// Until all that waits for prefill there is done, in seconds.
    package var waitSeconds = 0.0
    package var idleSeconds = 0.0
    package var speed = NodeSpeed()
    /// Share of its KV blocks in use, 0...1; nil: not told, or stale.
    package var kvUsage: Double?
    /// Requests in its engine's queue; nil: not told, or stale.
    package var engineQueue: Double?
    package init() {}
}

/// What the gateway has sent to one node and has not seen prefilled, and how fast the node was so far.
struct NodePace: Sendable {
    private var drain = DrainEstimate()
    private var estimate = SpeedEstimate()
    private var kvUsage: Double?
    private var engineQueue: Double?
    /// Counts the engine's restarts: what was sent before one says nothing of the engine after it.
    private var life = 0

    mutating func dispatched(_ work: PrefillWork, now: Double) -> PrefillTicket {
        let seconds = estimate.speed.addedSeconds(
            new: work.uncachedTokens, behind: work.cachedTokens, waiting: drain.waiting)
        let mark = drain.dispatched(seconds: seconds, now: now)
        return PrefillTicket(work: work, dispatched: now, seconds: seconds, mark: mark, life: life)
    }

    mutating func prefilled(_ ticket: PrefillTicket, now: Double) {
        guard ticket.life == life else { return }
        drain.prefilled(mark: ticket.mark, seconds: ticket.seconds, now: now)
        estimate.prefilled(
            new: ticket.work.uncachedTokens, behind: ticket.work.cachedTokens, dispatched: ticket.dispatched,
            now: now)
    }

    /// An answer came whole: its prefill ended some time before. That it took no longer than the whole is all that is
    /// learned, so that a node which is asked for nothing but whole answers is not taken to be slow for ever.
    mutating func answered(_ ticket: PrefillTicket, now: Double) {
        guard now - ticket.dispatched >= ticket.seconds else { return prefilled(ticket, now: now) }
        if ticket.life == life { drain.prefilled(mark: ticket.mark, seconds: ticket.seconds, now: now) }
    }

    mutating func abandoned(_ ticket: PrefillTicket) {
        if ticket.life == life { drain.abandoned(seconds: ticket.seconds) }
    }

    mutating func decoded(secondsPerToken: Double, active: Int, contextTokens: Int, now: Double) {
        estimate.decoded(
            secondsPerToken: secondsPerToken, active: active, contextTokens: contextTokens, now: now)
    }

    mutating func scraped(kvUsage: Double?, queue: Double?) {
        self.kvUsage = kvUsage
        engineQueue = queue
    }

    /// The hardware stays as fast as it was; nothing waits on it any more.
    mutating func restarted() {
        life += 1
        drain = DrainEstimate()
    }

    func outlook(now: Double) -> NodeOutlook {
        var outlook = NodeOutlook()
        outlook.waitSeconds = drain.wait(now: now)
        outlook.idleSeconds = drain.idle(now: now)
        outlook.speed = estimate.speed
        outlook.kvUsage = kvUsage
        outlook.engineQueue = engineQueue
        return outlook
    }
}
