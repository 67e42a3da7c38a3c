import GatewayCore

/// A row for each GPU of the fleet, the worst first: what its memory holds, and what holds it back.
struct GPUView {
    var snapshot: Snapshot
    var history: History
    var state: ScreenState

    private static let chartHeight = 6

    func draw(_ canvas: inout Canvas, _ rect: Rect) {
        let nodes = visibleNodes(snapshot, state)
        let places = visibleGPUs(nodes)
        let inside = rect.inset(left: 1, right: 1)
        canvas.put(DisplayWidth.clipped(extremes(nodes), to: inside.width), inside.x, rect.y, Style(.label))
        let legendRows = rect.height > 6 ? 1 : 0
        let tableHeight = min(places.count + 2, rect.height - 1 - legendRows)
        drawTable(nodes, places, &canvas, Rect(rect.x, rect.y + 1, rect.width, tableHeight))
        let rest = inside.inset(top: 1 + tableHeight)
        guard rest.height >= 1 else { return }
        drawLegend(&canvas, rest)
        let below = rest.inset(top: 2)
        guard below.height >= Self.chartHeight else { return }
        let lines = below.height >= Self.chartHeight * 3 ? 2 : 1
        FleetCharts(snapshot: snapshot, history: history).draw(
            [
                FleetCharts.power, FleetCharts.temperature, FleetCharts.hbm, FleetCharts.kv,
                FleetCharts.tokens, FleetCharts.running,
            ], lines: lines, height: Self.chartHeight, &canvas, below)
        let lists = below.inset(top: lines * (Self.chartHeight + 1))
        if lists.height >= 3 { Panels(snapshot: snapshot).events(&canvas, lists) }
    }

    /// Who is hottest, fullest and draws most, so that nobody has to search a thousand rows.
    private func extremes(_ nodes: [NodeStatus]) -> String {
        var gpus: [(name: String, gpu: GPUReading)] = []
        for node in nodes where !node.isStale {
            for (number, gpu) in node.gpus.enumerated() {
                gpus.append(("\(node.name) GPU \(gpu.index ?? number)", gpu))
            }
        }
        func most(
            _ title: String, _ unit: String, _ value: (GPUReading) -> Double?, _ text: (Double?) -> String
        )
            -> String?
        {
            let known = gpus.compactMap { gpu in value(gpu.gpu).map { (gpu.name, $0) } }
            return known.max { $0.1 < $1.1 }.map { "\(title) \($0.0) \(text($0.1)) \(unit)" }
        }
        let bad = gpus.filter { $0.gpu.level != .normal }.count
        let count = NumberText.plural(gpus.count, "GPU") + (bad > 0 ? ", \(bad) need eyes" : ", all well")
        let share = { (gpu: GPUReading) in
            gpu.memoryUsedBytes.flatMap { used in gpu.memoryTotalBytes.map { used / max($0, 1) } }
        }
        let parts = [
            gpus.isEmpty ? "No GPU is told of" : count,
            most("hottest", "C", \.temperatureCelsius, NumberText.count),
            most("fullest", "%", share, NumberText.percent),
            most("most power", "W", \.powerWatts, NumberText.count),
        ]
        return parts.compactMap { $0 }.joined(separator: " · ")
    }

    private func drawTable(
        _ nodes: [NodeStatus], _ places: [GPUPlace], _ canvas: inout Canvas, _ rect: Rect
    ) {
        let table = Table(columns: GPUTable(nodes: nodes, history: history).columns)
        let layout = table.layout(width: rect.width)
        table.drawTitles(&canvas, rect, layout: layout)
        table.draw(.total(GPUTotal(nodes)), &canvas, rect.inset(top: 1), isBold: true, layout: layout)
        let body = rect.inset(top: 2)
        let cursor = gpuCursor(places, nodes, state)
        let first = Scrolling.first(selected: cursor ?? 0, count: places.count, height: body.height)
        for (offset, place) in places.dropFirst(first).prefix(body.height).enumerated() {
            let line = Rect(body.x, body.y + offset, body.width, 1)
            let row = GPURow(node: nodes[place.node], number: place.number)
            table.draw(.gpu(row), &canvas, line, isDim: row.node.isStale, layout: layout)
            canvas.aim(line, at: .gpu(node: row.node.name, number: place.number ?? 0))
            guard first + offset == cursor else { continue }
            canvas.lift(line, to: .selected)
            canvas.put("▸", line.x, line.y, Style(.accent, on: .selected, .bold))
        }
    }

    private func drawLegend(_ canvas: inout Canvas, _ rect: Rect) {
        let parts: [(HBMPart, String)] = [
            (.other, "weights and other"), (.kvActive, "KV in use"), (.kvCached, "KV of prefixes"),
            (.kvFree, "KV free"),
        ]
        var x = rect.x
        for (part, text) in parts where x + DisplayWidth.of(text) + 2 <= rect.maxX {
            x += canvas.put("\(part.character) ", x, rect.y, Style(part.role))
            x += canvas.put(text, x, rect.y, Style(.label)) + 2
        }
        if x + 7 <= rect.maxX { x += canvas.put("· free", x, rect.y, Style(.label)) + 2 }
        let note = "~ by the model's shape  trends: \(History.secondsPerGPUSample) s a column"
        if x + DisplayWidth.of(note) <= rect.maxX { canvas.put(note, x, rect.y, Style(.label)) }
    }
}
