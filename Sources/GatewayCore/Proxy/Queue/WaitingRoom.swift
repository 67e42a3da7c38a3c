import Synchronization

/// The queue of all loops together: one order for the whole gateway, whichever loop a client came to.
///
/// A mutex, taken only while somebody waits: an uncontended request looks at one atomic. Whoever frees a place asks who
/// is next; only the loop that owns the request takes it out, and others wake that loop.
package final class WaitingRoom: Sendable {
    typealias Entry = AdmissionQueue.Entry

    private struct State {
        var queue: AdmissionQueue
        /// Put out to make room or to save memory; their loops have not told the clients yet.
        var evicted: [Entry] = []
    }

    private let state: Mutex<State>
    private let waiting = Atomic<Int>(0)
    private let evictions = Atomic<Int>(0)

    /// - Parameter queueSeconds: how long a request may wait; in a third of it, it rises by a class.
    init(queueSeconds: Double) {
        state = Mutex(State(queue: AdmissionQueue(ageingSeconds: queueSeconds / 3)))
    }

    package var count: Int { waiting.load(ordering: .acquiring) }

    /// Bytes of the requests that wait.
    package var bytes: Int { withQueue { $0.bytes } }

    package func rows(now: UInt64) -> [AdmissionQueue.Row] {
        count == 0 ? [] : withQueue { $0.rows(now: now) }
    }

    func withQueue<R: Sendable>(_ body: (inout AdmissionQueue) -> R) -> R {
        state.withLock { state in
            let result = body(&state.queue)
            waiting.store(state.queue.count, ordering: .releasing)
            return result
        }
    }

    /// Queues a request; says whose loops have somebody to put out.
    func add(
        _ entry: Entry, model: UInt64, name: String, bounds: AdmissionQueue.Bounds, now: UInt64
    ) -> AdmissionQueue.Arrival {
        let arrival = withQueue { $0.add(entry, model: model, name: name, bounds: bounds, now: now) }
        if case .waits(let victims) = arrival { evict(victims) }
        return arrival
    }

    /// Puts out all that are no more urgent than that. Returns them, so that their loops are woken.
    func shed(_ priority: RequestPriority) -> [Entry] {
        guard count > 0 else { return [] }
        let victims = withQueue { $0.shed(priority) }
        evict(victims)
        return victims
    }

    private func evict(_ victims: [Entry]) {
        guard !victims.isEmpty else { return }
        state.withLock { $0.evicted += victims }
        evictions.add(victims.count, ordering: .releasing)
    }

    /// Those of a loop that were put out since it last asked.
    func takeEvicted(loop: Int) -> [Entry] {
        guard evictions.load(ordering: .acquiring) > 0 else { return [] }
        return state.withLock { state in
            let mine = state.evicted.filter { $0.loop == loop }
            guard !mine.isEmpty else { return [] }
            state.evicted.removeAll { $0.loop == loop }
            evictions.subtract(mine.count, ordering: .relaxed)
            return mine
        }
    }
}
