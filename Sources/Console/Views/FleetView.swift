import GatewayCore

/// The nodes, under headers where they are grouped, the total pinned above; what is below them tells the last minutes.
struct FleetView {
    var snapshot: Snapshot
    var history: History
    var state: ScreenState

    func draw(_ canvas: inout Canvas, _ rect: Rect) {
        let grid = FleetGrid(snapshot, state)
        let used =
            grid.shape == .rows
            ? drawRows(grid, &canvas, rect)
            : FleetCells(grid: grid, snapshot: snapshot, state: state, isOld: isOld).draw(&canvas, rect)
        if grid.lines.isEmpty { return drawNothing(&canvas, rect.inset(top: used)) }
        let rest = rect.inset(top: used + 1)
        guard rest.height >= FleetDeck.minimumHeight else { return }
        FleetDeck(snapshot: snapshot, history: history, state: state).draw(&canvas, rest)
    }

    /// A row for each node.
    ///
    /// - Returns: the lines that it took.
    private func drawRows(_ grid: FleetGrid, _ canvas: inout Canvas, _ rect: Rect) -> Int {
        let table = Table(columns: columns(grid.nodes, rect.width).columns)
        let layout = table.layout(width: rect.width)
        table.drawTitles(&canvas, rect, layout: layout)
        let total = FleetRow(total: snapshot)
        table.draw(total, &canvas, rect.inset(top: 1), isDim: isOld, isBold: true, layout: layout)
        let body = rect.inset(top: 2)
        let rows = entries(of: grid.lines)
        let cursor = fleetCursor(grid.lines, state)
        let selected = rows.firstIndex { $0.line == cursor } ?? 0
        let first = Scrolling.first(selected: selected, count: rows.count, height: body.height)
        for (offset, row) in rows.dropFirst(first).prefix(body.height).enumerated() {
            let place = Rect(body.x, body.y + offset, body.width, 1)
            draw(row, isSelected: row.line == cursor, table, layout, &canvas, place)
            canvas.aim(place, at: grid.lines[row.line].target)
        }
        return 2 + min(rows.count, body.height)
    }

    /// One row of the screen and the line of the list that it belongs to.
    private struct Entry {
        enum Content {
            case header(FleetGroup)
            case node(NodeStatus)
            case gpu(FleetRow)
        }

        var line: Int
        var content: Content
    }

    /// A header's or a node's row and, where wanted, one for each of the node's GPUs.
    private func entries(of lines: [FleetLine]) -> [Entry] {
        lines.enumerated().flatMap { index, line -> [Entry] in
            switch line {
            case .header(let group): return [Entry(line: index, content: .header(group))]
            case .node(let node):
                let gpus = (state.showsGPUs ? node.gpus : []).enumerated().map {
                    Entry(line: index, content: .gpu(FleetRow($1, number: $0, of: node)))
                }
                return [Entry(line: index, content: .node(node))] + gpus
            }
        }
    }

    private func draw(
        _ entry: Entry, isSelected: Bool, _ table: Table<FleetRow>,
        _ layout: [(column: Int, x: Int, width: Int)], _ canvas: inout Canvas, _ rect: Rect
    ) {
        let isMarked: Bool
        switch entry.content {
        case .gpu(let row):
            table.draw(row, &canvas, rect, isDim: isOld || row.isStale, layout: layout)
            return drawGPU(row, table, layout, &canvas, rect)
        case .node(let node):
            isMarked = state.marks.contains(node.name)
            let row = FleetRow(node)
            table.draw(row, &canvas, rect, isDim: isOld || row.isStale, layout: layout)
        case .header(let group):
            isMarked = group.nodes.allSatisfy { state.marks.contains($0.name) }
            GroupHeader(group: group).draw(table, layout, &canvas, rect, isDim: isOld)
            if !isSelected { canvas.lift(rect, to: .bar) }
        }
        if isMarked { canvas.put("•", rect.x, rect.y, Style(.accent, on: .base, .bold)) }
        guard isSelected else { return }
        canvas.lift(rect, to: .selected)
        if !isMarked { canvas.put("▸", rect.x, rect.y, Style(.accent, on: .selected, .bold)) }
    }

    /// All of the picture is old: the gateway does not answer.
    private var isOld: Bool {
        if case .lost = state.connection { return true }
        return false
    }

    /// What a GPU does, where the columns for it did not fit.
    private func drawGPU(
        _ row: FleetRow, _ table: Table<FleetRow>, _ layout: [(column: Int, x: Int, width: Int)],
        _ canvas: inout Canvas, _ rect: Rect
    ) {
        let titles = layout.map { table.columns[$0.column].titles }
        guard !titles.contains(where: { $0.contains("GPU %") }),
            let place = layout.first(where: { table.columns[$0.column].titles.contains("KV") })
        else { return }
        let power = NumberText.count(row.power)
        let temperature = NumberText.count(row.temperature)
        let text =
            "busy \(NumberText.percent(row.utilization))%  \(power) W  \(temperature) C  \(row.model ?? "")"
        let room = max(rect.width - place.x, 0)
        canvas.put(DisplayWidth.clipped(text, to: room), rect.x + place.x, rect.y, Style(.label))
    }

    private func columns(_ nodes: [NodeStatus], _ width: Int) -> FleetColumns {
        let longest = nodes.map { DisplayWidth.of($0.name) }.max() ?? 8
        let detail = nodes.contains { FleetRow($0).stateDetail != nil }
        return FleetColumns(
            tokens: Trends(.tokensPerSecond, history, of: nodes), ttft: Trends(.ttftP50, history, of: nodes),
            nameWidth: min(max(longest, 8), 16), stateWidth: detail ? 17 : 9)
    }

    private func drawNothing(_ canvas: inout Canvas, _ rect: Rect) {
        let text =
            if snapshot.nodes.isEmpty {
                "No node is configured: start with signalbox http://HOST:PORT or add nodes to the configuration."
            } else if state.faultsOnly {
                "No node has a fault. ! shows all \(snapshot.nodes.count)."
            } else {
                "No node matches \(state.activeFilter). Esc clears the filter."
            }
        canvas.put(text, rect.x + 2, rect.y + 1, Style(.label), limit: rect.width - 3)
    }
}

/// Which part of a long list is shown.
enum Scrolling {
    /// The first row, by whole half pages, so that moving by one does not shift all rows.
    static func first(selected: Int, count: Int, height: Int) -> Int {
        guard height > 0, count > height, selected >= height else { return 0 }
        let step = max(height / 2, 1)
        let pages = (selected - height) / step + 1
        return min(pages * step, count - height)
    }
}
