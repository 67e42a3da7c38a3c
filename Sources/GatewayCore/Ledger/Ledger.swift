/// Tokens, money and latency by node and in all, from settlements. Owned by control.
package struct Ledger: Sendable {
    /// What one node did.
    package struct Account: Sendable {
        package var ttft = RollingHistogram()
        package var tpot = RollingHistogram()
        package var e2e = RollingHistogram()
        package var completed: UInt64 = 0
        package var failed: UInt64 = 0
        package var cancelled: UInt64 = 0
        package var retriedAway: UInt64 = 0
        /// Streams that another node went on with.
        package var migratedAway: UInt64 = 0
        package var promptTokens: UInt64 = 0
        package var cachedTokens: UInt64 = 0
        package var outputTokens: UInt64 = 0
        var outputRate = RateWindow()
        var promptRate = RateWindow()
        var cachedRate = RateWindow()
        var requestRate = RateWindow()

        package var requestsPerSecond: Double? { requestRate.rate }
        package var outputTokensPerSecond: Double? { outputRate.rate }
        package var promptTokensPerSecond: Double? { promptRate.rate }

        /// Cached share of prompt tokens over the rate window; nil when the engine does not tell.
        package var prefixHitRate: Double? {
            guard cachedTokens > 0, let prompt = promptRate.rate, prompt > 0, let cached = cachedRate.rate
            else {
                return nil
            }
            return min(1, cached / prompt)
        }
    }

    package private(set) var accounts: [Account]
    package private(set) var totals = Account()
    package private(set) var wastedTokens: UInt64 = 0
    package private(set) var dollars = 0.0

    /// The memory of its histograms and accounts.
    package var byteCount: Int {
        (accounts + [totals]).reduce(0) {
            $0 + MemoryLayout<Account>.stride + $1.ttft.byteCount + $1.tpot.byteCount + $1.e2e.byteCount
        }
    }

    package init(nodes: Int) { accounts = Array(repeating: Account(), count: nodes) }

    /// - Parameter now: monotonic seconds.
    package mutating func settle(_ settlement: Settlement, now: Double) {
        dollars += settlement.dollars
        if settlement.node >= 0, Int(settlement.node) < accounts.count {
            Self.book(settlement, into: &accounts[Int(settlement.node)], now: now)
        }
        Self.book(settlement, into: &totals, now: now)
        if settlement.outcome != .completed, !settlement.isHandedOn {
            wastedTokens += UInt64(settlement.outputTokens) + UInt64(settlement.carriedTokens)
        }
    }

    private static func book(_ settlement: Settlement, into account: inout Account, now: Double) {
        if settlement.isRetry {
            account.retriedAway += 1
            return
        }
        switch settlement.outcome {
        case _ where settlement.isHandedOn: account.migratedAway += 1
        case .completed: account.completed += 1
        case .failed: account.failed += 1
        case .cancelled: account.cancelled += 1
        case .refused: return
        }
        account.outputTokens += UInt64(settlement.outputTokens)
        if let cached = settlement.cachedTokens { account.cachedTokens += UInt64(cached) }
        if settlement.ttftNanoseconds != nil || settlement.outcome == .completed {
            account.promptTokens += UInt64(settlement.promptTokens)
        }
        if let ttft = settlement.ttftNanoseconds { account.ttft.record(nanoseconds: ttft, now: now) }
        if let tpot = settlement.tpotNanoseconds { account.tpot.record(nanoseconds: tpot, now: now) }
        if settlement.outcome == .completed {
            account.e2e.record(nanoseconds: settlement.e2eNanoseconds, now: now)
        }
    }

    /// Takes a sample of every rate; called a few times a second.
    /// - Parameter streamed: tokens that each node has streamed so far, those of unfinished streams included.
    package mutating func sample(streamed: [UInt64], now: Double) {
        var all: UInt64 = 0
        for index in accounts.indices {
            let tokens = index < streamed.count ? streamed[index] : 0
            all += tokens
            Self.sample(&accounts[index], streamed: tokens, now: now)
        }
        Self.sample(&totals, streamed: all, now: now)
    }

    private static func sample(_ account: inout Account, streamed: UInt64, now: Double) {
        account.outputRate.add(total: Double(streamed), now: now)
        account.promptRate.add(total: Double(account.promptTokens), now: now)
        account.cachedRate.add(total: Double(account.cachedTokens), now: now)
        account.requestRate.add(
            total: Double(account.completed + account.failed + account.cancelled), now: now)
    }

    package mutating func latency(
        _ path: WritableKeyPath<Account, RollingHistogram>, node: Int?, now: Double
    ) -> LatencySummary? {
        if let node { return accounts[node][keyPath: path].window(now: now).summary }
        return totals[keyPath: path].window(now: now).summary
    }
}

/// What a million output tokens cost at a rate.
/// - Returns: nil where the price is unknown or nothing is generated.
package func dollarsPerMillionTokens(dollarsPerHour: Double?, tokensPerSecond: Double?) -> Double? {
    guard let dollarsPerHour, let tokensPerSecond, tokensPerSecond > 0.01 else { return nil }
    return dollarsPerHour / 3600 / tokensPerSecond * 1e6
}
