/// Finds a place in an array by a 64-bit hash: open addressing, at most half full.
struct PlaceTable: Sendable {
    private static let none: Int32 = -1

    private struct Entry: Sendable {
        var hash: UInt64 = 0
        var place = PlaceTable.none
    }

    private var entries = Array(repeating: Entry(), count: 64)
    private var count = 0

    /// By its high bits once spread, since ids of a trace count up where hashes of prompts are uniform.
    private func home(_ hash: UInt64) -> Int {
        let spread = hash &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: spread &>> 32) & (entries.count &- 1)
    }
    private func next(_ slot: Int) -> Int { (slot &+ 1) & (entries.count &- 1) }

    /// Where the hash is, or the empty slot where it would be.
    private func slot(of hash: UInt64) -> Int {
        var slot = home(hash)
        while entries[slot].place != Self.none, entries[slot].hash != hash { slot = next(slot) }
        return slot
    }

    subscript(hash: UInt64) -> Int32? {
        let place = entries[slot(of: hash)].place
        return place == Self.none ? nil : place
    }

    mutating func insert(_ hash: UInt64, _ place: Int32) {
        if (count + 1) * 2 > entries.count { grow() }
        let slot = slot(of: hash)
        if entries[slot].place == Self.none { count += 1 }
        entries[slot] = Entry(hash: hash, place: place)
    }

    /// Those behind it that could not stand at their own slot move up, so that no gap hides them.
    mutating func remove(_ hash: UInt64) {
        var gap = slot(of: hash)
        guard entries[gap].place != Self.none else { return }
        count -= 1
        var slot = next(gap)
        while entries[slot].place != Self.none {
            let fromHome = (slot &- home(entries[slot].hash)) & (entries.count &- 1)
            if fromHome >= (slot &- gap) & (entries.count &- 1) {
                entries[gap] = entries[slot]
                gap = slot
            }
            slot = next(slot)
        }
        entries[gap] = Entry()
    }

    private mutating func grow() {
        let old = entries
        entries = Array(repeating: Entry(), count: old.count * 2)
        for entry in old where entry.place != Self.none {
            entries[slot(of: entry.hash)] = entry
        }
    }
}
