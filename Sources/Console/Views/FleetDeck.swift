import GatewayCore

/// What fills the room below the fleet's rows: the last minutes, what is being relayed, what happened.
struct FleetDeck {
    static let minimumHeight = 6

    var snapshot: Snapshot
    var history: History
    var state: ScreenState

    /// Rows of one chart with its heading.
    private static let chartHeight = 6
    /// Rows that the lists below should have before there is another line of charts.
    private static let listHeight = 8
    private static let mostLines = 3

    func draw(_ canvas: inout Canvas, _ rect: Rect) {
        let rect = rect.inset(left: 1, right: 1)
        let lines = min(max((rect.height - Self.listHeight) / (Self.chartHeight + 1), 1), Self.mostLines)
        let isLow = rect.height < Self.chartHeight + 4
        let chart = isLow ? rect.height / 2 + 1 : Self.chartHeight
        drawCharts(&canvas, rect, lines: lines, chart)
        let lower = rect.inset(top: lines * (chart + 1) - (isLow ? 1 : 0))
        guard lower.height >= 2 else { return }
        let lists = FleetCharts.columns(lower)
        let panels = Panels(snapshot: snapshot)
        panels.events(&canvas, lists[lists.count - 1])
        if lists.count > 1 { RouteReasons(snapshot: snapshot).draw(&canvas, lists[0]) }
        if lists.count > 2 { panels.streams(&canvas, lists[1]) }
    }

    /// As many lines of charts as there is room for.
    func drawCharts(_ canvas: inout Canvas, _ rect: Rect) {
        let lines = min((rect.height + 1) / (Self.chartHeight + 1), Self.mostLines)
        if lines > 0 { drawCharts(&canvas, rect, lines: lines, Self.chartHeight) }
    }

    private func drawCharts(_ canvas: inout Canvas, _ rect: Rect, lines: Int, _ height: Int) {
        FleetCharts(snapshot: snapshot, history: history).draw(
            [
                FleetCharts.tokens, FleetCharts.ttft, FleetCharts.kv, FleetCharts.hits, FleetCharts.running,
                FleetCharts.waiting, FleetCharts.hbm, FleetCharts.power, FleetCharts.temperature,
            ], lines: lines, height: height, &canvas, rect)
    }
}
