import GatewayCore

/// Charts of the whole fleet's last minutes, beside each other.
struct FleetCharts {
    /// What becomes of the nodes' values of one second.
    enum Join: Sendable {
        case sum, mean
        /// The highest: percentiles of nodes have neither a sum nor a mean.
        case highest

        func callAsFunction(_ values: [Double]) -> Double {
            switch self {
            case .sum: values.reduce(0, +)
            case .mean: values.reduce(0, +) / Double(max(values.count, 1))
            case .highest: values.max() ?? 0
            }
        }
    }

    /// One series over all nodes.
    struct Chart: Sendable {
        var title: String
        var series: Series
        var join: Join
        var label: @Sendable (Double) -> String
    }

    static let tokens = Chart(
        title: "tokens/s", series: .tokensPerSecond, join: .sum, label: { NumberText.short($0) })
    static let ttft = Chart(
        title: "TTFT p50, slowest node, ms", series: .ttftP50, join: .highest,
        label: { NumberText.milliseconds($0) })
    static let kv = Chart(
        title: "KV in use, mean %", series: .kvUsage, join: .mean, label: { NumberText.percent($0) })
    static let hbm = Chart(
        title: "HBM in use, mean %", series: .hbmUsage, join: .mean, label: { NumberText.percent($0) })
    static let hits = Chart(
        title: "prefix hits, mean %", series: .prefixHitRate, join: .mean, label: { NumberText.percent($0) })
    static let running = Chart(
        title: "running", series: .running, join: .sum, label: { NumberText.short($0) })
    static let waiting = Chart(
        title: "waiting", series: .waiting, join: .sum, label: { NumberText.short($0) })

    /// Nodes beyond these are left out, so that a frame stays cheap.
    private static let mostNodes = 256

    var snapshot: Snapshot
    var history: History

    /// As many as fit beside each other, from the first.
    func draw(_ charts: [Chart], _ canvas: inout Canvas, _ rect: Rect) {
        let names = snapshot.nodes.prefix(Self.mostNodes).map(\.name)
        let timeline = Timeline(history: history)
        for (place, chart) in zip(Self.columns(rect), charts) {
            let values = timeline.values(
                chart.series, nodes: names, columns: place.width, join: chart.join.callAsFunction)
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
