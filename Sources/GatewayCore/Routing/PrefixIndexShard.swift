/// A shard's chains as a tree of segments: runs of blocks that the same nodes were sent.
///
/// The hashes are chained, so that one hash names a block and everything before it: a segment is found by its first
/// hash alone, and where a chain leaves a segment is found by halving. The least recently used segments stand at the
/// end of a list; behind its parent in it always stands the child.
struct PrefixIndexShard {
    /// Blocks in a segment at most: what one use stamps alike.
    static let segmentBlocks = 64
    static let none: Int32 = -1

    struct Segment {
        var hashes: [UInt64]
        /// In the order in which they were sent it first since they held it.
        var holders: PrefixIndexHolders
        /// Seconds.
        var lastUse: UInt32
        /// Neighbours in the order of use.
        var newer = PrefixIndexShard.none
        var older = PrefixIndexShard.none

        /// Its own place, its allocations and its share of the table.
        var byteCount: Int {
            MemoryLayout<Segment>.stride + 48 + 32 + hashes.capacity * 8 + holders.allocatedBytes
        }
    }

    private(set) var segments: [Segment] = []
    private var free: [Int32] = []
    private var table = PlaceTable()
    private var newest = none
    private(set) var oldest = none
    /// Of its segments.
    private(set) var byteCount = 0
    /// The segments of the chain that was walked last, from its root on.
    private(set) var path: [Int] = []

    /// The segment that goes on with a chain at a place, and how many of its blocks are the chain's.
    func segment(_ chain: [UInt64], at place: Int) -> (index: Int, matched: Int)? {
        guard place < chain.count else { return nil }
        let first = chain[place]
        guard let found = table.place(of: first, isMeant: { segments[Int($0)].hashes[0] == first }) else {
            return nil
        }
        let index = Int(found)
        let most = min(segments[index].hashes.count, chain.count &- place)
        return (index, matched(index, chain, at: place, most: most))
    }

    /// Chained hashes that are equal at a place are equal before it.
    private func matched(_ index: Int, _ chain: [UInt64], at place: Int, most: Int) -> Int {
        if segments[index].hashes[most &- 1] == chain[place &+ most &- 1] { return most }
        var equal = 1
        var different = most
        while different &- equal > 1 {
            let middle = (equal &+ different) / 2
            if segments[index].hashes[middle &- 1] == chain[place &+ middle &- 1] {
                equal = middle
            } else {
                different = middle
            }
        }
        return equal
    }

    /// Sets `path` to the segments of a chain, made where they are missing and parted where it leaves one.
    mutating func walk(_ chain: [UInt64], now: UInt32) {
        path.removeAll(keepingCapacity: true)
        var place = 0
        while let (index, matched) = segment(chain, at: place) {
            if matched < segments[index].hashes.count { part(index, at: matched) }
            path.append(index)
            place += matched
        }
        while place < chain.count {
            let end = min(place + Self.segmentBlocks, chain.count)
            // A copy of its own length: an array of a whole slice is the loop's, with room for its longest prompt so far.
            let hashes = chain[place..<end].map { $0 }
            path.append(add(Segment(hashes: hashes, holders: .init(), lastUse: now)))
            place = end
        }
    }

    /// The end of a segment becomes a segment of its own.
    private mutating func part(_ index: Int, at blocks: Int) {
        byteCount -= segments[index].byteCount
        let rest = Segment(
            hashes: Array(segments[index].hashes[blocks...]), holders: segments[index].holders,
            lastUse: segments[index].lastUse)
        segments[index].hashes = Array(segments[index].hashes[..<blocks])
        byteCount += segments[index].byteCount
        add(rest, behind: index)
    }

    /// - Parameter parent: nil: it is the most recently used one.
    @discardableResult private mutating func add(_ segment: consuming Segment, behind parent: Int? = nil)
        -> Int
    {
        byteCount += segment.byteCount
        let first = segment.hashes[0]
        let index: Int
        if let place = free.popLast() {
            index = Int(place)
            segments[index] = segment
        } else {
            index = segments.count
            segments.append(segment)
        }
        table.insert(first, Int32(index))
        link(index, newer: parent.map { Int32($0) } ?? Self.none)
        return index
    }

    /// The place of a node among the holders.
    func holder(_ node: Int, of index: Int) -> Int? {
        segments[index].holders.place(of: node)
    }

    mutating func stamp(_ index: Int, holder: Int, _ generation: UInt32) {
        segments[index].holders[holder].generation = generation
    }

    /// A node that the segment does not name, or that had lost it, comes last; one that has lost it leaves.
    mutating func add(_ holder: PrefixIndexHolders.Holder, to index: Int, replacing gone: Int?) {
        byteCount -= segments[index].byteCount
        if let gone { segments[index].holders.remove(at: gone) }
        segments[index].holders.append(holder)
        byteCount += segments[index].byteCount
    }

    mutating func renew(_ index: Int, now: UInt32) {
        segments[index].lastUse = now
        guard newest != Int32(index) else { return }
        unlink(index)
        link(index, newer: Self.none)
    }

    /// Takes a segment out.
    mutating func remove(_ index: Int) -> Segment {
        let segment = segments[index]
        byteCount -= segment.byteCount
        table.remove(segment.hashes[0], Int32(index))
        unlink(index)
        segments[index] = Segment(hashes: [], holders: .init(), lastUse: 0)
        free.append(Int32(index))
        return segment
    }

    // MARK: the order of use

    private mutating func link(_ index: Int, newer: Int32) {
        let older = newer == Self.none ? newest : segments[Int(newer)].older
        segments[index].newer = newer
        segments[index].older = older
        if newer == Self.none { newest = Int32(index) } else { segments[Int(newer)].older = Int32(index) }
        if older == Self.none { oldest = Int32(index) } else { segments[Int(older)].newer = Int32(index) }
    }

    private mutating func unlink(_ index: Int) {
        let newer = segments[index].newer
        let older = segments[index].older
        if newer == Self.none { newest = older } else { segments[Int(newer)].older = older }
        if older == Self.none { oldest = newer } else { segments[Int(older)].newer = newer }
    }
}
