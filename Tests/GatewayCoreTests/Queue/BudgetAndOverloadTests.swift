import GatewayCore
import Testing

private let second: UInt64 = 1_000_000_000

@Suite struct SlidingCountTests {
    @Test func `counts of the last ten seconds and no older ones`() {
        var count = SlidingCount()
        for step in 0..<30 { count.add(step, now: UInt64(step) * second) }
        #expect(count.sum(now: 29 * second) == (20...29).reduce(0, +))
        #expect(count.sum(now: 34 * second) == (25...29).reduce(0, +))
        #expect(count.sum(now: 39 * second) == 0)
        #expect(count.sum(now: 29 * second) == (20...29).reduce(0, +), "asking changes nothing")
        count.add(1, now: 28 * second)
        #expect(count.sum(now: 29 * second) == (20...29).reduce(1, +), "a clock that is a little behind")
        count.add(5, now: 4000 * second)
        #expect(count.sum(now: 4000 * second) == 5)
    }
}

@Suite struct RetryBudgetTests {
    @Test func `a fifth of the last ten seconds' requests and the floor may be sent again`() {
        var budget = RetryBudget(share: 0.2, perSecond: 3, loops: 1)
        for _ in 0..<1000 { budget.request(now: 50 * second) }
        var retried = 0
        while budget.allows(now: 50 * second, inFlight: 0) {
            budget.retry(now: 50 * second)
            retried += 1
        }
        #expect(retried == 230)
        #expect(!budget.allows(now: 59 * second, inFlight: 0))
        #expect(budget.allows(now: 60 * second, inFlight: 0), "after ten seconds all is forgotten")
    }

    @Test func `little traffic has the floor, shared among the loops`() {
        var budget = RetryBudget(share: 0.2, perSecond: 3, loops: 4)
        var retried = 0
        while budget.allows(now: second, inFlight: 0) {
            budget.retry(now: second)
            retried += 1
        }
        #expect(retried == 7)
    }

    @Test func `half of what is in flight may be sent again, so that one node of two may die`() {
        var budget = RetryBudget(share: 0.2, perSecond: 0.1, loops: 1)
        var retried = 0
        while budget.allows(now: second, inFlight: 500) {
            budget.retry(now: second)
            retried += 1
        }
        #expect(retried == 251)
    }

    @Test func `a budget of nothing allows nothing`() {
        var budget = RetryBudget(share: 0, perSecond: 0, loops: 1)
        for _ in 0..<100 { budget.request(now: second) }
        #expect(!budget.allows(now: second, inFlight: 100))
    }
}

@Suite struct OverloadLevelTests {
    @Test func `the least urgent are refused first and let in last, without flapping`() {
        var overload = Overload()
        let seen = [0.5, 0.84, 0.85, 0.91, 0.92, 0.95, 0.98, 1.2, 0.97, 0.94, 0.92, 0.88, 0.86, 0.81, 0.79]
            .map {
                used -> RequestPriority? in
                overload.take(used: used)
                return overload.shedding
            }
        #expect(
            seen == [
                nil, nil, .low, .low, .normal, .normal, .high, .high, .high, .high, .normal, .normal, .low,
                .low, nil,
            ])
    }

    @Test func `a signal carries each level and none`() {
        let signal = OverloadSignal()
        #expect(signal.shedding == nil)
        for level in RequestPriority.allCases {
            signal.set(level)
            #expect(signal.shedding == level)
        }
        signal.set(nil)
        #expect(signal.shedding == nil)
    }
}
