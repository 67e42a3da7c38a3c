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

    package func succeeded() { failures.store(0, ordering: .relaxed) }
    package func failedBeforeFirstByte() { failures.add(1, ordering: .relaxed) }
}
