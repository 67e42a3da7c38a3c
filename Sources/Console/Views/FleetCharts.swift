import GatewayCore

/// Charts of the whole fleet's last minutes, beside each other.
struct FleetCharts {
    /// One series over all nodes, or all their GPUs.
    struct Chart: Sendable {
        enum Source: Sendable {
            case nodes(Series)
            case gpus(GPUSeries)
        }

        var title: String
        var source: Source
        var join: Join
        var label: @Sendable (Double) -> String
    }

    static let tokens = Chart(
        title: "tokens/s", source: .nodes(.tokensPerSecond), join: .sum, label: { NumberText.short($0) })
    static let ttft = Chart(
        title: "TTFT p50, slowest node, ms", source: .nodes(.ttftP50), join: .highest,
        label: { NumberText.milliseconds($0) })
    static let kv = Chart(
        title: "KV in use, mean %", source: .nodes(.kvUsage), join: .mean,
        label: { NumberText.percent($0) })
    static let hbm = Chart(
        title: "HBM in use, mean %", source: .nodes(.hbmUsage), join: .mean,
        label: { NumberText.percent($0) })
    static let hits = Chart(
        title: "prefix hits, mean %", source: .nodes(.prefixHitRate), join: .mean,
        label: { NumberText.percent($0) })
    static let running = Chart(
        title: "running", source: .nodes(.running), join: .sum, label: { NumberText.short($0) })
    static let waiting = Chart(
        title: "waiting", source: .nodes(.waiting), join: .sum, label: { NumberText.short($0) })
    static let power = Chart(
        title: "power of all GPUs, W", source: .gpus(.power), join: .sum, label: { NumberText.short($0) })
    static let temperature = Chart(
        title: "hottest GPU, C", source: .gpus(.temperature), join: .highest,
        label: { NumberText.count($0) })

    /// Nodes beyond these are left out, so that a frame stays cheap.
    private static let mostNodes = 256

    var snapshot: Snapshot
    var history: History

    /// As many as fit beside each other and into the lines, from the first.
    func draw(_ charts: [Chart], lines: Int, height: Int, _ canvas: inout Canvas, _ rect: Rect) {
        let names = snapshot.nodes.prefix(Self.mostNodes).map(\.name)
        let places = (0..<lines).flatMap { line in
            Self.columns(Rect(rect.x, rect.y + line * (height + 1), rect.width, height))
        }
        for (place, chart) in zip(places, charts) { draw(chart, of: names, &canvas, place) }
    }

    private func draw(_ chart: Chart, of nodes: [String], _ canvas: inout Canvas, _ place: Rect) {
        let timeline = Timeline(history: history)
        switch chart.source {
        case .nodes(let series):
            let values = timeline.values(series, nodes: nodes, columns: place.width, join: chart.join)
            Panels.chart(chart.title, values, &canvas, place, label: chart.label)
        case .gpus(let series):
            let values = timeline.values(series, gpusOf: nodes, columns: place.width, join: chart.join)
            Panels.chart(
                chart.title, values, &canvas, place, secondsPerColumn: History.secondsPerGPUSample,
                label: chart.label)
        }
    }

    /// One to three parts beside each other.
    static func columns(_ rect: Rect) -> [Rect] {
        let count = rect.width >= 150 ? 3 : rect.width >= 90 ? 2 : 1
        let width = (rect.width - (count - 1) * 2) / count
        return (0..<count).map { Rect(rect.x + $0 * (width + 2), rect.y, width, rect.height) }
    }
}
