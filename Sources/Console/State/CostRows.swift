import GatewayCore

/// What the Cost view's rows are: one key goes on to the next.
package enum CostDimension: String, CaseIterable, Sendable {
    case tenant, model, node, session

    package var kind: SpendingRow.Kind {
        switch self {
        case .tenant: .tenant
        case .model: .model
        case .node: .node
        case .session: .session
        }
    }
}

/// Who spends, the one with the most dollars of the last hour first; the rest, as one row, is the last.
package func visibleSpenders(_ snapshot: Snapshot, _ state: ScreenState) -> [SpendingRow] {
    let filter = NodeFilter(state.activeFilter)
    let kind = state.costBy.kind
    let sessions = kind == .session ? snapshot.sessions.map(\.spending) : []
    return (sessions + snapshot.spending.filter { $0.kind == kind }).filter {
        filter.matches(words: [$0.title])
    }
}

/// Sessions by the same order.
package func visibleSessions(_ snapshot: Snapshot, _ state: ScreenState) -> [SessionRow] {
    let filter = NodeFilter(state.activeFilter)
    return snapshot.sessions.filter { session in
        filter.matches(
            words: [session.id, session.tenant ?? "", session.model] + session.visits.map(\.node))
    }
}

extension SpendingRow {
    package var title: String {
        if let others { return NumberText.count(others) + (others == 1 ? " other" : " others") }
        return name ?? (kind == .all ? "ALL" : "(no \(kind.rawValue))")
    }

    /// Of the dollars of ended requests, 0...1; nil: nothing was spent.
    var wasteShare: Double? { ended.dollars > 0 ? ended.waste.total / ended.dollars : nil }

    /// Found in the prefix cache, 0...1.
    var cachedShare: Double? {
        ended.promptTokens > 0 ? Double(ended.cachedTokens) / Double(ended.promptTokens) : nil
    }

    /// Dollars for a million output tokens of streams that completed; nil: no price, or no such token.
    var dollarsPerMillionUseful: Double? {
        guard ended.pricedAttempts > 0, ended.usefulTokens > 0 else { return nil }
        return ended.dollars / Double(ended.usefulTokens) * 1e6
    }

    /// Dollars an hour over the last minute; nil: there is no price.
    var rate: Double? { dollars == nil ? nil : dollarsPerHour }

    /// Since midnight UTC, open streams included; nil: there is no price.
    var todayDollars: Double? { dollars == nil ? nil : today }

    /// What 24 hours cost at the last hour's rate.
    var dayForecast: Double? { dollars == nil ? nil : hourlyDollars * 24 }
}

extension Snapshot {
    /// All together; nil: no request has ended and none is open.
    package var allSpending: SpendingRow? { spending.first { $0.kind == .all } }
}
