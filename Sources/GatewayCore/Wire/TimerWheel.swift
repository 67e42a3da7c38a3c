/// Deadlines of slots in 100 ms ticks, looked at lazily: setting one costs nothing but a field.
///
/// A slot is filed in the wheel once; when its turn comes it has either expired or is filed again for later. Slots are
/// lists by index, so the wheel holds no memory of its own.
package struct TimerWheel: ~Copyable {
    package static let nanosecondsPerTick: UInt64 = 100_000_000
    private static let span = 64

    /// What a slot carries for the wheel.
    package struct Entry: Sendable {
        /// Tick at which the slot expires; `.max` is never.
        package var deadline = Int64.max
        fileprivate(set) var next: Int32 = -1
        fileprivate(set) var isFiled = false
        package init() {}
    }

    private var heads = InlineArray<64, Int32>(repeating: -1)
    private var tick: Int64

    package init(now: UInt64) { tick = Int64(now / Self.nanosecondsPerTick) }

    package static func tick(at time: UInt64) -> Int64 { Int64(time / nanosecondsPerTick) }

    /// Files a slot when it is not filed yet. It is looked at again within 10 ticks.
    package mutating func file(_ fd: Int32, _ entry: inout Entry) {
        if entry.isFiled || entry.deadline == .max { return }
        let place = Int(min(max(entry.deadline, tick + 1), tick + 10)) & (Self.span - 1)
        entry.isFiled = true
        entry.next = heads[place]
        heads[place] = fd
    }

    /// Takes the list of the next tick that is due, if any; the caller walks it with `advance`.
    package mutating func takeDue(now: UInt64) -> Int32? {
        let target = Int64(now / Self.nanosecondsPerTick)
        guard tick < target else { return nil }
        tick += 1
        if target - tick > Int64(Self.span) { tick = target - Int64(Self.span) }
        let place = Int(tick) & (Self.span - 1)
        let head = heads[place]
        heads[place] = -1
        return head
    }

    /// The next in a list that was taken; unfiles this one. Says whether it has expired.
    package func release(_ entry: inout Entry) -> (next: Int32, hasExpired: Bool) {
        let next = entry.next
        entry.next = -1
        entry.isFiled = false
        return (next, entry.deadline <= tick)
    }
}
