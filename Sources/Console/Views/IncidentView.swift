import GatewayCore

/// Only what is abnormal, the worst first, the reason in words; else what was checked and found well.
struct IncidentView {
    var snapshot: Snapshot
    var history: History
    var state: ScreenState

    /// Lines that one node's reasons may take.
    private static let mostLines = 6
    /// Of the alerts that are shown.
    private static let mostAlerts = 8

    func draw(_ canvas: inout Canvas, _ rect: Rect) {
        let incidents = Incidents(snapshot, visibleNodes(snapshot, state))
        let inside = rect.inset(left: 1, right: 1)
        let (text, role) = summary(incidents)
        canvas.put(
            DisplayWidth.clipped(text, to: inside.width), inside.x, rect.y, Style(role, on: .base, .bold))
        var y = rect.y + 1
        for (text, role) in Incidents.ofGateway(snapshot).prefix(4) where y < rect.maxY {
            canvas.put(DisplayWidth.clipped(text, to: inside.width), inside.x, y, Style(role))
            y += 1
        }
        if !incidents.rows.isEmpty {
            y += drawRows(incidents, &canvas, Rect(rect.x, y, rect.width, rect.maxY - y))
        }
        var rest = Rect(inside.x, y + 1, inside.width, rect.maxY - y - 1)
        if !state.alerts.all.isEmpty {
            let height = min(state.alerts.all.count + 1, Self.mostAlerts + 1, rest.height / 2)
            drawAlerts(&canvas, Rect(rest.x, rest.y, rest.width, height))
            rest = rest.inset(top: height + 1)
        }
        if rest.height >= 4 { drawBelow(incidents, &canvas, rest) }
    }

    private func summary(_ incidents: Incidents) -> (String, Role) {
        let abnormal = incidents.rows.filter { $0.findings.contains { $0.role != .label } }
        let all = NumberText.plural(snapshot.nodes.count, "node")
        var parts: [String] = []
        if let odd = incidents.peers.oddities.first {
            parts.append("the odd one is \(odd.node): \(odd.words)")
        }
        guard let worst = abnormal.first, let finding = worst.findings.first else {
            let isWell = Incidents.ofGateway(snapshot).isEmpty
            let quiet = isWell ? "Nothing is abnormal" : "No node is abnormal"
            return ("\(quiet): \(all) checked" + scope, isWell ? .good : .warning)
        }
        parts.insert("\(abnormal.count) of \(all) abnormal\(scope), the worst is \(worst.node.name)", at: 0)
        return (parts.joined(separator: " · "), finding.role)
    }

    private var scope: String {
        state.activeFilter.isEmpty ? "" : " (of those that match \(state.activeFilter))"
    }

    /// - Returns: how many rows of the screen it took.
    private func drawRows(_ incidents: Incidents, _ canvas: inout Canvas, _ rect: Rect) -> Int {
        let table = Table(columns: columns(incidents.rows))
        let layout = table.layout(width: rect.width)
        table.drawTitles(&canvas, rect, layout: layout)
        let body = rect.inset(top: 1)
        guard let why = layout.first(where: { table.columns[$0.column].titles == ["WHY"] }) else { return 1 }
        let lines = incidents.rows.enumerated().flatMap { index, row in
            Self.wrapped(row, to: why.width).enumerated().map { (row: index, line: $0, part: $1) }
        }
        let isSelected = { (row: Int) in incidents.rows[row].node.name == state.selectedNode }
        let selected = lines.lastIndex { isSelected($0.row) } ?? 0
        let first = Scrolling.first(selected: selected, count: lines.count, height: body.height)
        for (offset, item) in lines.dropFirst(first).prefix(body.height).enumerated() {
            let place = Rect(body.x, body.y + offset, body.width, 1)
            if item.line == 0 || offset == 0 {
                let node = incidents.rows[item.row]
                table.draw(node, &canvas, place, isDim: node.node.isStale, layout: layout)
            }
            canvas.aim(place, at: .node(incidents.rows[item.row].node.name))
            canvas.put(item.part.text, place.x + why.x, place.y, Style(item.part.role), limit: why.width)
            guard isSelected(item.row) else { continue }
            canvas.lift(place, to: .selected)
            if item.line == 0 { canvas.put("▸", place.x, place.y, Style(.accent, on: .selected, .bold)) }
        }
        return 1 + min(lines.count, body.height)
    }

