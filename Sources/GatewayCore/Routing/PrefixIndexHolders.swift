/// The nodes that were sent a segment, in the order in which they were sent it first since they held it.
///
/// Most segments have one: it stands in place, and only the others cost an allocation.
struct PrefixIndexHolders: RandomAccessCollection {
    /// A node, and when by its own clock it was sent the segment.
    struct Holder {
        var node: Int32
        var generation: UInt32
    }

    /// Its node is `PrefixIndexShard.none` where there is nobody.
    private var first = Holder(node: PrefixIndexShard.none, generation: 0)
    private var others: [Holder] = []

    var startIndex: Int { 0 }
    var endIndex: Int { first.node == PrefixIndexShard.none ? 0 : others.count &+ 1 }

    /// An array's own header and the allocator's, as an estimate.
    var allocatedBytes: Int {
        others.capacity == 0 ? 0 : 48 + others.capacity * MemoryLayout<Holder>.stride
    }

    subscript(place: Int) -> Holder {
        get { place == 0 ? first : others[place &- 1] }
        set { if place == 0 { first = newValue } else { others[place &- 1] = newValue } }
    }

    /// Without a look at the place for each of a thousand.
    struct Iterator: IteratorProtocol {
        fileprivate var first: Holder?
        fileprivate var others: IndexingIterator<[Holder]>

        mutating func next() -> Holder? {
            guard let holder = first else { return others.next() }
            first = nil
            return holder
        }
    }

    func makeIterator() -> Iterator {
        Iterator(first: isEmpty ? nil : first, others: others.makeIterator())
    }

    /// The place of a node.
    func place(of node: Int) -> Int? {
        if first.node == Int32(node) { return 0 }
        return others.firstIndex { $0.node == Int32(node) }.map { $0 &+ 1 }
    }

    mutating func append(_ holder: Holder) {
        if isEmpty { first = holder } else { others.append(holder) }
    }

    mutating func remove(at place: Int) {
        if place > 0 {
            others.remove(at: place - 1)
        } else if others.isEmpty {
            first.node = PrefixIndexShard.none
        } else {
            first = others.removeFirst()
        }
    }
}
