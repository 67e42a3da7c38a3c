/// Finds a segment by the hash of its first block: open addressing, at most half full.
///
/// The hashes are uniform and keyed, so that their own low bits are the place.
struct PrefixIndexTable {
    private struct Entry {
        var hash: UInt64 = 0
        var segment = PrefixIndexShard.none
    }

    private var entries = Array(repeating: Entry(), count: 64)
    private var count = 0

    private func home(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash) & (entries.count &- 1) }
    private func next(_ place: Int) -> Int { (place &+ 1) & (entries.count &- 1) }

    /// Where the hash is, or the empty place where it would be.
    private func place(of hash: UInt64) -> Int {
        var place = home(hash)
        while entries[place].segment != PrefixIndexShard.none, entries[place].hash != hash {
            place = next(place)
        }
        return place
    }

    subscript(hash: UInt64) -> Int32? {
        let segment = entries[place(of: hash)].segment
        return segment == PrefixIndexShard.none ? nil : segment
    }

    mutating func insert(_ hash: UInt64, _ segment: Int32) {
        if (count + 1) * 2 > entries.count { grow() }
        let place = place(of: hash)
        if entries[place].segment == PrefixIndexShard.none { count += 1 }
        entries[place] = Entry(hash: hash, segment: segment)
    }

    /// Those behind it that could not stand at their own place move up, so that no gap hides them.
    mutating func remove(_ hash: UInt64) {
        var gap = place(of: hash)
        guard entries[gap].segment != PrefixIndexShard.none else { return }
        count -= 1
        var place = next(gap)
        while entries[place].segment != PrefixIndexShard.none {
            let fromHome = (place &- home(entries[place].hash)) & (entries.count &- 1)
            if fromHome >= (place &- gap) & (entries.count &- 1) {
                entries[gap] = entries[place]
                gap = place
            }
            place = next(place)
        }
        entries[gap] = Entry()
    }

    private mutating func grow() {
        let old = entries
        entries = Array(repeating: Entry(), count: old.count * 2)
        for entry in old where entry.segment != PrefixIndexShard.none {
            entries[place(of: entry.hash)] = entry
        }
    }
}
