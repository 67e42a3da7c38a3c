import GatewayCore

/// The columns of the Cost view.
struct CostTable {
    var snapshot: Snapshot
    var rows: [SpendingRow]
    var title: String

    var columns: [Column<SpendingRow>] { money + work + past }

    private var money: [Column<SpendingRow>] {
        let longest = min(max(rows.map { DisplayWidth.of($0.title) }.max() ?? 8, 8), 24)
        let all = snapshot.allSpending?.dollarsPerHour ?? 0
        return [
            Column([title.uppercased()], min(longest, 14), ideal: longest, priority: 0, .left, largest: 40) {
                row, _ in .text(row.title, .title)
            },
            Column(["$/H"], 6, priority: 1) { row, _ in .text(Self.money(row, row.rate)) },
            Column(["SHARE %", "%"], 4, ideal: 10, priority: 2, largest: 16) { row, _ in
                let share = row.rate.flatMap { all > 0 ? $0 / all : nil }
                return .bar(share, label: NumberText.percent(share), role: .kv, labelRole: .text)
            },
            Column(["TODAY $"], 8, priority: 3) { row, _ in .text(Self.money(row, row.todayDollars)) },
            Column(["WASTE %", "WASTE"], 5, ideal: 7, priority: 4) { row, _ in
                .text(NumberText.percent(row.wasteShare), Self.role(ofWaste: row.wasteShare))
            },
            Column(["24H ~$"], 7, priority: 5) { row, _ in .text(Self.money(row, row.dayForecast), .label) },
            Column(["$/M USEFUL", "$/M"], 6, ideal: 10, priority: 6) { row, _ in
                .text(CostWords.amount(row.dollarsPerMillionUseful))
            },
            Column(["SPENT $"], 8, priority: 8) { row, _ in .text(Self.money(row, row.dollars)) },
        ]
    }

    private var work: [Column<SpendingRow>] {
        [
            Column(["OUT"], 6, priority: 7) { row, _ in
                .text(NumberText.short(Double(row.ended.outputTokens)))
            },
            Column(["CACHED %", "HIT"], 4, ideal: 8, priority: 9) { row, _ in
                .text(NumberText.percent(row.cachedShare))
            },
            Column(["OPEN"], 4, priority: 10) { row, _ in
                .text(NumberText.short(Double(row.liveStreams)))
            },
            Column(["PROMPT"], 6, priority: 12) { row, _ in
                .text(NumberText.short(Double(row.ended.promptTokens)), .label)
            },
            Column(["REQS"], 6, priority: 11) { row, _ in
                .text(NumberText.short(Double(row.ended.requests)), .label)
            },
            Column(["FAILED"], 6, priority: 13) { row, _ in
                .text(NumberText.short(Double(row.ended.failed)), row.ended.failed > 0 ? .warning : .label)
            },
        ]
    }

    private var past: [Column<SpendingRow>] {
        let ceiling = Bars.ceiling(of: rows.flatMap { $0.hour.map { Double($0) } })
        return [
            Column(["LAST HOUR"], RecentDollars.slots, priority: 14) { row, _ in
                .trend(row.dollars == nil ? [] : row.hour.map { Double($0) }, ceiling: ceiling)
            }
        ]
    }

    /// `>` before what nodes without a price had a part in.
    static func money(_ row: SpendingRow, _ value: Double?) -> String {
        (value != nil && row.isPartlyUnpriced ? ">" : "") + CostWords.amount(value)
    }

    static func role(ofWaste share: Double?) -> Role {
        switch share ?? 0 {
        case ..<0.1: .text
        case ..<0.25: .warning
        default: .alarm
        }
    }
}
