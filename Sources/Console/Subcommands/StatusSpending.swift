import GatewayCore

/// Who spends, in `status --json`. Dollars are null where no node with a price had a part in it.
enum StatusSpending {
    static func json(_ snapshot: Snapshot) -> JSONText {
        func rows(_ kind: SpendingRow.Kind) -> JSONText {
            .list(snapshot.spending.filter { $0.kind == kind }.map(row))
        }
        return .object([
            ("all", snapshot.allSpending.map(row) ?? .null), ("tenants", rows(.tenant)),
            ("models", rows(.model)), ("nodes", rows(.node)), ("sessionsNotListed", rows(.session)),
        ])
    }

    static func sessions(_ snapshot: Snapshot) -> JSONText { .list(snapshot.sessions.map(session)) }

    private static func row(_ row: SpendingRow) -> JSONText {
        .object([("name", JSONText(row.name))] + sums(row))
    }

    private static func sums(_ row: SpendingRow) -> [(String, JSONText)] {
        let ended = row.ended
        func money(_ value: Double) -> JSONText { JSONText(row.dollars == nil ? nil : value) }
        return [
            ("others", JSONText(row.others.map(Double.init))),
            ("dollars", JSONText(row.dollars)), ("dollarsPerHour", JSONText(row.rate)),
            ("todayDollars", money(row.today)),
            ("lastHourDollarsPerHour", money(row.hourlyDollars)),
            (
                "wastedDollars",
                .object([
                    ("cancelled", money(ended.waste.cancelled)), ("failed", money(ended.waste.failed)),
                    ("retried", money(ended.waste.retried)), ("moved", money(ended.waste.moved)),
                ])
            ),
            ("dollarsPerMillionUsefulTokens", JSONText(row.dollarsPerMillionUseful)),
            ("unpricedAttempts", JSONText(ended.unpricedAttempts)),
            ("openStreams", JSONText(row.liveStreams)),
            (
                "requests",
                .object([
                    ("completed", JSONText(ended.completed)), ("cancelled", JSONText(ended.cancelled)),
                    ("failed", JSONText(ended.failed)), ("retriedAway", JSONText(ended.retriedAway)),
                    ("migratedAway", JSONText(ended.migratedAway)),
                ])
            ),
            (
                "tokens",
                .object([
                    ("prompt", JSONText(ended.promptTokens)), ("cached", JSONText(ended.cachedTokens)),
                    ("output", JSONText(ended.outputTokens)), ("wasted", JSONText(ended.wastedTokens)),
                ])
            ),
        ]
    }

    private static func session(_ session: SessionRow) -> JSONText {
        .object(
            [
                ("id", .string(session.id)), ("parent", JSONText(session.parent)),
                ("tenant", JSONText(session.tenant)),
                ("model", .string(session.model)), ("ageSeconds", JSONText(session.ageSeconds)),
                ("idleSeconds", JSONText(session.idleSeconds)),
                ("warmOn", .list(session.visits.map(visit))), ("move", move(session.move)),
            ] + sums(session.spending).filter { $0.0 != "others" })
    }

    private static func visit(_ visit: SessionVisit) -> JSONText {
        .object([
            ("node", .string(visit.node)), ("tokens", JSONText(visit.tokens)),
            ("cachedTokens", JSONText(visit.cachedTokens.map(Double.init))),
            ("secondsAgo", JSONText(visit.secondsAgo)),
        ])
    }

    private static func move(_ move: SessionMove?) -> JSONText {
        guard let move else { return .null }
        return .object([
            ("node", .string(move.node)), ("tokens", JSONText(move.tokens)),
            ("seconds", JSONText(move.seconds)),
        ])
    }
}
