/// What one tenant, model, node or session spends, or all of them, or those that are not listed.
package struct SpendingRow: Codable, Sendable, Equatable {
    package enum Kind: String, Codable, Sendable, CaseIterable {
        case all, tenant, model, node, session
    }

    /// Rows of one kind that are listed.
    package static let limit = 64

    package var kind = Kind.all
    /// nil: requests that name none, or the rest.
    package var name: String?
    /// The row is the sum of so many that are not listed; nil: it is one.
    package var others: Int?
    /// Of requests that have ended, since the gateway began.
    package var ended = Spending()
    /// Streams that have not, as far as they are listed, and what they cost so far.
    package var liveStreams = 0
    package var liveDollars = 0.0
    /// Dollars since midnight UTC, or since the gateway began where that is later.
    package var today = 0.0
    /// Over the last minute.
    package var dollarsPerHour = 0.0
    /// Over the last hour, or since the gateway began.
    package var hourlyDollars = 0.0
    /// Millionths of a dollar by slots of `RecentDollars`: of the last minute and the last hour, the oldest first.
    package var minute: [UInt64] = []
    package var hour: [UInt64] = []

    package init() {}

    /// Since the gateway began, open streams included; nil: no node with a price had a part in it.
    package var dollars: Double? {
        ended.pricedAttempts > 0 || liveDollars > 0 ? ended.dollars + liveDollars : nil
    }
    /// Nodes without a price had a part in it.
    package var isPartlyUnpriced: Bool { ended.unpricedAttempts > 0 }

    /// Takes in the sums of another one.
    package mutating func add(_ other: SpendingRow) {
        ended.add(other.ended)
        liveStreams += other.liveStreams
        liveDollars += other.liveDollars
        today += other.today
        dollarsPerHour += other.dollarsPerHour
        hourlyDollars += other.hourlyDollars
        for (place, value) in other.minute.enumerated() where place < minute.count { minute[place] += value }
        for (place, value) in other.hour.enumerated() where place < hour.count { hour[place] += value }
    }

    /// Tells rows of a snapshot apart.
    struct ID: Hashable, Sendable {
        var kind: Kind
        var name: String?
        var isRest: Bool
    }
    var id: ID { ID(kind: kind, name: name, isRest: others != nil) }
}

/// One agent's workflow.
package struct SessionRow: Codable, Sendable, Equatable {
    package var id = ""
    /// The session that it is a child of; nil: it named none, or the ledger does not know that one any more.
    package var parent: String?
    package var tenant: String?
    package var model = ""
    package var spending = SpendingRow()
    package var ageSeconds = 0.0
    /// Since its last request ended or was seen open.
    package var idleSeconds = 0.0
    /// Nodes that computed its last prompts, the last one first.
    package var visits: [SessionVisit] = []
    /// What its next request would take longer on another node; nil: nothing is known of it, or no other node could take it.
    package var move: SessionMove?

    package init() {}
}

/// A node that computed a prompt of a session.
package struct SessionVisit: Codable, Sendable, Equatable {
    package var node = ""
    /// Of the prompt and its answer: what the node's cache held then.
    package var tokens = 0
    /// Of the prompt: found there in the cache; nil: the engine did not tell.
    package var cachedTokens: Int?
    package var secondsAgo = 0.0
    package init() {}
}

/// What a session loses by going to another node.
package struct SessionMove: Codable, Sendable, Equatable {
    /// To be prefilled again.
    package var tokens = 0
    /// By what routing has learned of the node's speed.
    package var seconds = 0.0
    /// The fastest of the others.
    package var node = ""
    package init() {}
}
