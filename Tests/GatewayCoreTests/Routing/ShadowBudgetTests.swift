import GatewayCore
import Testing

struct ShadowBudgetTests {
    @Test func `shadows within their share never rest`() {
        var budget = ShadowBudget()
        for turn in 0..<1000 {
            budget.spent(0.5 * ShadowBudget.share, now: Double(turn) * 0.5)
            #expect(!budget.isSpent)
        }
    }

    @Test func `under more requests than their share allows they see spans, and cost their share`() {
        var budget = ShadowBudget()
        var used = 0.0
        var changes = 0
        for turn in 0..<10_000 {
            let wasSpent = budget.isSpent
            let cost = wasSpent ? 0.0001 : 0.1
            used += cost
            budget.spent(cost, now: Double(turn) * 0.5)
            if budget.isSpent != wasSpent { changes += 1 }
        }
        #expect(used / 5000 < ShadowBudget.share * 1.1)
        #expect(used / 5000 > ShadowBudget.share * 0.5)
        #expect(changes > 100)
    }

    @Test func `what nobody takes is not kept, and counts as not seen`() {
        let mailbox = ShadowMailbox()
        mailbox.isResting = true
        mailbox.came(
            ShadowArrival(stream: 1, model: 2, instant: 3, promptTokens: 4, expectedOutput: 5, chain: [6]))
        #expect(mailbox.take().arrivals.isEmpty)
        #expect(mailbox.dropped == 1)
        mailbox.isResting = false
        mailbox.came(
            ShadowArrival(stream: 2, model: 2, instant: 3, promptTokens: 4, expectedOutput: 5, chain: [6]))
        #expect(mailbox.take().arrivals.count == 1)
    }

    @Test func `what waits takes as much room as its own prompt, not as the longest before it`() {
        let mailbox = ShadowMailbox()
        var chain: [UInt64] = []
        chain.reserveCapacity(16_384)
        chain.append(6)
        mailbox.came(
            ShadowArrival(stream: 1, model: 2, instant: 3, promptTokens: 4, expectedOutput: 5, chain: chain))
        #expect(mailbox.take().arrivals[0].chain.capacity < 16)
    }
}
