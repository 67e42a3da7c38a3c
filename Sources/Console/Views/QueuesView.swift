import GatewayCore

/// Who waits where: each node's prefill and decode queue with its past, and the gateway's own queue by model.
struct QueuesView {
    var snapshot: Snapshot
    var history: History
    var state: ScreenState

    private static let chartHeight = 6

    func draw(_ canvas: inout Canvas, _ rect: Rect) {
        let nodes = visibleNodes(snapshot, state)
        let own = GatewayQueue(snapshot: snapshot)
        let ownHeight = min(own.height, max(rect.height - 15, 0))
        let tableHeight = min(nodes.count + 2, rect.height - (ownHeight > 0 ? ownHeight + 1 : 0))
        drawNodes(nodes, &canvas, Rect(rect.x, rect.y, rect.width, tableHeight))
        var rest = rect.inset(left: 1, top: tableHeight + 1, right: 1)
        guard ownHeight > 0 else { return }
        own.draw(&canvas, Rect(rest.x, rest.y, rest.width, ownHeight))
        rest = rest.inset(top: ownHeight + (rest.height > ownHeight + Self.chartHeight ? 1 : 0))
        guard rest.height >= 3 else { return }
        let height = min(rest.height, rest.height >= 20 ? Self.chartHeight + 4 : Self.chartHeight)
        FleetCharts(snapshot: snapshot, history: history).draw(
            [FleetCharts.waiting, FleetCharts.running, FleetCharts.ttft], lines: 1, height: height, &canvas,
            rest)
        let lists = rest.inset(top: height + 1)
        if lists.height >= 3 { drawLists(&canvas, lists) }
    }

    private func drawNodes(_ nodes: [NodeStatus], _ canvas: inout Canvas, _ rect: Rect) {
        let ages = WaitingAges(snapshot)
        let table = Table(columns: QueueColumns(history: history, nodes: nodes).columns)
        let layout = table.layout(width: rect.width)
        table.drawTitles(&canvas, rect, layout: layout)
        table.draw(
            QueueRow(total: snapshot, ages), &canvas, rect.inset(top: 1), isBold: true, layout: layout)
        let body = rect.inset(top: 2)
        guard !nodes.isEmpty else { return }
        let selected = nodes.firstIndex { $0.name == state.selectedNode }
        let first = Scrolling.first(selected: selected ?? 0, count: nodes.count, height: body.height)
        for (offset, node) in nodes.dropFirst(first).prefix(body.height).enumerated() {
            let line = Rect(body.x, body.y + offset, body.width, 1)
            table.draw(QueueRow(node, ages), &canvas, line, isDim: node.isStale, layout: layout)
            canvas.aim(line, at: .node(node.name))
            guard first + offset == selected else { continue }
            canvas.lift(line, to: .selected)
            canvas.put("▸", line.x, line.y, Style(.accent, on: .selected, .bold))
        }
    }

    private func drawLists(_ canvas: inout Canvas, _ rect: Rect) {
        var waiting = snapshot
        waiting.streams = snapshot.streams.filter { $0.phase != .decode }
        let half = rect.width >= 110 ? (rect.width - 2) / 2 : rect.width
        Panels(snapshot: waiting).streams(
            &canvas, Rect(rect.x, rect.y, half, rect.height), title: "Oldest before their first token")
        guard half < rect.width else { return }
        RouteReasons(snapshot: snapshot).draw(
            &canvas, Rect(rect.x + half + 2, rect.y, rect.width - half - 2, rect.height))
    }
}

/// The requests that wait in the gateway for a node, a line for each model.
private struct GatewayQueue {
    var snapshot: Snapshot

    private static let mostModels = 4

    var height: Int { snapshot.queues.isEmpty ? 2 : min(snapshot.queues.count, Self.mostModels) + 2 }

    func draw(_ canvas: inout Canvas, _ rect: Rect) {
        guard rect.height >= 2 else { return }
        let most = NumberText.count(Double(snapshot.gateway.queueCapacity))
        Panels.heading(
            "In the gateway itself: \(snapshot.gateway.queued) wait for a node; of each model \(most) may",
            &canvas, rect)
        guard !snapshot.queues.isEmpty else {
            let totals = snapshot.totals
            let text =
                "Nobody waits. Refused since the start: queue full \(NumberText.short(Double(totals.queueFull))), "
                + "too late \(NumberText.short(Double(totals.queueExpired))), "
                + "no memory \(NumberText.short(Double(totals.shed)))."
            canvas.put(DisplayWidth.clipped(text, to: rect.width), rect.x, rect.y + 1, Style(.label))
            return
        }
        let list = ListDrawing(
            table: Table(columns: Self.columns, gutter: 0),
            rows: Array(snapshot.queues.prefix(rect.height - 2)),
            selected: nil, empty: "")
        list.draw(&canvas, rect.inset(top: 1))
    }

