/// Tokens, money and latency by node and in all, from settlements. Owned by control.
package struct Ledger: Sendable {
    /// What one node did.
    package struct Account: Sendable {
        package var ttft = RollingHistogram()
        package var tpot = RollingHistogram()
        package var e2e = RollingHistogram()
        package var spender = Spender()
        var outputRate = RateWindow()
        var promptRate = RateWindow()
        var cachedRate = RateWindow()
        var requestRate = RateWindow()

        fileprivate var byteCount: Int {
            MemoryLayout<Account>.stride + ttft.byteCount + tpot.byteCount + e2e.byteCount
        }

        package var requestsPerSecond: Double? { requestRate.rate }
        package var outputTokensPerSecond: Double? { outputRate.rate }
        package var promptTokensPerSecond: Double? { promptRate.rate }

        /// Cached share of prompt tokens over the rate window; nil when the engine does not tell.
        package var prefixHitRate: Double? {
            guard spender.spending.cachedTokens > 0, let prompt = promptRate.rate, prompt > 0,
                let cached = cachedRate.rate
            else {
                return nil
            }
            return min(1, cached / prompt)
        }
    }

    /// Tenants and sessions come with requests, so their tables are bounded; the fleet bounds the other two.
    static let tenantLimit = 256
    static let sessionLimit = 4096
    static let modelLimit = 256
    /// Streams that went on elsewhere and have not ended; beyond, what they cost before is not told to be waste.
    private static let handedOnLimit = 4096

    package private(set) var accounts: [Account]
    package private(set) var totals = Account()
    package private(set) var tenants: SpenderTable
    package private(set) var models: SpenderTable
    package private(set) var sessions: SpenderTable
    private var forgottenTold = 0
    private var handedOn: [UInt64: [HandedOn]] = [:]
    /// Monotonic seconds of the last sample of the rates.
    private var sampledAt = -Double.infinity
    /// Monotonic seconds.
    package let start: Double

    /// The memory of its histograms, accounts and tables.
    package var byteCount: Int {
        accounts.reduce(totals.byteCount) { $0 + $1.byteCount } + tenants.byteCount + models.byteCount
            + sessions.byteCount
    }

    /// - Parameter now: monotonic seconds.
    package init(
        nodes: Int, now: Double = 0, tenantLimit: Int = tenantLimit, sessionLimit: Int = sessionLimit
    ) {
        start = now
        accounts = Array(repeating: Account(), count: nodes)
        tenants = SpenderTable(limit: tenantLimit)
        models = SpenderTable(limit: Self.modelLimit)
        sessions = SpenderTable(limit: sessionLimit)
    }

    /// - Parameters:
    ///   - isPriced: its node has a price.
    ///   - now: monotonic seconds.
    package mutating func settle(_ settlement: Settlement, isPriced: Bool = true, now: Double) {
        // What the gateway refused was on no node, and a flood of it must not push others out of the tables.
        guard settlement.outcome != .refused else { return }
        let node = accounts.indices.contains(Int(settlement.node)) ? Int(settlement.node) : nil
        if let node { Self.time(settlement, in: &accounts[node], now: now) }
        Self.time(settlement, in: &totals, now: now)
        let isPriced = node == nil ? nil : isPriced
        update(settlement.payers, node: node, now: now) { spender in
            spender.lastSeen = now
            spender.spending.book(settlement, isPriced: isPriced)
        }
        if settlement.payers.session != 0 {
            sessions.update(settlement.payers.session, now: now) { $0.trail.note(settlement, now: now) }
        }
        carry(settlement, node: node, now: now)
    }

    /// Changes all that a payer's dollars are booked on.
    private mutating func update(
        _ payers: Payers, node: Int?, now: Double, _ change: (inout Spender) -> Void
    ) {
        change(&totals.spender)
        if let node { change(&accounts[node].spender) }
        tenants.update(payers.tenant, now: now, change)
        models.update(payers.modelKey, now: now) { spender in
            if !payers.model.isEmpty { spender.name = payers.model }
            change(&spender)
        }
        sessions.update(payers.session, now: now) { spender in
            if payers.parent != 0, payers.parent != payers.session { spender.trail.parent = payers.parent }
            change(&spender)
        }
    }

    /// A session and all that it began, by what their requests said.
    package func family(of session: UInt64) -> Set<UInt64> {
        let children = Dictionary(grouping: sessions.rows) { $0.value.trail.parent }.mapValues {
            $0.map(\.key)
        }
        var family: Set<UInt64> = [session]
        var next = [session]
        while let parent = next.popLast() {
            for child in children[parent] ?? [] where family.insert(child).inserted { next.append(child) }
        }
        return family
    }

    /// What a stream cost before it went on elsewhere is waste when it does not complete there.
    private mutating func carry(_ settlement: Settlement, node: Int?, now: Double) {
        guard !settlement.isRetry else { return }
        guard settlement.isHandedOn else {
            let parts = handedOn.removeValue(forKey: settlement.stream) ?? []
            guard settlement.outcome != .completed else { return }
            for part in parts {
                update(settlement.payers, node: part.node, now: now) { $0.spending.writeOff(part) }
            }
            return
        }
        guard let node, handedOn.count < Self.handedOnLimit || handedOn[settlement.stream] != nil else {
            return
        }
        handedOn[settlement.stream, default: []].append(
            HandedOn(node: node, dollars: settlement.dollars, tokens: UInt64(settlement.outputTokens)))
    }

    /// The times of a request that got as far as having some.
    private static func time(_ settlement: Settlement, in account: inout Account, now: Double) {
        guard !settlement.isRetry else { return }
        if let ttft = settlement.ttftNanoseconds { account.ttft.record(nanoseconds: ttft, now: now) }
        if let tpot = settlement.tpotNanoseconds { account.tpot.record(nanoseconds: tpot, now: now) }
        if settlement.outcome == .completed {
            account.e2e.record(nanoseconds: settlement.e2eNanoseconds, now: now)
        }
    }

    /// Takes a sample of every rate, twice a second.
    /// - Parameter streamed: tokens that each node has streamed so far, those of unfinished streams included.
    package mutating func sample(streamed: @autoclosure () -> [UInt64], now: Double) {
        guard now - sampledAt >= RateWindow.spacing else { return }
        sampledAt = now
        let streamed = streamed()
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
        let spending = account.spender.spending
        account.promptRate.add(total: Double(spending.promptTokens), now: now)
        account.cachedRate.add(total: Double(spending.cachedTokens), now: now)
        account.requestRate.add(total: Double(spending.requests), now: now)
    }

    // MARK: who pays

    package mutating func name(_ name: PayerName) {
        switch name.kind {
        case .tenant: tenants.name(name.hash, name.name)
        case .session: sessions.name(name.hash, name.name)
        }
    }

    /// Books what streams that have not ended have cost so far, in place of what was booked so before.
    /// - Parameter day: Unix days, in UTC.
    package mutating func book(live streams: [LiveStream], now: Double, day: Int) {
        forgetLive()
        for stream in streams {
            update(stream.payers, node: stream.node, now: now) { spender in
                spender.lastSeen = now
                spender.live.streams += 1
                spender.live.dollars += stream.dollars ?? 0
            }
            if let name = stream.tenant { tenants.name(stream.payers.tenant, name) }
            if let name = stream.session { sessions.name(stream.payers.session, name) }
        }
        for index in accounts.indices { accounts[index].spender.tally(now: now, day: day) }
        totals.spender.tally(now: now, day: day)
        tenants.tally(now: now, day: day)
        models.tally(now: now, day: day)
        sessions.tally(now: now, day: day)
    }

    private mutating func forgetLive() {
        for index in accounts.indices { accounts[index].spender.live = LiveSpending() }
        totals.spender.live = LiveSpending()
        tenants.forgetLive()
        models.forgetLive()
        sessions.forgetLive()
    }

    /// Names of tenants or sessions were forgotten since this was asked last.
    package mutating func takeForgotten() -> Bool {
        let all = tenants.othersCount + sessions.othersCount
        defer { forgottenTold = all }
        return all != forgottenTold
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
