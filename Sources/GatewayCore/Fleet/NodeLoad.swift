import Synchronization

/// What this gateway has on one node now. Loops count by handles; everybody reads.
///
/// A class, since atomics need one place for the gateway's life; it outlives every `Fleet` value that names it.
package final class NodeLoad: Sendable {
    private let liveCount = Atomic<Int>(0)
    private let activeCount = IncarnationCount()
    private let prefillingCount = IncarnationCount()
    private let prefillTokens = IncarnationCount()
    private let contextCount = IncarnationCount()
    private let pace = Mutex(NodePace())
    private let failures = Atomic<Int>(0)
    private let allFailures = Atomic<Int>(0)
    private let streamed = Atomic<Int>(0)
    private let busyUntil = Atomic<UInt64>(0)
    private let probeTicket = Atomic<Bool>(false)

    package init() {}

    /// Handles that have not ended, whichever incarnation of the engine they began on. Zero means that nothing of this
    /// gateway is on the node.
    package var live: Int { liveCount.load(ordering: .acquiring) }
    /// Requests on the engine as it runs now, dispatched and not ended.
    package var active: Int { activeCount.value }
    /// Of them: without a first token.
    package var prefilling: Int { prefillingCount.value }
    /// Uncached prompt tokens of the requests without a first token.
    package var pendingPrefillTokens: Int { prefillTokens.value }

    /// Prompt tokens of the active requests.
    package var contextTokens: Int { contextCount.value }

    /// Counts a request until its handle ends.
    /// - Parameters:
    ///   - isProbe: it holds the ticket of `takeProbe`, which goes back with the handle.
    ///   - now: monotonic nanoseconds.
    package func began(uncachedTokens: Int, cachedTokens: Int = 0, isProbe: Bool = false, now: UInt64 = 0)
        -> LoadHandle
    {
        liveCount.add(1, ordering: .relaxed)
        let work = PrefillWork(uncachedTokens: max(0, uncachedTokens), cachedTokens: max(0, cachedTokens))
        let ticket = pace.withLock { $0.dispatched(work, now: Double(now) / 1e9) }
        return LoadHandle(self, incarnation: activeCount.add(1), ticket: ticket, isProbe: isProbe)
    }

    fileprivate func beganPrefill(_ ticket: PrefillTicket, _ incarnation: UInt64) {
        prefillingCount.add(1, in: incarnation)
        prefillTokens.add(ticket.work.uncachedTokens, in: incarnation)
        contextCount.add(ticket.work.tokens, in: incarnation)
    }

    fileprivate func endedPrefill(_ ticket: PrefillTicket, _ incarnation: UInt64) {
        prefillingCount.add(-1, in: incarnation)
        prefillTokens.add(-ticket.work.uncachedTokens, in: incarnation)
    }

    fileprivate func prefilled(_ ticket: PrefillTicket, now: UInt64) {
        pace.withLock { $0.prefilled(ticket, now: Double(now) / 1e9) }
    }

    fileprivate func answered(_ ticket: PrefillTicket, now: UInt64) {
        pace.withLock { $0.answered(ticket, now: Double(now) / 1e9) }
    }

    fileprivate func abandoned(_ ticket: PrefillTicket) { pace.withLock { $0.abandoned(ticket) } }

    fileprivate func ended(_ ticket: PrefillTicket, _ incarnation: UInt64, isProbe: Bool) {
        activeCount.add(-1, in: incarnation)
        contextCount.add(-ticket.work.tokens, in: incarnation)
        if isProbe { probeTicket.store(false, ordering: .releasing) }
        liveCount.subtract(1, ordering: .releasing)
    }

    /// The engine restarted: what was on it before is on the new one no more, however late its handles end.
    ///
    /// Only one thread calls this. The sums of prefill go first: a handle of the new incarnation then finds all three
    /// counts there.
    package func restarted() {
        let next = activeCount.incarnation &+ 1
        prefillingCount.begin(next)
        prefillTokens.begin(next)
        contextCount.begin(next)
        pace.withLock { $0.restarted() }
        activeCount.begin(next)
    }

    // MARK: what it is expected to do

    /// - Parameter now: monotonic nanoseconds.
    package func outlook(now: UInt64) -> NodeOutlook { pace.withLock { $0.outlook(now: Double(now) / 1e9) } }

    /// A stream ended that had so much time for each token.
    package func decoded(secondsPerToken: Double, now: UInt64) {
        let (active, context) = (active, contextTokens)
        pace.withLock {
            $0.decoded(
                secondsPerToken: secondsPerToken, active: active, contextTokens: context,
                now: Double(now) / 1e9)
        }
    }

    /// What its engine's metrics say now; nil: nothing, or it is stale.
    package func scraped(kvUsage: Double?, queue: Double?) {
        pace.withLock { $0.scraped(kvUsage: kvUsage, queue: queue) }
    }

    // MARK: what traffic says of the node

    /// Requests that failed in a row before their first byte.
    package var consecutiveFailures: Int { failures.load(ordering: .relaxed) }
    /// Requests that failed before their first byte since the gateway began.
    package var failuresBeforeFirstByte: Int { allFailures.load(ordering: .relaxed) }

    package func succeeded() { failures.store(0, ordering: .relaxed) }

    package func failedBeforeFirstByte() {
        failures.add(1, ordering: .relaxed)
        allFailures.add(1, ordering: .relaxed)
    }

    /// Output tokens streamed from the node so far, as far as events tell.
    package var streamedTokens: UInt64 { UInt64(clamping: streamed.load(ordering: .relaxed)) }

    package func tokensStreamed(_ count: Int) { streamed.add(count, ordering: .relaxed) }

    /// No engine is left alone for longer than this, whatever it asks for.
    package static let longestPauseNanoseconds: UInt64 = 60_000_000_000

    /// The engine said that it is busy (429 or 503 with Retry-After): no new request goes there until then. Busy is no
    /// failure.
    /// - Parameter instant: monotonic nanoseconds, at most `longestPauseNanoseconds` from now.
    package func busy(until instant: UInt64) { busyUntil.max(instant, ordering: .relaxed) }

    /// - Parameter now: monotonic nanoseconds.
    package func isBusy(_ now: UInt64) -> Bool { busySeconds(now) > 0 }

    /// How long it is to be left alone still.
    package func busySeconds(_ now: UInt64) -> Double {
        let until = busyUntil.load(ordering: .relaxed)
        guard until > now else { return 0 }
        return Double(min(until - now, Self.longestPauseNanoseconds)) / 1e9
    }

    /// Takes the one ticket for a request to a node whose ejection is being ended.
    package func takeProbe() -> Bool {
        probeTicket.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing)
            .exchanged
    }

    /// Somebody holds the ticket.
    package var isProbing: Bool { probeTicket.load(ordering: .relaxed) }
}

