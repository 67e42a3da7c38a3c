import Synchronization

/// What this gateway has on one node now. Loops count up and down; everybody reads.
///
/// A class, since atomics need one place for the gateway's life; it outlives every `Fleet` value that names it.
package final class NodeLoad: Sendable {
    private let activeCount = Atomic<Int>(0)
    private let prefillingCount = Atomic<Int>(0)
    private let prefillTokens = Atomic<Int>(0)
    private let failures = Atomic<Int>(0)
    private let streamed = Atomic<Int>(0)
    private let busyUntil = Atomic<UInt64>(0)

    package init() {}

    /// Requests on the node, dispatched and not ended.
    package var active: Int { activeCount.load(ordering: .relaxed) }
    /// Of them: without a first token.
    package var prefilling: Int { prefillingCount.load(ordering: .relaxed) }
    /// Uncached prompt tokens of the requests without a first token.
    package var pendingPrefillTokens: Int { max(0, prefillTokens.load(ordering: .relaxed)) }
    /// Requests that failed in a row before their first byte.
    package var consecutiveFailures: Int { failures.load(ordering: .relaxed) }

    /// Output tokens streamed from the node so far, as far as events tell.
    package var streamedTokens: UInt64 { UInt64(clamping: streamed.load(ordering: .relaxed)) }

    package func tokensStreamed(_ count: Int) { streamed.add(count, ordering: .relaxed) }

    package func began(uncachedTokens: Int) {
        activeCount.add(1, ordering: .relaxed)
        prefillingCount.add(1, ordering: .relaxed)
        prefillTokens.add(uncachedTokens, ordering: .relaxed)
    }

    /// The first token came, or the request ended without one.
    package func prefilled(uncachedTokens: Int) {
        prefillingCount.subtract(1, ordering: .relaxed)
        prefillTokens.subtract(uncachedTokens, ordering: .relaxed)
    }

    package func ended() { activeCount.subtract(1, ordering: .releasing) }

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

    package func succeeded() { failures.store(0, ordering: .relaxed) }
    package func failedBeforeFirstByte() { failures.add(1, ordering: .relaxed) }
}
