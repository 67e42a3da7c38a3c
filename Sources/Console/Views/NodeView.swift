import GatewayCore

/// Everything about one node: aligned rows, its GPUs, its last minutes, its streams and events.
struct NodeView {
    var snapshot: Snapshot
    var history: History
    var state: ScreenState

    func draw(_ canvas: inout Canvas, _ rect: Rect) {
        guard let node = state.selectedNode.flatMap({ snapshot.node(named: $0) }) else {
            canvas.put(
                "No node is selected; 1 shows them all.", rect.x + 2, rect.y + 1, Style(.label),
                limit: rect.width)
            return
        }
        drawTitle(node, &canvas, rect)
        let top = sentence(node) == nil ? 1 : 2
        let y = FactGroup.draw(NodeFacts(node: node).groups, &canvas, rect.inset(top: top))
        guard y < rect.maxY else { return }
        drawGPUs(node, &canvas, Rect(rect.x + 1, y, rect.width - 2, rect.maxY - y))
    }

    private func drawTitle(_ node: NodeStatus, _ canvas: inout Canvas, _ rect: Rect) {
        let word = StateWord(node)
        canvas.fill(Rect(rect.x, rect.y, rect.width, 1), Style(.text, on: .bar))
        var x = rect.x + 1
        x += canvas.put(node.name, x, rect.y, Style(.title, on: .bar, .bold)) + 1
        x += canvas.put("\(word.letter) \(word.word)", x, rect.y, Style(word.role, on: .bar, .bold)) + 2
        canvas.put(
            DisplayWidth.clipped(node.url, to: max(rect.maxX - x - 1, 0)), x, rect.y, Style(.label, on: .bar))
        guard let sentence = sentence(node) else { return }
        let role: Role = node.problem == nil ? .warning : word.role
        canvas.put(sentence, rect.x + 1, rect.y + 1, Style(role), limit: rect.width - 2)
    }

    private func sentence(_ node: NodeStatus) -> String? { node.problem ?? drainSentence(node) }

    private func drainSentence(_ node: NodeStatus) -> String? {
        let key = state.keys.way(to: "drain")
        if node.state == .drained {
            return "Drained: nothing is on it, safe to delete. \(key) brings it back."
        }
        guard let drain = node.drain else { return nil }
        let left = NumberText.plural(drain.remaining, "stream")
        let deadline = drain.secondsToDeadline.map { seconds in
            seconds >= 0
                ? "; in \(NumberText.span(seconds)) what is left is \(drain.atDeadline.words)"
                : "; the deadline passed \(NumberText.span(-seconds)) ago"
        }
        let time = DrainTime([node.name], snapshot).map { ", empty in \($0.words)" } ?? ""
        return "Draining for \(NumberText.span(drain.elapsedSeconds)): \(left) left, oldest "
            + NumberText.span(drain.oldestAgeSeconds) + time + (deadline ?? "; no deadline")
            + ". \(key) takes the drain back."
    }

    private func drawGPUs(_ node: NodeStatus, _ canvas: inout Canvas, _ rect: Rect) {
        guard rect.height >= 2 else { return }
        var y = rect.y
        if !node.gpus.isEmpty {
            let table = Table(columns: GPUColumns.all, gutter: 0)
            let layout = table.layout(width: rect.width)
            table.drawTitles(&canvas, Rect(rect.x, y, rect.width, 1), layout: layout)
            let room = rect.height - 1
            let shown = node.gpus.count <= room ? node.gpus.count : room - 1
            for (offset, gpu) in node.gpus.prefix(shown).enumerated() {
                let line = Rect(rect.x, y + 1 + offset, rect.width, 1)
                table.draw((offset, gpu), &canvas, line, isDim: node.isStale, layout: layout)
            }
            y += shown + 2
            if shown < node.gpus.count {
                let more = "\(node.gpus.count - shown) more; \(state.keys.way(to: "gpu")) shows every GPU"
                canvas.put(more, rect.x + 2, rect.y + 1 + shown, Style(.label), limit: rect.width - 2)
            }
        }
        drawBelow(node, &canvas, Rect(rect.x, y, rect.width, rect.maxY - y))
    }