    private static func wrapped(_ row: IncidentRow, to width: Int) -> [(text: String, role: Role)] {
        let lines = row.reasons.flatMap { reason in
            WrappedText.lines(reason.text, width: width).map { (text: $0, role: reason.role) }
        }
        return Array(lines.prefix(mostLines))
    }

    private func columns(_ rows: [IncidentRow]) -> [Column<IncidentRow>] {
        let longest = rows.map { DisplayWidth.of($0.node.name) }.max() ?? 8
        let trends = Trends(.ttftP50, history, of: rows.map(\.node))
        return [
            Column([""], 1, priority: 0, .left) { row, _ in
                let word = StateWord(row.node)
                return .state(word.letter, word.role, .bold)
            },
            Column(["NODE"], min(max(longest, 4), 12), ideal: min(max(longest, 4), 24), priority: 1, .left) {
                row, _ in
                .text(row.node.name, .title)
            },
            Column(["WHY"], 30, ideal: 60, priority: 2, .left, largest: 400) { _, _ in .empty },
            Column(["KV %"], 4, ideal: 12, priority: 3) { row, _ in
                let usage = row.node.kvUsage
                return .bar(
                    usage, label: NumberText.percent(usage), role: Threshold.kv.role(usage, normal: .kv),
                    labelRole: Threshold.kv.role(usage))
            },
            Column(["HIT %"], 5, priority: 16) { row, _ in .text(NumberText.percent(row.node.prefixHitRate))
            },
            Column(["QUEUE"], 5, priority: 4) { row, _ in
                let queue = SortKey.queue.value(row.node)
                return .text(NumberText.short(queue), Threshold.queue.role(queue))
            },
            Column(["TTFT p99"], 8, priority: 5) { row, _ in
                .text(
                    NumberText.milliseconds(row.node.ttft?.p99), Threshold.ttft.role(row.node.ttft?.p99))
            },
            Column(["STREAMS"], 7, priority: 17) { row, _ in .text("\(row.node.active)") },
            Column(["TTFT p50 TREND"], 14, ideal: 24, priority: 18, .left, largest: 24) { row, width in
                trends.cell(row.node.name, width: width)
            },
        ]
    }

    /// What was told since this console came, the newest first.
    private func drawAlerts(_ canvas: inout Canvas, _ rect: Rect) {
        guard rect.height >= 2 else { return }
        Panels.heading("Alerts, \(state.alerts.lasting) last", &canvas, rect)
        for (offset, alert) in state.alerts.all.prefix(rect.height - 1).enumerated() {
            let y = rect.y + 1 + offset
            let role: Role = alert.ended == nil ? alert.finding.role : .label
            let span = NumberText.span((alert.ended ?? snapshot.time) - alert.began)
            let text = "\(NumberText.clock(alert.began)) for \(span)  \(alert.node)  \(alert.words)"
            canvas.put(alert.ended == nil ? "▲" : "✓", rect.x, y, Style(role))
            canvas.put(DisplayWidth.clipped(text, to: rect.width - 2), rect.x + 2, y, Style(role))
        }
    }

    private func drawBelow(_ incidents: Incidents, _ canvas: inout Canvas, _ rect: Rect) {
        let checks = Checks(snapshot: snapshot, peers: incidents.peers).group
        guard rect.width >= 110 else { return checks.draw(&canvas, rect) }
        let half = (rect.width - 2) / 2
        checks.draw(&canvas, Rect(rect.x, rect.y, half, rect.height))
        let right = Rect(rect.x + half + 2, rect.y, half, rect.height)
        let height = checks.facts.count + 2
        Panels(snapshot: snapshot).events(
            &canvas, Rect(right.x, right.y, half, min(height - 1, right.height)))
        FleetDeck(snapshot: snapshot, history: history, state: state)
            .drawCharts(&canvas, rect.inset(top: height))
    }
}

/// Text in lines of a width, broken between words where it can be.
enum WrappedText {
    static func lines(_ text: String, width: Int) -> [String] {
        guard width > 0 else { return [] }
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            let joined = line.isEmpty ? String(word) : line + " " + word
            if DisplayWidth.of(joined) <= width {
                line = joined
            } else {
                if !line.isEmpty { lines.append(line) }
                line = DisplayWidth.clipped(String(word), to: width)
            }
        }
        return line.isEmpty ? lines : lines + [line]
    }
}
