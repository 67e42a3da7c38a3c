import GatewayCore

/// What each policy would have done with the last minutes' requests, the live one first, then by predicted TTFT.
struct ShadowTable {
    var snapshot: Snapshot

    var rows: [ShadowRow] {
        snapshot.shadows.sorted {
            if $0.isLive != $1.isLive { return $0.isLive }
            return ($0.ttftMean ?? .infinity, $0.policy) < ($1.ttftMean ?? .infinity, $1.policy)
        }
    }

    func draw(_ canvas: inout Canvas, _ rect: Rect) {
        guard rect.height >= 3 else { return }
        Panels.heading(title, &canvas, rect)
        let place = rect.inset(top: 1)
        let table = Table(columns: columns)
        let layout = table.layout(width: place.width)
        table.drawTitles(&canvas, place, layout: layout)
        for (offset, row) in rows.prefix(place.height - 1).enumerated() {
            let line = Rect(place.x, place.y + 1 + offset, place.width, 1)
            table.draw(row, &canvas, line, isBold: row.isLive, layout: layout)
            if row.isLive { canvas.put("▸", line.x, line.y, Style(.accent, on: .base, .bold)) }
        }
    }

    private var title: String {
        let minutes = Int(ShadowWindow.seconds / 60)
        let dropped = snapshot.gateway.shadowsDropped
        let lost = dropped > 0 ? "; \(NumberText.count(dropped)) requests not seen" : ""
        let model = FleetRow.shortModel(snapshot.shadows.first?.model ?? "")
        return "In shadow, \(model), last \(minutes) min, same nodes in virtual time\(lost)"
    }

    private var columns: [Column<ShadowRow>] {
        let best = Best(snapshot.shadows)
        return [
            Column(["POLICY"], 16, ideal: 22, priority: 0, .left) { row, _ in
                .text(row.policy, row.isLive ? .accent : .title)
            },
            Column(["TTFT ms"], 7, priority: 1) { row, _ in
                .text(
                    NumberText.milliseconds(row.ttftMean),
                    row.ttftMean == best.ttft && best.ttft != nil ? .good : .text)
            },
            Column(["HITS"], 4, priority: 2) { row, _ in
                .text(
                    Self.percent(row.hitRate),
                    row.hitRate == best.hits && best.hits != nil ? .good : .text)
            },
            Column(["IN 2s"], 5, priority: 3) { row, _ in
                .text(
                    Self.percent(row.withinTarget),
                    row.withinTarget == best.within && best.within != nil ? .good : .text)
            },
            Column(["WORTH"], 20, ideal: 22, priority: 4, .left, largest: 40) { row, _ in
                .text(row.problem ?? ShadowWorth(row, in: snapshot.shadows)?.words ?? "", .label)
            },
            Column(["BAL"], 5, priority: 5) { row, _ in
                .text(row.balance.map { NumberText.fixed($0, 2) } ?? NumberText.unknown)
            },
            // Equal nodes are drawn by chance, so that the live policy's own shadow agrees no more than others.
            Column(["AGREES"], 6, priority: 6) { row, _ in
                row.isLive ? .text("live", .accent) : .text(Self.percent(row.agreement))
            },
            Column(["P99 ms"], 7, priority: 7) { row, _ in
                .text(
                    NumberText.milliseconds(row.ttftP99),
                    row.ttftP99 == best.p99 && best.p99 != nil ? .good : .text)
            },
            Column(["$/REQ"], 8, priority: 8) { row, _ in
                .text(NumberText.smallDollars(row.dollarsPerRequest))
            },
            Column(["REQS"], 5, priority: 9) { row, _ in .text(NumberText.short(Double(row.requests)), .label)
            },
        ]
    }

    private static func percent(_ ratio: Double?) -> String {
        ratio == nil ? NumberText.unknown : NumberText.percent(ratio) + "%"
    }

    /// The best value of each column; nil: nobody has one.
    private struct Best {
        var ttft: Double?
        var hits: Double?
        var within: Double?
        var p99: Double?

        init(_ rows: [ShadowRow]) {
            ttft = rows.compactMap(\.ttftMean).min()
            hits = rows.compactMap(\.hitRate).max()
            within = rows.compactMap(\.withinTarget).max()
            p99 = rows.compactMap(\.ttftP99).min()
        }
    }
}

/// What a change to a policy is worth: its shadow against the live policy's own.
struct ShadowWorth {
    /// Seconds; below 0 is faster.
    let ttft: Double
    /// Ratio; above 0 is more.
    let hits: Double

    /// nil: it is the live one, or one of the two has no numbers.
    init?(_ row: ShadowRow, in rows: [ShadowRow]) {
        guard !row.isLive, let live = rows.first(where: \.isLive), let ttft = row.ttftMean,
            let liveTTFT = live.ttftMean, let hits = row.hitRate, let liveHits = live.hitRate
        else { return nil }
        self.ttft = ttft - liveTTFT
        self.hits = hits - liveHits
    }

    /// "−120 ms, hits +3"; points of a percent.
    var words: String {
        let points = Int((hits * 100).rounded())
        let time = (ttft < 0 ? "−" : "+") + NumberText.milliseconds(abs(ttft)) + " ms"
        return "\(time), hits \(points < 0 ? "−" : "+")\(abs(points))"
    }
}