/// A request's place in its node's load, from dispatch to end. It cannot be copied: it is counted exactly once and ends
/// exactly once, where it is dropped; nothing else takes it off.
package struct LoadHandle: ~Copyable, Sendable {
    private let load: NodeLoad
    private let incarnation: UInt64
    private let ticket: PrefillTicket
    private let isProbe: Bool
    private var isPrefilling = true

    fileprivate init(_ load: NodeLoad, incarnation: UInt64, ticket: PrefillTicket, isProbe: Bool) {
        self.load = load
        self.incarnation = incarnation
        self.ticket = ticket
        self.isProbe = isProbe
        load.beganPrefill(ticket, incarnation)
    }

    /// The first token came.
    /// - Parameter now: monotonic nanoseconds.
    package mutating func prefilled(now: UInt64) {
        guard isPrefilling else { return }
        isPrefilling = false
        load.endedPrefill(ticket, incarnation)
        load.prefilled(ticket, now: now)
    }

    /// The answer came whole, without a first token before the others.
    /// - Parameter now: monotonic nanoseconds.
    package mutating func answered(now: UInt64) {
        guard isPrefilling else { return }
        isPrefilling = false
        load.endedPrefill(ticket, incarnation)
        load.answered(ticket, now: now)
    }

    deinit {
        if isPrefilling {
            load.endedPrefill(ticket, incarnation)
            load.abandoned(ticket)
        }
        load.ended(ticket, incarnation, isProbe: isProbe)
    }
}

/// A count that belongs to one incarnation of an engine: what is added for another one is not added.
///
/// One word: the incarnation's number in the high 24 bits, the count in the low 40.
private struct IncarnationCount: ~Copyable, Sendable {
    private static let shift: UInt64 = 40
    private static let mask: UInt64 = 1 << 40 - 1
    private let word = Atomic<UInt64>(0)

    var value: Int { Int(word.load(ordering: .relaxed) & Self.mask) }
    var incarnation: UInt64 { word.load(ordering: .relaxed) >> Self.shift }

    /// Adds for the present incarnation and says which that is.
    func add(_ amount: UInt64) -> UInt64 { word.add(amount, ordering: .relaxed).newValue >> Self.shift }

    func add(_ amount: Int, in incarnation: UInt64) {
        var old = word.load(ordering: .relaxed)
        while old >> Self.shift == incarnation {
            let new = old & ~Self.mask | UInt64(clamping: Int(old & Self.mask) + amount) & Self.mask
            let result = word.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if result.exchanged { return }
            old = result.original
        }
    }

    func begin(_ incarnation: UInt64) {
        word.store(incarnation << Self.shift, ordering: .relaxed)
    }
}
