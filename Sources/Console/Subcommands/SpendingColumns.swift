import GatewayCore

/// Who spends, as columns. Dollars are empty where no node with a price had a part in it.
enum SpendingColumns {
    /// A tenant, a model, a session, or the sum of those that are not listed.
    struct Line {
        var sums: SpendingRow
        /// nil: it is no single session.
        var session: SessionRow?
        /// Where an operator pinned the session.
        var node: String?
    }

    typealias Columns = [(name: String, value: @Sendable (Line) -> String?)]

    static func lines(_ kind: SpendingRow.Kind, _ snapshot: Snapshot) -> [Line] {
        let rows = snapshot.spending.filter { $0.kind == kind }.map { Line(sums: $0) }
        guard kind == .session else { return rows }
        return snapshot.sessions.map {
            Line(sums: $0.spending, session: $0, node: snapshot.pin(of: $0.id)?.node)
        } + rows
    }

    static let named = name + sums
    static let ofSessions = session + sums

    private static let name: Columns = [("name", { $0.sums.name })]

    private static let session: Columns = [
        ("id", { $0.session?.id }),
        ("parent", { $0.session?.parent }),
        ("tenant", { $0.session?.tenant }),
        ("model", { $0.session?.model }),
        ("ageSeconds", { number($0.session?.ageSeconds) }),
        ("idleSeconds", { number($0.session?.idleSeconds) }),
        ("warmOn", { $0.session?.visits.first?.node }),
        ("warmTokens", { count($0.session?.visits.first?.tokens) }),
        ("pinnedTo", { $0.node }),
        ("moveNode", { $0.session?.move?.node }),
        ("moveTokens", { count($0.session?.move?.tokens) }),
        ("moveSeconds", { number($0.session?.move?.seconds) }),
    ]

    private static let sums: Columns = [
        ("others", { count($0.sums.others) }),
        ("dollars", { number($0.sums.dollars) }),
        ("dollarsPerHour", { number($0.sums.rate) }),
        ("todayDollars", { money($0, \.today) }),
        ("lastHourDollarsPerHour", { money($0, \.hourlyDollars) }),
        ("wastedCancelledDollars", { money($0, \.ended.waste.cancelled) }),
        ("wastedFailedDollars", { money($0, \.ended.waste.failed) }),
        ("wastedRetriedDollars", { money($0, \.ended.waste.retried) }),
        ("wastedMovedDollars", { money($0, \.ended.waste.moved) }),
        ("dollarsPerMillionUsefulTokens", { number($0.sums.dollarsPerMillionUseful) }),
        ("unpricedAttempts", { "\($0.sums.ended.unpricedAttempts)" }),
        ("openStreams", { "\($0.sums.liveStreams)" }),
        ("completed", { "\($0.sums.ended.completed)" }),
        ("cancelled", { "\($0.sums.ended.cancelled)" }),
        ("failed", { "\($0.sums.ended.failed)" }),
        ("retriedAway", { "\($0.sums.ended.retriedAway)" }),
        ("migratedAway", { "\($0.sums.ended.migratedAway)" }),
        ("promptTokens", { "\($0.sums.ended.promptTokens)" }),
        ("cachedTokens", { "\($0.sums.ended.cachedTokens)" }),
        ("outputTokens", { "\($0.sums.ended.outputTokens)" }),
        ("wastedTokens", { "\($0.sums.ended.wastedTokens)" }),
    ]

    private static func number(_ value: Double?) -> String? { CSVText<Line>.number(value) }
    private static func count(_ value: Int?) -> String? { value.map { "\($0)" } }

    private static func money(_ line: Line, _ value: KeyPath<SpendingRow, Double>) -> String? {
        line.sums.dollars == nil ? nil : number(line.sums[keyPath: value])
    }
}
