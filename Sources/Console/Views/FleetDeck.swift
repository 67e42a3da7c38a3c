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
        let lists = FleetCharts.columns(lower)
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
        let charts = FleetCharts(snapshot: snapshot, history: history)
        let all = [
            FleetCharts.tokens, FleetCharts.ttft, FleetCharts.kv, FleetCharts.hits, FleetCharts.running,
            FleetCharts.waiting,
        ]
        for line in 0..<lines {
            let place = Rect(rect.x, rect.y + line * (height + 1), rect.width, height)
            charts.draw(Array(all.dropFirst(line * FleetCharts.columns(place).count)), &canvas, place)
        }
    }
}
