import Synchronization

/// Which node something belongs to, by its hash: who made a stateful id (a response, a file, a batch), so that later
/// requests for it go back there; where a session's last request went.
///
/// Bounded: a ring of slots by hash; a new id takes the place of an older one with the same slot.
package final class NodeMemory: Sendable {
    static let capacity = 32_768
    private struct Slot {
        var id: UInt64 = 0
        var node: Int32 = -1
    }
    private let slots = Mutex<[Slot]>([])

    func remember(_ id: UInt64, node: Int) {
        slots.withLock { slots in
            if slots.isEmpty { slots = Array(repeating: Slot(), count: Self.capacity) }
            slots[Int(id % UInt64(Self.capacity))] = Slot(id: id, node: Int32(node))
        }
    }

    func node(of id: UInt64) -> Int? {
        slots.withLock { slots in
            guard !slots.isEmpty else { return nil }
            let slot = slots[Int(id % UInt64(Self.capacity))]
            return slot.id == id ? Int(slot.node) : nil
        }
    }
}
