/// Which block holds the content of which chained hash: an open-addressing table, as a simulated engine asks it for
/// every block of every prompt. A hash of 0 is not stored.
struct BlockIndex: Sendable {
    static let none: Int32 = -1

    private struct Slot {
        var hash: UInt64 = 0
        var block = BlockIndex.none
    }

    private var slots: [Slot]
    private let mask: Int
    private(set) var count = 0

    /// - Parameter capacity: hashes stored at once at most; the table is at most half full then.
    init(capacity: Int) {
        var size = 16
        while size < 2 * capacity { size *= 2 }
        slots = Array(repeating: Slot(), count: size)
        mask = size - 1
    }

    subscript(hash: UInt64) -> Int32? {
        let slot = slots[position(of: hash)]
        return slot.block == Self.none ? nil : slot.block
    }

    /// Stores a hash which is not stored yet.
    mutating func insert(_ hash: UInt64, block: Int32) {
        let position = position(of: hash)
        precondition(slots[position].block == Self.none && count <= mask / 2, "stored twice, or too many")
        slots[position] = Slot(hash: hash, block: block)
        count += 1
    }

    /// Takes a stored hash out, and moves those behind it up so that every search still ends at an empty slot.
    mutating func remove(_ hash: UInt64) {
        var hole = position(of: hash)
        precondition(slots[hole].block != Self.none, "not stored")
        count -= 1
        var next = (hole + 1) & mask
        while slots[next].block != Self.none {
            let home = home(of: slots[next].hash)
            if (next - home) & mask >= (next - hole) & mask {
                slots[hole] = slots[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        slots[hole] = Slot()
    }

    /// Where a hash is stored, or the empty slot where it would be.
    private func position(of hash: UInt64) -> Int {
        var index = home(of: hash)
        while slots[index].block != Self.none, slots[index].hash != hash { index = (index + 1) & mask }
        return index
    }

    /// Traces number their blocks from 1 on, so the bits are mixed (Fibonacci hashing).
    private func home(of hash: UInt64) -> Int {
        Int(truncatingIfNeeded: (hash &* 0x9e37_79b9_7f4a_7c15) >> 20) & mask
    }

    /// Every stored pair. For tests.
    var entries: [(hash: UInt64, block: Int32)] {
        slots.filter { $0.block != Self.none }.map { ($0.hash, $0.block) }
    }
}
