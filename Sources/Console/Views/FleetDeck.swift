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
        let lines = rect.height >= Self.chartHeight * 2 + 10 ? 2 : 1
        let isLow = rect.height < Self.chartHeight + 4
        let chart = isLow ? rect.height / 2 + 1 : Self.chartHeight
        drawCharts(&canvas, rect, lines: lines, chart)
        let lower = rect.inset(top: lines * (chart + 1) - (isLow ? 1 : 0))
        guard lower.height >= 2 else { return }
        let lists = Self.columns(lower)
        let panels = Panels(snapshot: snapshot)
        panels.events(&canvas, lists[lists.count - 1])
        if lists.count > 1 { panels.decisions(&canvas, lists[0]) }
        if lists.count > 2 { panels.streams(&canvas, lists[1]) }
    }

    /// As many lines of charts as there is room for, at most two.
    func drawCharts(_ canvas: inout Canvas, _ rect: Rect) {
        let lines = min((rect.height + 1) / (Self.chartHeight + 1), 2)
        if lines > 0 { drawCharts(&canvas, rect, lines: lines, Self.chartHeight) }
    }

    private func drawCharts(_ canvas: inout Canvas, _ rect: Rect, lines: Int, _ height: Int) {
        for line in 0..<lines {
            let y = rect.y + line * (height + 1)
            let places = Self.columns(Rect(rect.x, y, rect.width, height))
            drawCharts(&canvas, places, from: line * places.count)
        }
    }

    /// One to three parts beside each other.
    private static func columns(_ rect: Rect) -> [Rect] {
        let count = rect.width >= 150 ? 3 : rect.width >= 90 ? 2 : 1
        let width = (rect.width - (count - 1) * 2) / count
        return (0..<count).map { Rect(rect.x + $0 * (width + 2), rect.y, width, rect.height) }
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
