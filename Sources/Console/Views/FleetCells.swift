import GatewayCore

/// The fleet's nodes beside each other: narrow rows, or a map with a character for each.
struct FleetCells {
    var grid: FleetGrid
    var snapshot: Snapshot
    var state: ScreenState
    /// All of the picture is old.
    var isOld: Bool

    /// - Returns: the lines that it took.
    func draw(_ canvas: inout Canvas, _ rect: Rect) -> Int {
        let cells: any FleetCell =
            switch grid.shape {
            case .rows, .compact: CompactCell(grid: grid, isOld: isOld)
            case .kv: MapCell(measure: .kv, grid: grid, isOld: isOld)
            case .queue: MapCell(measure: .queue, grid: grid, isOld: isOld)
            }
        cells.drawTitles(&canvas, Rect(rect.x, rect.y, rect.width, 1), cells: grid.cellsPerRow)
        let total = SummaryLine(FleetRow(total: snapshot))
        total.draw("ALL \(NumberText.count(snapshot.nodes.count))", &canvas, rect.inset(left: 1, top: 1))
        let cursor = fleetCursor(grid.lines, state)
        if grid.shape.isMap { drawSelected(cursor, &canvas, rect.inset(left: 1, top: 2)) }
        let body = rect.inset(top: grid.shape.headHeight)
        let selected = cursor.map(grid.row(of:)) ?? 0
        let first = Scrolling.first(selected: selected, count: grid.rows.count, height: body.height)
        for (offset, row) in grid.rows.dropFirst(first).prefix(body.height).enumerated() {
            for line in row {
                let x = body.x + (grid.shape.isMap ? 1 : 0) + (line - row.lowerBound) * grid.cellWidth
                var place = Rect(x, body.y + offset, grid.cellWidth, 1)
                switch grid.lines[line] {
                case .header(let group):
                    place = Rect(body.x, place.y, body.width, 1)
                    draw(group, isSelected: line == cursor, &canvas, place)
                case .node(let node):
                    let isMarked = state.marks.contains(node.name)
                    cells.draw(node, isSelected: line == cursor, isMarked: isMarked, &canvas, place)
                }
                canvas.aim(place, at: grid.lines[line].target)
            }
        }
        return grid.shape.headHeight + min(grid.rows.count, body.height)
    }

    private func draw(_ group: FleetGroup, isSelected: Bool, _ canvas: inout Canvas, _ rect: Rect) {
        let isMarked = group.nodes.allSatisfy { state.marks.contains($0.name) }
        canvas.put(group.isFolded ? "+" : "-", rect.x + 1, rect.y, Style(.accent, on: .base, .bold))
        if let worst = group.worst.map(StateWord.init) {
            canvas.put(worst.letter, rect.x + 2, rect.y, Style(worst.role, on: .base, .bold))
        }
        let name = "\(FleetRow.shortModel(group.name)) \(group.servingCount)/\(group.nodes.count)"
        SummaryLine(FleetRow(group: group)).draw(name, &canvas, rect.inset(left: 4))
        canvas.lift(rect, to: isSelected ? .selected : .bar)
        let mark = isMarked ? "•" : isSelected ? "▸" : " "
        canvas.put(mark, rect.x, rect.y, Style(.accent, on: isSelected ? .selected : .bar, .bold))
    }

    /// A map has no names: that of the selected node stands above it, with its numbers.
    private func drawSelected(_ cursor: Int?, _ canvas: inout Canvas, _ rect: Rect) {
        guard let cursor, case .node(let node) = grid.lines[cursor] else { return }
        let name = "\(node.name) \(StateWord(node).word)"
        SummaryLine(FleetRow(node)).draw(name, &canvas, rect)
    }
}

/// How one node is drawn among many.
protocol FleetCell {
    func drawTitles(_ canvas: inout Canvas, _ rect: Rect, cells: Int)
    func draw(_ node: NodeStatus, isSelected: Bool, isMarked: Bool, _ canvas: inout Canvas, _ rect: Rect)
}

/// A name and the numbers of one or many nodes in words, as many as fit.
struct SummaryLine {
    private var pairs: [(name: String, value: String, role: Role)]

    init(_ row: FleetRow) {
        let queued = row.kind == .node ? Threshold.queue.role(row.prefill) : .text
        pairs = [
            ("KV", Self.percent(row.kv), Threshold.kv.role(row.kv)),
            ("prefill", NumberText.short(row.prefill), queued),
            ("decode", NumberText.short(row.decode), .text),
            ("waiting", NumberText.short(row.waiting), .text),
            ("tok/s", NumberText.count(row.tokens), .text),
            ("hit", Self.percent(row.hit), .text),
            ("HBM", Self.percent(row.hbmShare), Threshold.hbm.role(row.hbmShare)),
        ]
        if let ttft = row.ttft {
            let text = "\(NumberText.milliseconds(ttft.p50))/\(NumberText.milliseconds(ttft.p99))ms"
            pairs.insert(("TTFT", text, Threshold.ttft.role(ttft.p99)), at: 4)
        }
        pairs.append(("$/M", NumberText.dollars(row.dollars), .text))
    }

    private static func percent(_ ratio: Double?) -> String {
        ratio == nil ? NumberText.unknown : NumberText.percent(ratio) + "%"
    }

    func draw(_ name: String, _ canvas: inout Canvas, _ rect: Rect) {
        var x = rect.x
        let shortened = DisplayWidth.shortened(name, to: min(rect.width, 32))
        x += canvas.put(shortened, x, rect.y, Style(.title, on: .base, .bold), limit: rect.width) + 2
        for pair in pairs {
            guard x + DisplayWidth.of(pair.name) + 1 + DisplayWidth.of(pair.value) <= rect.maxX else {
                return
            }
            x += canvas.put(pair.name + " ", x, rect.y, Style(.label))
            x += canvas.put(pair.value, x, rect.y, Style(pair.role, on: .base, .bold)) + 2
        }
    }
}
