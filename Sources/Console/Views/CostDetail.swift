import GatewayCore

/// One row of the Cost view, whole: its money, its waste by cause, its work, and its last minute and hour.
struct CostDetail {
    var row: SpendingRow
    var snapshot: Snapshot

    /// Rows that it needs at least.
    static let height = 7
    private static let chartHeight = 6

    func draw(_ canvas: inout Canvas, _ rect: Rect) {
        let end = FactGroup.draw(
            [money, waste, work], &canvas, Rect(rect.x - 1, rect.y, rect.width + 2, rect.height))
        let rest = rect.inset(top: min(end - rect.y, rect.height))
        guard rest.height >= 4 else { return }
        let isTall = rest.height >= Self.chartHeight * 2 + 1
        let half = (rest.width - 2) / 2
        let height = min(rest.height, isTall ? rest.height / 2 - 1 : rest.height, 12)
        let first = Rect(rest.x, rest.y, isTall ? rest.width : half, height)
        let second =
            isTall
            ? Rect(rest.x, rest.y + height + 1, rest.width, height)
            : Rect(rest.x + half + 2, rest.y, half, height)
        chart("$ each 5 min of the last hour", row.hour, seconds: 300, &canvas, first)
        chart("$ each 5 s of the last minute", row.minute, seconds: 5, &canvas, second)
    }

    private var money: FactGroup {
        let share = (snapshot.allSpending?.dollarsPerHour).flatMap { all in
            row.rate.flatMap { all > 0 ? ", \(NumberText.percent($0 / all))% of all" : nil }
        }
        return FactGroup(
            title: row.title,
            facts: [
                Fact("now", perHour(row.rate) + (share ?? "")),
                Fact("last hour", perHour(row.dollars == nil ? nil : row.hourlyDollars)),
                Fact("24 h so", row.dayForecast.map { "~" + CostWords.dollars($0) } ?? NumberText.unknown),
                Fact("today", CostWords.dollars(row.todayDollars, of: row)),
                Fact("spent", spent),
                Fact("useful", "\(CostWords.dollars(row.dollarsPerMillionUseful)) per M tokens out"),
                row.isPartlyUnpriced
                    ? Fact("no price", "\(NumberText.count(row.ended.unpricedAttempts)) requests", .warning)
                    : nil,
            ].compactMap { $0 })
    }

    private var spent: String {
        guard let dollars = row.dollars else { return "-- (no node with a price)" }
        return CostWords.dollars(dollars, of: row) + " in \(NumberText.span(snapshot.gateway.uptimeSeconds))"
    }

    private func perHour(_ value: Double?) -> String {
        value == nil ? NumberText.unknown : CostWords.dollars(value) + "/h"
    }

    private var waste: FactGroup {
        let waste = row.ended.waste
        func fact(_ name: String, _ dollars: Double, _ count: UInt64, _ word: String) -> Fact {
            let money = row.dollars == nil ? NumberText.unknown : CostWords.dollars(dollars)
            return Fact(
                name, "\(money), \(NumberText.plural(Int(clamping: count), word))",
                dollars > 0 ? .warning : .text)
        }
        return FactGroup(
            title: "Wasted \(row.wasteShare.map { NumberText.percent($0) + "%" } ?? NumberText.unknown)",
            facts: [
                fact("cancelled", waste.cancelled, row.ended.cancelled, "request"),
                fact("failed", waste.failed, row.ended.failed, "request"),
                fact("retried", waste.retried, row.ended.retriedAway, "attempt"),
                fact("moved", waste.moved, row.ended.migratedAway, "move"),
                Fact("tokens", "\(NumberText.short(Double(row.ended.wastedTokens))) out in vain"),
            ])
    }

    private var work: FactGroup {
        let cached = row.cachedShare.map { ", \(NumberText.percent($0))% cached" } ?? ""
        return FactGroup(
            title: "Work",
            facts: [
                Fact("requests", "\(NumberText.count(row.ended.requests)) ended"),
                Fact("open", "\(row.liveStreams), \(CostWords.dollars(live)) so far"),
                Fact("prompt", "\(NumberText.short(Double(row.ended.promptTokens))) tokens\(cached)"),
                Fact("out", "\(NumberText.short(Double(row.ended.outputTokens))) tokens"),
            ])
    }

    private var live: Double? { row.dollars == nil ? nil : row.liveDollars }

    /// Slots before the gateway's start are blank; the last one is still being filled.
    private func chart(
        _ title: String, _ slots: [UInt64], seconds: Double, _ canvas: inout Canvas, _ rect: Rect
    ) {
        let known = min(slots.count, Int(snapshot.gateway.uptimeSeconds / seconds) + 1)
        let values = slots.enumerated().map { place, millionths -> Double? in
            row.dollars == nil || place < slots.count - known ? nil : Double(millionths) / 1e6
        }
        let wide = max((rect.width - 10) / max(slots.count, 1), 1)
        Panels.chart(
            title, values.flatMap { Array(repeating: $0, count: wide) }, &canvas, rect, secondsPerColumn: 0,
            label: { CostWords.amount($0) })
    }
}
