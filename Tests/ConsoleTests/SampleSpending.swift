import GatewayCore

/// Who spends in a made-up fleet: sums that fit its totals.
extension SampleFleet {
    /// Adds the spending of tenants, models, nodes and sessions.
    static func spend(_ snapshot: inout Snapshot) {
        guard !snapshot.nodes.isEmpty else { return }
        let all = row(.all, nil, share: 1, of: snapshot)
        let tenants = [("acme", 0.61), ("globex", 0.27), ("key 9f3c01d2", 0.08), (nil, 0.04)].map {
            row(.tenant, $0, share: $1, of: snapshot)
        }
        let nodes = snapshot.nodes.prefix(SpendingRow.limit).enumerated().map { index, node in
            row(.node, node.name, share: (0.7 + 0.6 * Double(noise(index, 21, 100)) / 100) / 8, of: snapshot)
        }.sorted { $0.hourlyDollars > $1.hourlyDollars }
        var rest = row(.session, nil, share: 0.22, of: snapshot)
        rest.others = 37
        snapshot.spending =
            [all] + tenants + [row(.model, "llama-3.3-70b-instruct", share: 1, of: snapshot)] + nodes
            + [row(.session, nil, share: 0.31, of: snapshot), rest]
        snapshot.sessions = sessions(of: snapshot)
    }

    private static func row(
        _ kind: SpendingRow.Kind, _ name: String?, share: Double, of snapshot: Snapshot
    ) -> SpendingRow {
        var row = SpendingRow()
        row.kind = kind
        row.name = name
        row.ended.completed = UInt64(share * 17_904)
        row.ended.cancelled = UInt64(share * 112)
        row.ended.failed = UInt64(share * 9)
        row.ended.retriedAway = UInt64(share * 4)
        row.ended.pricedAttempts = row.ended.requests + row.ended.retriedAway
        row.ended.promptTokens = UInt64(share * 31_204_000)
        row.ended.cachedTokens = UInt64(share * (name == "globex" ? 8_100_000 : 20_600_000))
        row.ended.outputTokens = UInt64(share * 4_812_330)
        row.ended.wastedTokens = UInt64(share * (name == "globex" ? 610_000 : 52_000))
        row.ended.dollars = share * snapshot.totals.dollars
        row.ended.waste.cancelled = row.ended.dollars * (name == "globex" ? 0.16 : 0.03)
        row.ended.waste.retried = row.ended.dollars * 0.004
        row.ended.waste.failed = row.ended.dollars * 0.01
        row.liveStreams = Int(share * 112)
        row.liveDollars = share * 0.21
        row.dollarsPerHour = share * 41.2
        row.hourlyDollars = share * 38.6
        row.today = share * 7.9
        row.minute = (0..<12).map { UInt64(share * Double(50_000 + noise($0, 31, 14_000))) }
        row.hour = (0..<12).map { UInt64(share * Double(2_400_000 + noise($0, 32, 1_100_000))) }
        return row
    }

    private static func sessions(of snapshot: Snapshot) -> [SessionRow] {
        (0..<9).map { index in
            var session = SessionRow()
            session.id = "agent-\(index)"
            session.tenant = ["acme", "globex"][index % 2]
            session.model = "llama-3.3-70b-instruct"
            session.spending = row(
                .session, session.id, share: 0.11 - 0.0105 * Double(index), of: snapshot)
            session.spending.liveStreams = index % 3 == 2 ? 0 : 9 - index
            session.ageSeconds = 754 - 61 * Double(index)
            session.idleSeconds = session.spending.liveStreams > 0 ? 0 : 40 + Double(index)
            session.visits = [1, 4].prefix(index % 2 + 1).map { step in
                var visit = SessionVisit()
                visit.node = snapshot.nodes[(index + step) % snapshot.nodes.count].name
                visit.tokens = 12_400 - 900 * index
                visit.cachedTokens = 9_800 - 800 * index
                visit.secondsAgo = 3 + 31 * Double(step - 1)
                return visit
            }
            var move = SessionMove()
            move.tokens = session.visits[0].tokens
            move.seconds = Double(move.tokens) / 22_000
            move.node = snapshot.nodes[(index + 2) % snapshot.nodes.count].name
            session.move = snapshot.nodes.count > 1 ? move : nil
            return session
        }
    }
}
