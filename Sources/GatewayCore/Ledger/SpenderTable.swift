/// Spenders by key, so many at most: where there is no room for one more, the quarter that was seen longest ago goes into
/// `others`. No sum is lost; one that comes back begins anew.
package struct SpenderTable: Sendable {
    package let limit: Int
    package private(set) var rows: [UInt64: Spender] = [:]
    /// The sums of those that are kept no longer.
    package private(set) var others = Spender()
    package private(set) var othersCount = 0

    package init(limit: Int) { self.limit = max(4, limit) }

    package var byteCount: Int { rows.capacity * (MemoryLayout<Spender>.stride + 16) }

    /// - Parameter now: monotonic seconds.
    mutating func update(_ key: UInt64, now: Double, _ change: (inout Spender) -> Void) {
        if rows.count >= limit, rows[key] == nil { makeRoom() }
        change(&rows[key, default: Spender(key: key, now: now)])
    }

    mutating func name(_ key: UInt64, _ name: String) { rows[key]?.name = name }

    /// Those with a stream go last.
    private mutating func makeRoom() {
        let order = rows.sorted {
            ($0.value.live.streams > 0 ? 1 : 0, $0.value.lastSeen) < (
                $1.value.live.streams > 0 ? 1 : 0, $1.value.lastSeen
            )
        }
        for (key, spender) in order.prefix(limit / 4) {
            others.absorb(spender)
            othersCount += 1
            rows[key] = nil
        }
    }

    mutating func forgetLive() {
        for index in rows.values.indices where rows.values[index].live.streams > 0 {
            rows.values[index].live = LiveSpending()
        }
        others.live = LiveSpending()
    }

    mutating func tally(now: Double, day: Int) {
        for index in rows.values.indices { rows.values[index].tally(now: now, day: day) }
        others.tally(now: now, day: day)
    }
}
