/// Who spends, out of the ledger's tables.
extension ControlLoop {
    /// Brings the ledger up to the streams that are open.
    mutating func bookLive(_ reports: [LoopReport]) {
        let indices = Dictionary(
            nodes.map { ($0.name, $0.index) }, uniquingKeysWith: { first, _ in first })
        var streams: [LiveStream] = []
        for report in reports {
            for (status, payers) in zip(report.streams, report.payers) {
                guard let payers else { continue }
                streams.append(
                    LiveStream(
                        payers: payers, node: status.node.flatMap { indices[$0] }, dollars: status.dollars,
                        tenant: status.tenant, session: status.session))
            }
        }
        ledger.book(live: streams, now: seconds, day: Int(unixNow / 86_400))
    }

    func spendingRows() -> [SpendingRow] {
        let accounts = ledger.accounts.indices.map { index in
            var spender = ledger.accounts[index].spender
            spender.name = nodes[index].name
            return spender
        }
        return [row(ledger.totals.spender, .all)] + rows(ledger.tenants, .tenant)
            + rows(ledger.models, .model)
            + rows(accounts.filter { $0.lastSeen > 0 }, (Spender(), 0), .node) + restOfSessions()
    }

    private func rows(_ table: SpenderTable, _ kind: SpendingRow.Kind) -> [SpendingRow] {
        rows(Array(table.rows.values), (table.others, table.othersCount), kind)
    }

    /// Those with the most, then the rest as one row.
    private func rows(
        _ spenders: [Spender], _ forgotten: (sum: Spender, count: Int), _ kind: SpendingRow.Kind
    ) -> [SpendingRow] {
        let ranked = ranked(spenders)
        let listed = ranked.prefix(SpendingRow.limit).map { row($0, kind) }
        return listed + (rest(ranked.dropFirst(SpendingRow.limit), forgotten, kind).map { [$0] } ?? [])
    }

    /// nil: none is left out.
    private func rest(
        _ left: ArraySlice<Spender>, _ forgotten: (sum: Spender, count: Int), _ kind: SpendingRow.Kind
    ) -> SpendingRow? {
        guard !left.isEmpty || forgotten.count > 0 else { return nil }
        var rest = forgotten.sum
        for spender in left { rest.absorb(spender) }
        var row = row(rest, kind)
        row.others = left.count + forgotten.count
        return row
    }

    /// By dollars of the last hour, then by tokens, where there is no price.
    private func ranked(_ spenders: [Spender]) -> [Spender] {
        spenders.map { spender in
            let tokens = spender.spending.promptTokens + spender.spending.outputTokens
            return (
                spender: spender, dollars: spender.hour.values(now: seconds).reduce(0, +), tokens: tokens
            )
        }
        .sorted {
            if $0.dollars != $1.dollars { return $0.dollars > $1.dollars }
            return $0.tokens != $1.tokens
                ? $0.tokens > $1.tokens : ($0.spender.name ?? "") < ($1.spender.name ?? "")
        }.map(\.spender)
    }

    private func row(_ spender: Spender, _ kind: SpendingRow.Kind) -> SpendingRow {
        var row = SpendingRow()
        row.kind = kind
        row.name = spender.name
        row.ended = spender.spending
        row.liveStreams = spender.live.streams
        row.liveDollars = spender.live.dollars
        row.today = spender.today
        row.dollarsPerHour = spender.minute.perHour(now: seconds, since: ledger.start)
        row.hourlyDollars = spender.hour.perHour(now: seconds, since: ledger.start)
        row.minute = spender.minute.values(now: seconds).map { UInt64($0 * 1e6) }
        row.hour = spender.hour.values(now: seconds).map { UInt64($0 * 1e6) }
        return row
    }

    // MARK: sessions

    private var rankedSessions: [Spender] {
        ranked(ledger.sessions.rows.filter { $0.key != 0 }.map(\.value))
    }

    /// Requests without a session, and sessions that are not listed.
    private func restOfSessions() -> [SpendingRow] {
        let table = ledger.sessions
        let none = table.rows[0].map { row($0, .session) }
        let left = rankedSessions.dropFirst(SpendingRow.limit)
        return [none, rest(left, (table.others, table.othersCount), .session)].compactMap { $0 }
    }

    func sessionRows() -> [SessionRow] {
        let listed = rankedSessions.prefix(SpendingRow.limit)
        let fastest = listed.isEmpty ? [:] : fastestNodes()
        return listed.map { spender in
            var row = SessionRow()
            row.id = spender.name ?? ""
            row.parent = ledger.sessions.rows[spender.trail.parent]?.name
            row.tenant = ledger.tenants.rows[spender.trail.tenant]?.name
            row.model = spender.trail.model
            row.spending = self.row(spender, .session)
            row.ageSeconds = seconds - spender.firstSeen
            row.idleSeconds = spender.live.streams > 0 ? 0 : seconds - spender.lastSeen
            row.visits = spender.trail.visits.map { visit in
                var shown = SessionVisit()
                shown.node = nodes[visit.node].name
                shown.tokens = visit.tokens
                shown.cachedTokens = visit.cachedTokens
                shown.secondsAgo = seconds - visit.time
                return shown
            }
            if let last = spender.trail.visits.first {
                row.move = move(last, to: fastest[spender.trail.model] ?? [])
            }
            return row
        }
    }

    private func move(_ last: SessionTrail.Visit, to candidates: [FastNode]) -> SessionMove? {
        guard let target = candidates.first(where: { $0.node != last.node }) else { return nil }
        var move = SessionMove()
        move.tokens = last.tokens
        move.seconds = target.speed.prefillSeconds(new: last.tokens, behind: 0)
        move.node = nodes[target.node].name
        return move
    }

    private struct FastNode {
        var node: Int
        var speed: NodeSpeed
    }

    /// A prompt by whose prefill nodes are compared.
    private static let usualPrompt = 8192

    /// The two fastest serving nodes of each model.
    private func fastestNodes() -> [String: [FastNode]] {
        var fastest: [String: [FastNode]] = [:]
        for record in nodes where record.state == .serving {
            let node = FastNode(node: record.index, speed: record.load.outlook(now: now).speed)
            for model in record.models {
                fastest[model, default: []].append(node)
                fastest[model]?.sort {
                    $0.speed.prefillSeconds(new: Self.usualPrompt, behind: 0)
                        < $1.speed.prefillSeconds(new: Self.usualPrompt, behind: 0)
                }
                if fastest[model]?.count == 3 { fastest[model]?.removeLast() }
            }
        }
        return fastest
    }
}
