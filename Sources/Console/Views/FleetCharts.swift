import GatewayCore

/// Charts of the whole fleet's last minutes, beside each other.
struct FleetCharts {
    /// One series over all nodes.
    struct Chart: Sendable {
        var title: String
        var series: Series
        /// The mean of the nodes, or else their sum.
        var isMean: Bool
        var label: @Sendable (Double) -> String
    }

    static let tokens = Chart(
        title: "tokens/s", series: .tokensPerSecond, isMean: false, label: { NumberText.short($0) })
    static let ttft = Chart(
        title: "TTFT p50, mean of nodes, ms", series: .ttftP50, isMean: true,
        label: { NumberText.milliseconds($0) })
    static let kv = Chart(
        title: "KV in use, mean %", series: .kvUsage, isMean: true, label: { NumberText.percent($0) })
    static let hbm = Chart(
        title: "HBM in use, mean %", series: .hbmUsage, isMean: true, label: { NumberText.percent($0) })
    static let hits = Chart(
        title: "prefix hits, mean %", series: .prefixHitRate, isMean: true, label: { NumberText.percent($0) })
    static let running = Chart(
        title: "running", series: .running, isMean: false, label: { NumberText.short($0) })
    static let waiting = Chart(
        title: "waiting", series: .waiting, isMean: false, label: { NumberText.short($0) })

    /// Nodes beyond these are left out, so that a frame stays cheap.
    private static let mostNodes = 256

    var snapshot: Snapshot
    var history: History

    /// As many as fit beside each other, from the first.
    func draw(_ charts: [Chart], _ canvas: inout Canvas, _ rect: Rect) {
        let names = snapshot.nodes.prefix(Self.mostNodes).map(\.name)
        let timeline = Timeline(history: history)
        for (place, chart) in zip(Self.columns(rect), charts) {
            let values = timeline.values(chart.series, nodes: names, columns: place.width) { known in
                known.reduce(0, +) / (chart.isMean ? Double(known.count) : 1)
            }
            Panels.chart(chart.title, values, &canvas, place, label: chart.label)
        }
    }

    /// One to three parts beside each other.
    static func columns(_ rect: Rect) -> [Rect] {
        let count = rect.width >= 150 ? 3 : rect.width >= 90 ? 2 : 1
        let width = (rect.width - (count - 1) * 2) / count
        return (0..<count).map { Rect(rect.x + $0 * (width + 2), rect.y, width, rect.height) }
    }
}
