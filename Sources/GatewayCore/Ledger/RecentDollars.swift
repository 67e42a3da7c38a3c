/// Dollars over a time that moves along, in twelve slots; the last one is still being filled.
package struct RecentDollars: Sendable {
    package static let slots = 12
    package let slotSeconds: Double
    private var dollars = InlineArray<12, Double>(repeating: 0)
    private var newest: Int64 = 0

    package init(slotSeconds: Double) { self.slotSeconds = slotSeconds }

    /// - Parameter amount: may be negative, to take back what was counted too early.
    /// - Parameter now: monotonic seconds.
    package mutating func add(_ amount: Double, now: Double) {
        turn(to: slot(now))
        self[newest] += amount
    }

    /// Takes in what another one of the same slots has.
    mutating func merge(_ other: RecentDollars) {
        turn(to: other.newest)
        for slot in max(0, other.newest - Int64(Self.slots) + 1)...other.newest
        where slot > newest - Int64(Self.slots) {
            self[slot] += other[slot]
        }
    }

    private mutating func turn(to slot: Int64) {
        guard slot > newest else { return }
        for late in max(newest + 1, slot - Int64(Self.slots) + 1)...slot { self[late] = 0 }
        newest = slot
    }

    /// Each slot's dollars, the oldest first.
    package func values(now: Double) -> [Double] {
        let last = max(slot(now), newest)
        return (0..<Self.slots).map { place in
            let slot = last - Int64(Self.slots - 1 - place)
            let isKept = slot >= 0 && slot <= newest && slot > newest - Int64(Self.slots)
            return isKept ? max(0, self[slot]) : 0
        }
    }

    /// Dollars an hour over the slots, or since `start` where that is later.
    package func perHour(now: Double, since start: Double) -> Double {
        let covered = Double(Self.slots - 1) * slotSeconds + now.truncatingRemainder(dividingBy: slotSeconds)
        return values(now: now).reduce(0, +) / max(1, min(covered, now - start)) * 3600
    }

    private func slot(_ now: Double) -> Int64 { Int64(now / slotSeconds) }

    private subscript(slot: Int64) -> Double {
        get { dollars[Int(slot % Int64(Self.slots))] }
        set { dollars[Int(slot % Int64(Self.slots))] = newValue }
    }
}
