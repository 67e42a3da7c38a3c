/// What happens when, the earliest first; equal instants in the order in which they were put in.
struct TimeHeap<Item: Sendable>: Sendable {
    private struct Entry {
        var instant: Double
        var order: Int
        var item: Item

        func comes(before other: Entry) -> Bool {
            instant != other.instant ? instant < other.instant : order < other.order
        }
    }

    private var entries: [Entry] = []
    private var inserted = 0

    var first: Double? { entries.first?.instant }

    mutating func insert(_ item: Item, at instant: Double) {
        entries.append(Entry(instant: instant, order: inserted, item: item))
        inserted += 1
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].comes(before: entries[parent]) else { return }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    mutating func popFirst() -> (instant: Double, item: Item)? {
        guard let top = entries.first else { return nil }
        let last = entries.removeLast()
        if !entries.isEmpty {
            entries[0] = last
            sink()
        }
        return (top.instant, top.item)
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < entries.count else { return }
            if child + 1 < entries.count, entries[child + 1].comes(before: entries[child]) { child += 1 }
            guard entries[child].comes(before: entries[parent]) else { return }
            entries.swapAt(child, parent)
            parent = child
        }
    }

    mutating func removeAll() { entries.removeAll() }
}
