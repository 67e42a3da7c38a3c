import Testing

@testable import GatewayCore

/// One thing that may happen to a ledger.
private struct Happening {
    var settlement: Settlement
    var isPriced: Bool

    /// Requests that end in every way, of twenty tenants, sixty sessions and three models, some of none.
    static func random(_ random: inout SplitMix64) -> Happening {
        func roll(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
        let outcome = [Outcome.completed, .completed, .failed, .cancelled, .refused][roll(0...4)]
        var payers = Payers()
        payers.tenant = UInt64(roll(0...20))
        payers.session = UInt64(roll(0...60))
        payers.model = ["", "one", "two", "three"][roll(0...3)]
        let node = roll(0...4)
        var settlement = Settlement(
            stream: UInt64(roll(1...40)), node: Int32(node), outcome: outcome, payers: payers,
            ttftNanoseconds: roll(0...3) > 0 ? 1_000_000 : nil, tpotNanoseconds: nil, e2eNanoseconds: 5,
            promptTokens: UInt32(roll(1...5_000)), promptTokensEstimated: false, predictedCachedTokens: 0,
            cachedTokens: roll(0...1) > 0 ? 64 : nil, outputTokens: UInt32(roll(0...900)),
            // Quarters, so that sums are exact in whatever order.
            dollars: Double(roll(0...64)) / 4)
        if outcome == .failed { settlement.isRetry = roll(0...2) == 0 }
        if outcome == .failed, !settlement.isRetry { settlement.isHandedOn = roll(0...1) == 0 }
        if outcome == .refused { settlement.node = -1 }
        return Happening(settlement: settlement, isPriced: node != 4)
    }
}

extension SpenderTable {
    fileprivate var sum: Spending {
        rows.values.reduce(into: others.spending) { $0.add($1.spending) }
    }
}

struct SpendingTests {
    private func ended(
        _ tenant: UInt64, session: UInt64 = 0, node: Int32 = 0, _ outcome: Outcome = .completed,
        dollars: Double = 1, stream: UInt64 = 1
    ) -> Settlement {
        var payers = Payers()
        (payers.tenant, payers.session, payers.model) = (tenant, session, "m")
        return Settlement(
            stream: stream, node: node, outcome: outcome, payers: payers, ttftNanoseconds: 1,
            e2eNanoseconds: 1,
            promptTokens: 100, promptTokensEstimated: false, predictedCachedTokens: 0, cachedTokens: 60,
            outputTokens: 10, dollars: dollars)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `tenants, models, sessions and nodes each sum up to all, whatever happens and was forgotten`(
        seed: UInt64
    ) {
        var random = SplitMix64(seed: seed)
        var ledger = Ledger(nodes: 5, now: 0, tenantLimit: 8, sessionLimit: 16)
        var dollars = 0.0
        for step in 1...600 {
            let happening = Happening.random(&random)
            if happening.settlement.outcome != .refused { dollars += happening.settlement.dollars }
            ledger.settle(happening.settlement, isPriced: happening.isPriced, now: Double(step))
            #expect(ledger.tenants.rows.count <= 8 && ledger.sessions.rows.count <= 16)
        }
        let all = ledger.totals.spender.spending
        #expect(ledger.tenants.sum == all && ledger.models.sum == all && ledger.sessions.sum == all)
        #expect(ledger.accounts.reduce(into: Spending()) { $0.add($1.spender.spending) } == all)
        #expect(all.dollars == dollars && all.waste.total <= dollars && all.waste.total > 0)
        #expect(all.wastedTokens <= all.outputTokens && all.unpricedAttempts > 0)
        #expect(ledger.tenants.othersCount > 0 && ledger.sessions.othersCount > 0)
        #expect(ledger.tenants.others.spending.dollars > 0)
    }

    @Test func `what is spent today begins anew at midnight`() {
        var ledger = Ledger(nodes: 2)
        ledger.book(live: [live(session: 1, dollars: 2)], now: 10, day: 3)
        ledger.book(live: [live(session: 1, dollars: 3)], now: 11, day: 3)
        #expect(ledger.totals.spender.today == 3)
        ledger.book(live: [live(session: 1, dollars: 3)], now: 12, day: 4)
        #expect(ledger.totals.spender.today == 0 && ledger.totals.spender.dollars == 3)
        ledger.book(live: [live(session: 1, dollars: 3.5)], now: 13, day: 4)
        #expect(ledger.totals.spender.today == 0.5)
        #expect(ledger.sessions.rows.values.map(\.today) == [0.5])
    }

    @Test func `waste is told by its cause, and a moved stream's when it does not complete`() {
        var ledger = Ledger(nodes: 2)
        var retry = ended(1, .failed, dollars: 2)
        retry.isRetry = true
        ledger.settle(retry, now: 1)
        ledger.settle(ended(1, .cancelled, dollars: 4), now: 1)
        ledger.settle(ended(1, .failed, dollars: 8), now: 1)
        for (stream, outcome) in [(7, Outcome.completed), (8, .cancelled)] as [(UInt64, Outcome)] {
            var part = ended(1, .failed, dollars: 16, stream: stream)
            part.isHandedOn = true
            ledger.settle(part, now: 1)
            ledger.settle(ended(1, node: 1, outcome, dollars: 32, stream: stream), now: 2)
        }
        let waste = ledger.totals.spender.spending.waste
        #expect(waste.retried == 2 && waste.failed == 8 && waste.cancelled == 4 + 32 && waste.moved == 16)
        #expect(ledger.accounts[0].spender.spending.waste.moved == 16, "where it was spent")
        let tenant = ledger.tenants.rows[1]?.spending
        #expect(tenant == ledger.totals.spender.spending)
        #expect(tenant?.wastedTokens == 40 && tenant?.usefulTokens == 20)
        #expect(tenant?.requests == 4 && tenant?.retriedAway == 1 && tenant?.migratedAway == 2)
    }

    @Test func `where there is no room the quarter seen longest ago goes, but none with an open stream`() {
        var ledger = Ledger(nodes: 1, sessionLimit: 8)
        for session in 1...8 as ClosedRange<UInt64> {
            ledger.settle(ended(0, session: session), now: Double(session))
        }
        ledger.book(live: [live(session: 1, dollars: 0.5)], now: 9, day: 3)
        let forgotBefore = ledger.takeForgotten()
        ledger.settle(ended(0, session: 9), now: 10)
        #expect(Set(ledger.sessions.rows.keys) == [1, 4, 5, 6, 7, 8, 9])
        #expect(ledger.sessions.othersCount == 2 && ledger.sessions.others.spending.dollars == 2)
        let (forgot, forgotAgain) = (ledger.takeForgotten(), ledger.takeForgotten())
        #expect(!forgotBefore && forgot && !forgotAgain)
        ledger.settle(ended(0, session: 2, dollars: 5), now: 11)
        #expect(ledger.sessions.rows[2]?.spending.dollars == 5, "it begins anew")
    }

    @Test func `a refused request opens no row`() {
        var ledger = Ledger(nodes: 1)
        ledger.settle(ended(3, session: 3, node: -1, .refused, dollars: 0), now: 1)
        #expect(ledger.tenants.rows.isEmpty && ledger.sessions.rows.isEmpty)
    }

    private func live(session: UInt64, dollars: Double?) -> LiveStream {
        var payers = Payers()
        payers.session = session
        payers.tenant = 5
        return LiveStream(payers: payers, node: 0, dollars: dollars, tenant: "acme", session: "s\(session)")
    }

    @Test func `open streams cost before they end, and nothing is counted twice`() {
        var ledger = Ledger(nodes: 1)
        ledger.book(live: [live(session: 1, dollars: 2), live(session: 2, dollars: nil)], now: 10, day: 3)
        ledger.book(live: [live(session: 1, dollars: 3), live(session: 2, dollars: nil)], now: 11, day: 3)
        #expect(ledger.totals.spender.dollars == 3 && ledger.totals.spender.live.streams == 2)
        #expect(ledger.tenants.rows[5]?.name == "acme" && ledger.sessions.rows[1]?.name == "s1")
        ledger.settle(ended(5, session: 1, dollars: 4), now: 12)
        ledger.book(live: [live(session: 2, dollars: nil)], now: 12, day: 3)
        for spender in [ledger.totals.spender, ledger.accounts[0].spender] + ledger.tenants.rows.values {
            #expect(spender.dollars == 4 && spender.live == LiveSpending(streams: 1, dollars: 0))
            #expect(spender.minute.values(now: 12).reduce(0, +) == 4)
            #expect(spender.hour.values(now: 12).reduce(0, +) == 4)
        }
    }

    @Test func `a window has the dollars of its time, and a rate since its beginning`() {
        var window = RecentDollars(slotSeconds: 5)
        for second in 0..<120 { window.add(0.01, now: 1_000 + Double(second)) }
        let now = 1_119.9
        #expect(abs(window.values(now: now).reduce(0, +) - 0.6) < 0.011)
        #expect(abs(window.perHour(now: now, since: 0) - 36) < 0.7)
        #expect(abs(window.values(now: now + 30).reduce(0, +) - 0.3) < 0.06)
        #expect(window.values(now: now + 61) == Array(repeating: 0, count: 12))
        #expect(window.values(now: now).count == RecentDollars.slots)
        var young = RecentDollars(slotSeconds: 300)
        young.add(2, now: 1_010)
        #expect(young.perHour(now: 1_010, since: 1_000) == 720, "over the ten seconds that there are")
        var merged = RecentDollars(slotSeconds: 300)
        merged.add(1, now: 10)
        merged.merge(young)
        #expect(merged.values(now: 1_010).reduce(0, +) == 3)
    }

    @Test func `a session's trail has the last node first, each once, three at most`() {
        var ledger = Ledger(nodes: 5)
        for (step, node) in [0, 1, 2, 0, 3].enumerated() as EnumeratedSequence<[Int32]> {
            ledger.settle(ended(9, session: 4, node: node), now: Double(step))
        }
        ledger.settle(ended(9, session: 4, node: -1, .cancelled), now: 9)
        let trail = ledger.sessions.rows[4]?.trail
        #expect(trail?.visits.map(\.node) == [3, 0, 2] && trail?.tenant == 9 && trail?.model == "m")
        #expect(trail?.visits.first?.tokens == 110 && trail?.visits.first?.cachedTokens == 60)
        #expect(ledger.sessions.rows[0] == nil)
    }
}
