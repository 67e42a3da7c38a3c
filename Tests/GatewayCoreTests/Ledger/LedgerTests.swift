import Testing

@testable import GatewayCore

/// A settlement of a request that completed on node 0.
private func settlement(_ outcome: Outcome = .completed, edit: (inout Settlement) -> Void = { _ in })
    -> Settlement
{
    var made = Settlement(
        stream: 1, node: 0, outcome: outcome, payers: Payers(), ttftNanoseconds: 200_000_000,
        tpotNanoseconds: 20_000_000, e2eNanoseconds: 3_000_000_000, promptTokens: 100,
        promptTokensEstimated: false,
        predictedCachedTokens: 0, cachedTokens: 64, outputTokens: 10, dollars: 0.5)
    edit(&made)
    return made
}

struct LedgerTests {
    @Test func `a completed request counts on its node and in all`() {
        var ledger = Ledger(nodes: 2)
        ledger.settle(settlement(), now: 1)
        for spending in [ledger.accounts[0], ledger.totals].map(\.spender.spending) {
            #expect(spending.completed == 1 && spending.failed == 0 && spending.cancelled == 0)
            #expect(spending.promptTokens == 100 && spending.cachedTokens == 64)
            #expect(spending.outputTokens == 10 && spending.dollars == 0.5 && spending.wastedTokens == 0)
        }
        #expect(ledger.accounts[1].spender.spending == Spending())
        #expect(ledger.latency(\.ttft, node: 0, now: 1)?.count == 1)
        #expect(ledger.latency(\.tpot, node: nil, now: 1)?.count == 1)
        #expect(ledger.latency(\.e2e, node: 0, now: 1)?.count == 1)
        #expect(ledger.latency(\.e2e, node: 1, now: 1) == nil)
    }

    @Test(arguments: [(Outcome.failed, 1, 0), (.cancelled, 0, 1)])
    func `what did not complete is waste, and its time is no end-to-end time`(
        outcome: Outcome, failed: UInt64, cancelled: UInt64
    ) {
        var ledger = Ledger(nodes: 1)
        ledger.settle(settlement(outcome), now: 1)
        ledger.settle(settlement(outcome) { $0.ttftNanoseconds = nil }, now: 1)
        let all = ledger.totals.spender.spending
        #expect(all.failed == 2 * failed && all.cancelled == 2 * cancelled && all.completed == 0)
        #expect(all.wastedTokens == 20 && all.dollars == 1 && all.waste.total == 1)
        // Without a first token nobody knows that the prompt was computed.
        #expect(all.promptTokens == 100)
        #expect(ledger.latency(\.e2e, node: nil, now: 1) == nil)
        #expect(ledger.latency(\.ttft, node: nil, now: 1)?.count == 1)
    }

    @Test func `a stream that went on elsewhere is waste only when it does not complete, then all of it`() {
        for (outcome, wasted) in [(Outcome.completed, UInt64(0)), (.cancelled, 20)] {
            var ledger = Ledger(nodes: 2)
            ledger.settle(settlement(.failed) { $0.isHandedOn = true }, now: 1)
            #expect(ledger.accounts[0].spender.spending.migratedAway == 1)
            #expect(ledger.totals.spender.spending.wastedTokens == 0)
            #expect(ledger.totals.spender.spending.failed == 0)
            ledger.settle(settlement(outcome) { $0.node = 1 }, now: 2)
            #expect(ledger.totals.spender.spending.wastedTokens == wasted)
            #expect(ledger.totals.spender.spending.outputTokens == 20)
        }
    }

    @Test func `a refusal and an attempt that was sent again are no ends of a request`() {
        var ledger = Ledger(nodes: 1)
        ledger.settle(
            settlement(.refused) {
                $0.node = -1
                $0.outputTokens = 0
            }, now: 1)
        ledger.settle(settlement(.failed) { $0.isRetry = true }, now: 1)
        ledger.settle(settlement { $0.node = 9 }, now: 1)
        let spending = ledger.accounts[0].spender.spending
        #expect(spending.retriedAway == 1 && spending.requests == 0)
        #expect(spending.promptTokens == 0 && spending.outputTokens == 0 && spending.dollars == 0.5)
        #expect(ledger.totals.spender.spending.completed == 1 && ledger.totals.spender.spending.failed == 0)
    }

    @Test func `rates come from samples, the hit rate from engines that tell`() {
        var ledger = Ledger(nodes: 1)
        for second in 0...20 {
            ledger.sample(streamed: [UInt64(second * 30)], now: Double(second))
            ledger.settle(settlement { $0.cachedTokens = second > 10 ? 50 : nil }, now: Double(second))
        }
        let account = ledger.accounts[0]
        #expect(account.outputTokensPerSecond == 30 && account.promptTokensPerSecond == 100)
        #expect(account.requestsPerSecond == 1)
        #expect(abs((account.prefixHitRate ?? 0) - 0.45) < 0.06)
        #expect(Ledger(nodes: 1).accounts[0].prefixHitRate == nil)
    }

    @Test func `the price of a million tokens`() throws {
        let price = try #require(dollarsPerMillionTokens(dollarsPerHour: 36, tokensPerSecond: 1000))
        #expect(abs(price - 10) < 1e-9)
        for (hour, rate) in [(nil, 1.0), (1.0, nil), (1.0, 0.0), (1.0, 0.001)] as [(Double?, Double?)] {
            #expect(dollarsPerMillionTokens(dollarsPerHour: hour, tokensPerSecond: rate) == nil)
        }
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func `requests that share a node share exactly the price of its busy time`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var clock = CostClock()
        clock.prepare(nodes: 2, now: 0)
        var now: UInt64 = 0
        var began: [Double] = []
        var cost = 0.0
        var busy = 0.0
        for _ in 0..<400 {
            let step = UInt64.random(in: 0...5_000_000_000, using: &random)
            now += step
            if !began.isEmpty { busy += Double(step) / 1e9 }
            let reading = clock.advance(1, dollarsPerHour: 7.2, active: began.count, now: now)
            if Bool.random(using: &random), let last = began.indices.randomElement(using: &random) {
                cost += reading - began.remove(at: last)
            } else {
                began.append(reading)
            }
        }
        let reading = clock.advance(1, dollarsPerHour: 7.2, active: began.count, now: now)
        for start in began { cost += reading - start }
        #expect(abs(cost - busy * 7.2 / 3600) < 1e-9)
        #expect(clock.advance(0, dollarsPerHour: nil, active: 3, now: now) == 0)
    }
}
