import GatewayCore

/// What fills the room below the fleet's rows: the last minutes, what is being relayed, what happened.
struct FleetDeck {
    static let minimumHeight = 6

    var snapshot: Snapshot
    var history: History
    var state: ScreenState

    func draw(_ canvas: inout Canvas, _ rect: Rect) {
        let columns = rect.width >= 150 ? 3 : rect.width >= 90 ? 2 : 1
        let width = (rect.width - (columns - 1) * 2) / columns
        let chart = rect.height >= 14 ? min(rect.height * 2 / 5, 14) : rect.height
        let places = (0..<columns).map { Rect(rect.x + $0 * (width + 2), rect.y, width, chart) }
        let lower = rect.height > chart ? rect.inset(top: chart + 1) : nil
        drawCharts(&canvas, places)
        guard let lower, lower.height >= 4 else { return }
        let lists = (0..<columns).map { Rect(rect.x + $0 * (width + 2), lower.y, width, lower.height) }
        Panels(snapshot: snapshot).events(&canvas, lists[0])
        if columns > 1 { Panels(snapshot: snapshot).decisions(&canvas, lists[1]) }
        if columns > 2 { Panels(snapshot: snapshot).streams(&canvas, lists[2]) }
    }

    private func drawCharts(_ canvas: inout Canvas, _ places: [Rect]) {
        let names = snapshot.nodes.prefix(256).map(\.name)
        let charts: [(String, [Double?], (Double) -> String)] = [
            ("tokens/s", sum(.tokensPerSecond, names, places[0].width), { NumberText.short($0) }),
            ("KV in use, mean %", mean(.kvUsage, names, places[0].width), { NumberText.percent($0) }),
            ("TTFT p50, mean of nodes, ms", mean(.ttftP50, names, places[0].width), { NumberText.milliseconds($0) }),
        ]
        for (place, chart) in zip(places, charts) {
            Panels.chart(chart.0, chart.1, &canvas, place, label: chart.2)
        }
    }

    private func sum(_ series: Series, _ names: [String], _ width: Int) -> [Double?] {
        combine(series, names, width) { $0.reduce(0, +) }
    }

    private func mean(_ series: Series, _ names: [String], _ width: Int) -> [Double?] {
        combine(series, names, width) { $0.reduce(0, +) / Double($0.count) }
    }

    private func combine(
        _ series: Series, _ names: [String], _ width: Int, _ join: ([Double]) -> Double
    ) -> [Double?] {
        let columns = names.map { history.last(width, of: series, node: $0) }
        let count = columns.map(\.count).max() ?? 0
        return (0..<count).map { index in
            let known = columns.compactMap { column in
                index - (count - column.count) >= 0 ? column[index - (count - column.count)] : nil
            }
            return known.isEmpty ? nil : join(known)
        }
    }
}
