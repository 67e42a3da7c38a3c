/// When each of a fixed number of clocks wants to be woken, earliest first: a binary heap. A time that was
/// replaced stays in the heap until it comes up, and is then left out.
struct WakeQueue: Sendable {
    private struct Entry {
        var time: Double
        var index: Int
    }

    private var entries: [Entry] = []
    /// What counts, by index.
    private var times: [Double]

    init(times: [Double]) {
        self.times = times
        for (index, time) in times.enumerated() { push(Entry(time: time, index: index)) }
    }

    /// The earliest time; it may be one that was replaced.
    var first: Double? { entries.first?.time }

    mutating func set(_ index: Int, to time: Double) {
        guard times[index] != time else { return }
        times[index] = time
        push(Entry(time: time, index: index))
    }

    /// The clock whose time has come by `now`, the earliest first; it is woken once, until `set` again.
    mutating func popDue(by now: Double) -> Int? {
        while let top = entries.first, top.time <= now {
            removeFirst()
            if times[top.index] == top.time {
                times[top.index] = .nan
                return top.index
            }
        }
        return nil
    }

    private mutating func push(_ entry: Entry) {
        entries.append(entry)
        var child = entries.count - 1
        while child > 0, entries[child].time < entries[(child - 1) / 2].time {
            entries.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func removeFirst() {
        entries.swapAt(0, entries.count - 1)
        entries.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
                if entries[child].time < entries[least].time { least = child }
            }
            if least == parent { return }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}
