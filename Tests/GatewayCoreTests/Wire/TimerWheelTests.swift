import GatewayCore
import Testing

struct TimerWheelTests {
    /// Turns the wheel to a time as a loop does: what has expired is out, the rest is filed again.
    private func turn(
        _ wheel: inout TimerWheel, to now: UInt64, _ entries: inout [TimerWheel.Entry]
    ) -> [Int] {
        var expired: [Int] = []
        while let head = wheel.takeDue(now: now) {
            var fd = head
            while fd >= 0 {
                let slot = Int(fd)
                let (next, hasExpired) = wheel.release(&entries[slot])
                if hasExpired { expired.append(slot) } else { wheel.file(Int32(slot), &entries[slot]) }
                fd = next
            }
        }
        return expired
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `every slot expires once, in the turn of its tick`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let start = UInt64.random(in: 0..<1_000_000_000_000, using: &random)
        var wheel = TimerWheel(now: start)
        var entries = (0..<100).map { _ in TimerWheel.Entry() }
        var isOut = Array(repeating: false, count: 100)
        for slot in entries.indices {
            entries[slot].deadline = TimerWheel.tick(at: start) + Int64.random(in: 0...300, using: &random)
            wheel.file(Int32(slot), &entries[slot])
            wheel.file(Int32(slot), &entries[slot])
        }
        var now = start
        while now < start + 40_000_000_000 {
            // Mostly small steps, now and then a pause longer than the wheel's circumference.
            let longest: UInt64 = UInt64.random(in: 0..<20, using: &random) == 0 ? 9_000_000_000 : 300_000_000
            let before = TimerWheel.tick(at: now)
            now += UInt64.random(in: 1...longest, using: &random)
            let tick = TimerWheel.tick(at: now)
            for slot in turn(&wheel, to: now, &entries) {
                #expect(!isOut[slot])
                isOut[slot] = true
                #expect(entries[slot].deadline <= tick && entries[slot].deadline >= before)
            }
            for slot in entries.indices
            where entries[slot].deadline <= tick && entries[slot].deadline > before {
                #expect(isOut[slot], "deadline \(entries[slot].deadline) at tick \(tick)")
            }
        }
        #expect(!isOut.contains(false))
    }

    @Test func `a deadline that moves later is honoured, one that moves nearer within a second`() {
        var wheel = TimerWheel(now: 0)
        var entries = [TimerWheel.Entry(), TimerWheel.Entry(), TimerWheel.Entry()]
        entries[0].deadline = 5
        entries[1].deadline = 1000
        for slot in 0..<3 { wheel.file(Int32(slot), &entries[slot]) }
        entries[0].deadline = 30
        entries[1].deadline = 3
        var expired: [Int: UInt64] = [:]
        for tick in 1...60 as ClosedRange<UInt64> {
            for slot in turn(&wheel, to: tick * TimerWheel.nanosecondsPerTick, &entries) {
                expired[slot] = tick
            }
        }
        #expect(expired[0] == 30)
        #expect((expired[1] ?? 99) <= 13)
        #expect(expired[2] == nil)
    }
}
