import GatewayCore

/// What fills the room below the fleet's rows: the last minutes, what is being relayed, what happened.
struct FleetDeck {
    static let minimumHeight = 6

    var snapshot: Snapshot
    var history: History
    var state: ScreenState

    /// Rows of one chart with its heading.
    private static let chartHeight = 6

    func draw(_ canvas: inout Canvas, _ rect: Rect) {
        let rect = rect.inset(left: 1, right: 1)
        let columns = rect.width >= 150 ? 3 : rect.width >= 90 ? 2 : 1
        let width = (rect.width - (columns - 1) * 2) / columns
        let charts = rect.height >= Self.chartHeight * 2 + 10 ? 2 : 1
        let chart = rect.height < Self.chartHeight + 4 ? rect.height / 2 + 1 : Self.chartHeight
        for line in 0..<charts {
            let places = (0..<columns).map {
                Rect(rect.x + $0 * (width + 2), rect.y + line * (chart + 1), width, chart)
            }
            drawCharts(&canvas, places, from: line * columns)
        }
        let lower = rect.inset(top: charts * (chart + 1) - (rect.height < Self.chartHeight + 4 ? 1 : 0))
        guard lower.height >= 2 else { return }
        let lists = (0..<columns).map { Rect(rect.x + $0 * (width + 2), lower.y, width, lower.height) }
        let panels = Panels(snapshot: snapshot)
        panels.events(&canvas, lists[columns - 1])
        if columns > 1 { panels.decisions(&canvas, lists[0]) }
        if columns > 2 { panels.streams(&canvas, lists[1]) }
    }

    private func drawCharts(_ canvas: inout Canvas, _ places: [Rect], from first: Int) {
        let names = snapshot.nodes.prefix(256).map(\.name)
        let width = places[0].width
        let charts: [(String, [Double?], (Double) -> String)] = [
            ("tokens/s", sum(.tokensPerSecond, names, width), { NumberText.short($0) }),
            ("TTFT p50, mean of nodes, ms", mean(.ttftP50, names, width), { NumberText.milliseconds($0) }),
            ("KV in use, mean %", mean(.kvUsage, names, width), { NumberText.percent($0) }),
            ("prefix hits, mean %", mean(.prefixHitRate, names, width), { NumberText.percent($0) }),
            ("running", sum(.running, names, width), { NumberText.short($0) }),
            ("waiting", sum(.waiting, names, width), { NumberText.short($0) }),
        ]
        for (place, chart) in zip(places, charts.dropFirst(first)) {
            Panels.chart(chart.0, chart.1, &canvas, place, label: chart.2)
        }
    }

    private func sum(_ series: Series, _ names: [String], _ width: Int) -> [Double?] {
        Timeline(history: history).values(series, nodes: names, columns: width) { $0.reduce(0, +) }
    }

    private func mean(_ series: Series, _ names: [String], _ width: Int) -> [Double?] {
        Timeline(history: history).values(series, nodes: names, columns: width) {
            $0.reduce(0, +) / Double($0.count)
        }
    }
}
