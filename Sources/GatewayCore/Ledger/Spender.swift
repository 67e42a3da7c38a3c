/// One that money is spent on: a tenant, a model, a session, a node, or all of them.
package struct Spender: Sendable {
    /// nil: it stands for requests that name none.
    package var name: String?
    package var spending = Spending()
    /// Of its streams that have not ended, as far as they are listed.
    package var live = LiveSpending()
    package var minute = RecentDollars(slotSeconds: 5)
    package var hour = RecentDollars(slotSeconds: 300)
    /// Dollars of the day that it was told of last.
    package private(set) var today = 0.0
    private var day = 0
    /// Monotonic seconds.
    package var firstSeen = 0.0
    package var lastSeen = 0.0
    /// What is remembered of a session's last prompts.
    package var trail = SessionTrail()
    /// Dollars that `minute`, `hour` and `today` have been told of.
    private var counted = 0.0

    package init() {}

    /// - Parameter key: what its name is told for later; 0: it has none.
    init(key: UInt64, now: Double) {
        if key != 0 { name = "#" + String(key & 0xFFFF_FFFF, radix: 16) }
        firstSeen = now
        lastSeen = now
    }

    /// Streams that have not ended are in it.
    package var dollars: Double { spending.dollars + live.dollars }

    /// Tells the windows what was spent since they were told last.
    /// - Parameter day: Unix days, in UTC.
    mutating func tally(now: Double, day: Int) {
        if day != self.day { (self.day, today) = (day, 0) }
        let new = dollars - counted
        guard new != 0 else { return }
        minute.add(new, now: now)
        hour.add(new, now: now)
        today += new
        counted += new
    }

    /// Takes in the sums of another one.
    mutating func absorb(_ other: Spender) {
        spending.add(other.spending)
        live.streams += other.live.streams
        live.dollars += other.live.dollars
        minute.merge(other.minute)
        hour.merge(other.hour)
        today += other.today
        counted += other.counted
        lastSeen = max(lastSeen, other.lastSeen)
        firstSeen = min(firstSeen, other.firstSeen)
    }
}

/// Streams that have not ended.
package struct LiveSpending: Sendable, Equatable {
    package var streams = 0
    package var dollars = 0.0
}

/// A stream that has not ended, as the ledger gets it.
package struct LiveStream: Sendable {
    package var payers: Payers
    /// Index of the node; nil: none yet.
    package var node: Int?
    /// So far; nil: its node has no price.
    package var dollars: Double?
    /// The names of its payers; nil: it names none.
    package var tenant: String?
    package var session: String?
}

/// What is remembered of a session, to tell what it would lose on another node.
package struct SessionTrail: Sendable, Equatable {
    /// A node that computed one of its prompts.
    package struct Visit: Sendable, Equatable {
        package var node: Int
        /// Of the prompt and its answer: what the node's cache held then.
        package var tokens: Int
        /// Of the prompt: found there in the cache; nil: the engine did not tell.
        package var cachedTokens: Int?
        /// Monotonic seconds.
        package var time: Double
    }

    static let limit = 3
    package var model = ""
    /// Key of the tenant of its last request.
    package var tenant: UInt64 = 0
    /// Key of the session that it is a child of, as its last request that told one; 0: none did.
    package var parent: UInt64 = 0
    /// The last one first; each node once.
    package private(set) var visits: [Visit] = []

    mutating func note(_ settlement: Settlement, now: Double) {
        model = settlement.payers.model
        tenant = settlement.payers.tenant
        guard settlement.node >= 0, settlement.ttftNanoseconds != nil, settlement.promptTokens > 0 else {
            return
        }
        visits.removeAll { $0.node == Int(settlement.node) }
        visits.insert(
            Visit(
                node: Int(settlement.node),
                tokens: Int(settlement.promptTokens) + Int(settlement.outputTokens),
                cachedTokens: settlement.cachedTokens.map { Int($0) }, time: now), at: 0)
        if visits.count > Self.limit { visits.removeLast() }
    }
}