    private func drawBelow(_ node: NodeStatus, _ canvas: inout Canvas, _ rect: Rect) {
        guard rect.height >= 3 else { return }
        let columns = rect.width >= 140 ? 3 : 2
        let width = (rect.width - (columns - 1) * 2) / columns
        let chart = rect.height >= 12 ? min(rect.height / 2, 12) : rect.height
        let charts: [(String, Series, (Double) -> String)] = [
            ("tokens/s", .tokensPerSecond, { NumberText.short($0) }),
            ("KV %", .kvUsage, { NumberText.percent($0) }),
            ("TTFT p50 ms", .ttftP50, { NumberText.milliseconds($0) }),
        ]
        for (index, item) in charts.prefix(columns).enumerated() {
            let values = Timeline(history: history).values(item.1, node: node.name, columns: width)
            let place = Rect(rect.x + index * (width + 2), rect.y, width, chart)
            Panels.chart(item.0, values, &canvas, place, label: item.2)
        }
        let lower = rect.inset(top: chart + 1)
        guard lower.height >= 3 else { return }
        let half = (rect.width - 2) / 2
        let panels = Panels(snapshot: snapshot)
        panels.streams(&canvas, Rect(lower.x, lower.y, half, lower.height), of: node.name)
        panels.events(&canvas, Rect(lower.x + half + 2, lower.y, half, lower.height), of: node.name)
    }
}

/// The columns of a node's GPUs.
private enum GPUColumns {
    typealias Row = (number: Int, gpu: GPUReading)

    static var all: [Column<Row>] {
        [
            Column(["GPU"], 3, priority: 0) { row, _ in .text("\(row.gpu.index ?? row.number)", .title) },
            Column(["HBM %"], 12, ideal: 20, priority: 1, largest: 40) { row, _ in
                let share = share(row.gpu)
                let role = Threshold.hbm.role(share, normal: .hbm)
                return .bar(
                    share, label: NumberText.percent(share), role: role, labelRole: Threshold.hbm.role(share))
            },
            Column(["USED GB"], 7, priority: 2) { row, _ in
                .text(NumberText.gigabytes(row.gpu.memoryUsedBytes))
            },
            Column(["OF GB"], 5, priority: 3) { row, _ in
                .text(NumberText.gigabytes(row.gpu.memoryTotalBytes), .label)
            },
            Column(["BUSY %"], 6, priority: 4) { row, _ in .text(NumberText.percent(row.gpu.utilization)) },
            Column(["TENSOR %"], 8, priority: 7) { row, _ in .text(NumberText.percent(row.gpu.tensorActive))
            },
            Column(["MEM ACTIVE %", "MEM %"], 5, ideal: 12, priority: 8) { row, _ in
                .text(NumberText.percent(row.gpu.memoryActive))
            },
            Column(["WATT"], 5, priority: 5) { row, _ in .text(NumberText.count(row.gpu.powerWatts)) },
            Column(["OF W"], 5, priority: 9) { row, _ in
                .text(NumberText.count(row.gpu.powerLimitWatts), .label)
            },
            Column(["TEMP C"], 6, priority: 6) { row, _ in
                let temperature = row.gpu.temperatureCelsius
                return .text(NumberText.count(temperature), Threshold.temperature.role(temperature))
            },
            Column(["HBM C"], 5, priority: 10) { row, _ in
                .text(NumberText.count(row.gpu.memoryTemperatureCelsius))
            },
            Column(["SM MHZ"], 6, priority: 11) { row, _ in .text(NumberText.count(row.gpu.smClockMHz)) },
            Column(["XID"], 4, priority: 12) { row, _ in
                let xid = row.gpu.lastXid
                return .text(xid.map { String($0) } ?? NumberText.unknown, (xid ?? 0) == 0 ? .text : .alarm)
            },
            Column(["ECC"], 3, priority: 14) { row, _ in
                let errors = row.gpu.uncorrectedErrors
                return .text(NumberText.short(errors), (errors ?? 0) > 0 ? .alarm : .text)
            },
            Column(["HELD BY"], 7, ideal: 10, priority: 15, .left, largest: 24) { row, width in
                let role: Role = ThrottleReason.level(row.gpu) == .normal ? .label : .warning
                return .text(DisplayWidth.clipped(ThrottleReason.words(row.gpu), to: width), role)
            },
            Column(["KIND"], 16, priority: 13, .left, largest: 30) { row, _ in
                .text("\(row.gpu.name ?? "") \(row.gpu.migInstance ?? "")".trimmed, .label)
            },
        ]
    }

    private static func share(_ gpu: GPUReading) -> Double? {
        guard let used = gpu.memoryUsedBytes, let total = gpu.memoryTotalBytes, total > 0 else { return nil }
        return used / total
    }
}
