/// Finds a place in an array by the 64-bit hash of what stands there: open addressing, at most half full.
///
/// It keeps 32 bits of a hash, half of what a whole one would take: who asks tells which of the places that they fit is meant.
struct PlaceTable: Sendable {
    private static let none: Int32 = -1

    private struct Entry: Sendable {
        var mark: UInt32 = 0
        var place = PlaceTable.none
    }

    private var entries = Array(repeating: Entry(), count: 64)
    private var count = 0

    /// The high bits once spread, since ids of a trace count up where hashes of prompts are uniform.
    private static func mark(_ hash: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: (hash &* 0x9E37_79B9_7F4A_7C15) &>> 32)
    }

    private func home(_ mark: UInt32) -> Int { Int(mark) & (entries.count &- 1) }
    private func next(_ slot: Int) -> Int { (slot &+ 1) & (entries.count &- 1) }

    /// - Parameter isMeant: the hash of what stands at a place is this one.
    @inline(__always)
    func place(of hash: UInt64, isMeant: (Int32) -> Bool) -> Int32? {
        let mark = Self.mark(hash)
        var slot = home(mark)
        while entries[slot].place != Self.none {
            if entries[slot].mark == mark, isMeant(entries[slot].place) { return entries[slot].place }
            slot = next(slot)
        }
        return nil
    }

    /// - Parameter place: of a hash that has none yet.
    mutating func insert(_ hash: UInt64, _ place: Int32) {
        count += 1
        if count * 2 > entries.count { grow() }
        fill(Entry(mark: Self.mark(hash), place: place))
    }

    private mutating func fill(_ entry: Entry) {
        var slot = home(entry.mark)
        while entries[slot].place != Self.none { slot = next(slot) }
        entries[slot] = entry
    }

    /// Those behind it that could not stand at their own slot move up, so that no gap hides them.
    /// - Parameter place: where the hash is.
    mutating func remove(_ hash: UInt64, _ place: Int32) {
        var gap = home(Self.mark(hash))
        while entries[gap].place != place {
            guard entries[gap].place != Self.none else { return }
            gap = next(gap)
        }
        count -= 1
        var slot = next(gap)
        while entries[slot].place != Self.none {
            let fromHome = (slot &- home(entries[slot].mark)) & (entries.count &- 1)
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
        for entry in old where entry.place != Self.none { fill(entry) }
    }
}
