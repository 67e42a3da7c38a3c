import GatewayCore

/// One series of a table's nodes: a trend for each, all on one scale.
struct Trends {
    /// Nodes and columns that the scale is taken from, so that a frame stays cheap.
    private static let mostNodes = 128
    private static let mostColumns = 24

    private var timeline: Timeline
    private var series: Series
    private var ceiling: Double

    init(_ series: Series, _ history: History, of nodes: some Sequence<NodeStatus>) {
        let timeline = Timeline(history: history)
        self.timeline = timeline
        self.series = series
        ceiling = Bars.ceiling(
            of: nodes.prefix(Self.mostNodes).flatMap {
                timeline.values(series, node: $0.name, columns: Self.mostColumns)
            })
    }

    func cell(_ node: String, width: Int) -> CellContent {
        .trend(timeline.values(series, node: node, columns: width), ceiling: ceiling)
    }
}