    private static var columns: [Column<QueueStatus>] {
        [
            Column(["MODEL"], 12, ideal: 24, priority: 0, .left, largest: 40) { queue, _ in
                .text(FleetRow.shortModel(queue.model), .title)
            },
            Column(["HIGH"], 5, priority: 3) { queue, _ in .text(NumberText.short(Double(queue.high))) },
            Column(["NORMAL"], 6, priority: 4) { queue, _ in .text(NumberText.short(Double(queue.normal))) },
            Column(["LOW"], 5, priority: 5) { queue, _ in .text(NumberText.short(Double(queue.low))) },
            Column(["TOKENS"], 7, priority: 6) { queue, _ in
                .text("~" + NumberText.short(Double(queue.tokens)))
            },
            Column(["OLDEST"], 6, priority: 1) { queue, _ in
                .text(NumberText.span(queue.oldestSeconds), .warning)
            },
            Column(["LEAVE/S"], 7, priority: 7) { queue, _ in .text(NumberText.rate(queue.drainPerSecond)) },
            Column(["CLEARS IN"], 9, priority: 2) { queue, _ in
                let seconds = QueueRow.seconds(Double(queue.count), queue.drainPerSecond)
                return .text(seconds.map { "~" + NumberText.span($0) } ?? NumberText.unknown)
            },
        ]
    }
}

/// The columns of the nodes' queues.
private struct QueueColumns {
    var history: History
    var nodes: [NodeStatus]

    var columns: [Column<QueueRow>] { identity + counts + limits + times + past }

    private var identity: [Column<QueueRow>] {
        let longest = min(max(nodes.map { DisplayWidth.of($0.name) }.max() ?? 8, 8), 16)
        return [
            Column([""], 1, priority: 0, .left) { row, _ in
                guard let word = row.node.map(StateWord.init) else { return .empty }
                return .state(word.letter, word.role, .bold)
            },
            Column(["NODE"], min(longest, 12), ideal: longest, priority: 0, .left, largest: 24) { row, _ in
                .text(row.name, .title)
            },
            Column(["ROLE"], 7, priority: 16, .left) { row, _ in
                row.node.map { .text($0.role.rawValue, .label) } ?? .empty
            },
        ]
    }

    private var counts: [Column<QueueRow>] {
        [
            Column(["PREFILL", "PRE"], 5, ideal: 7, priority: 1) { row, _ in
                let role = row.node == nil ? .text : Threshold.queue.role(row.prefill)
                return .text(mark(row, .queues, NumberText.short(row.prefill)), role)
            },
            Column(["DECODE", "DEC"], 5, ideal: 6, priority: 2) { row, _ in
                .text(mark(row, .queues, NumberText.short(row.decode)))
            },
            Column(["RUN"], 5, priority: 3) { row, _ in
                .text(mark(row, .running, NumberText.short(row.running)))
            },
            Column(["WAIT"], 5, priority: 4) { row, _ in
                let role = row.node == nil ? .text : Threshold.queue.role(row.waiting)
                return .text(mark(row, .waiting, NumberText.short(row.waiting)), role)
            },
        ]
    }

    /// What of a node's limit is taken; nothing where no node has one.
    private var limits: [Column<QueueRow>] {
        guard nodes.contains(where: { $0.limit != nil }) else { return [] }
        return [
            Column(["LIMIT"], 7, priority: 10) { row, _ in
                guard let node = row.node else { return .empty }
                guard let limit = node.limit else { return .text("none", .label) }
                let usual: Role = limit == node.configuredLimit ? .text : .accent
                return .text("\(node.active)/\(limit)", node.active >= limit ? .warning : usual)
            }
        ]
    }

    private var times: [Column<QueueRow>] {
        [
            Column(["OLDEST"], 6, priority: 5) { row, _ in
                guard row.hasOldest else { return .text("none", .label) }
                return .text(NumberText.span(row.oldest), Threshold.ttft.role(row.oldest))
            },
            Column(["CLEARS IN", "CLEARS"], 6, ideal: 9, priority: 6) { row, _ in
                guard let seconds = row.secondsToClear else { return .text(NumberText.unknown) }
                return seconds > 0 ? .text("~" + NumberText.span(seconds)) : .text("now", .label)
            },
            Column(["REQ/S"], 5, priority: 8) { row, _ in .text(NumberText.rate(row.rate)) },
            Column(["KV %", "KV"], 4, ideal: 12, priority: 17) { row, _ in
                .bar(
                    row.kv, label: NumberText.percent(row.kv), role: Threshold.kv.role(row.kv, normal: .kv),
                    labelRole: Threshold.kv.role(row.kv))
            },
            Column(["PREEMPTED"], 9, priority: 18) { row, _ in .text(NumberText.short(row.preemptions)) },
            Column(["TTFT p99"], 8, priority: 19) { row, _ in
                guard let node = row.node else { return .empty }
                return .text(NumberText.milliseconds(node.ttft?.p99), Threshold.ttft.role(node.ttft?.p99))
            },
        ]
    }

    private var past: [Column<QueueRow>] {
        [trend("WAIT TREND", .waiting, priority: 7), trend("RUN TREND", .running, priority: 9)]
    }

    private func trend(_ title: String, _ series: Series, priority: Int) -> Column<QueueRow> {
        let trends = Trends(series, history, of: nodes)
        return Column([title], 10, ideal: 16, priority: priority, .left, largest: 40) { row, width in
            row.node.map { trends.cell($0.name, width: width) } ?? .empty
        }
    }

    /// `~` before what the gateway estimated.
    private func mark(_ row: QueueRow, _ field: EstimatedFields, _ text: String) -> String {
        text != NumberText.unknown && row.estimated.contains(field) ? "~" + text : text
    }
}
