import GatewayCore

/// A node as a narrow row: its state's letter, its name, and what there is room for.
struct CompactCell: FleetCell {
    private var table: Table<FleetRow>
    private var layout: [(column: Int, x: Int, width: Int)]
    private var width: Int
    private var isOld: Bool

    init(grid: FleetGrid, isOld: Bool) {
        table = Table(columns: Self.columns(Self.nameWidth(grid.nodes)))
        width = grid.cellWidth
        layout = table.layout(width: width - 1)
        self.isOld = isOld
    }

    /// Columns that a cell needs for its name, KV and queue, and one to stay apart from the next.
    static func leastWidth(_ nodes: [NodeStatus]) -> Int { nameWidth(nodes) + 12 }

    private static func nameWidth(_ nodes: [NodeStatus]) -> Int {
        min(max(nodes.map { DisplayWidth.of($0.name) }.max() ?? 0, 4), 16)
    }

    private static func columns(_ name: Int) -> [Column<FleetRow>] {
        [
            Column([""], 1, priority: 0, .left) { row, _ in
                row.state.map { .state($0.letter, $0.role, .bold) } ?? .empty
            },
            Column(["NODE"], name, priority: 0, .left, largest: 24) { row, _ in
                .text(row.name, row.isStale ? .faint : .title)
            },
            Column(["KV%", "KV"], 3, priority: 1) { row, _ in
                .text(NumberText.percent(row.kv), Threshold.kv.role(row.kv))
            },
            Column(["PRE"], 3, priority: 2) { row, _ in
                .text(NumberText.short(row.prefill), Threshold.queue.role(row.prefill))
            },
            Column(["TOK/S"], 5, priority: 3) { row, _ in .text(NumberText.short(row.tokens)) },
            Column(["p99"], 5, priority: 4) { row, _ in
                .text(NumberText.milliseconds(row.ttft?.p99), Threshold.ttft.role(row.ttft?.p99))
            },
            Column(["HIT"], 3, priority: 5) { row, _ in .text(NumberText.percent(row.hit)) },
        ]
    }

    func drawTitles(_ canvas: inout Canvas, _ rect: Rect, cells: Int) {
        canvas.fill(rect, Style(.label, on: .bar))
        for cell in 0..<cells {
            table.drawTitles(
                &canvas, Rect(rect.x + cell * width, rect.y, width, 1), layout: layout)
        }
    }

    func draw(_ node: NodeStatus, isSelected: Bool, isMarked: Bool, _ canvas: inout Canvas, _ rect: Rect) {
        let row = FleetRow(node)
        table.draw(row, &canvas, rect, isDim: isOld || row.isStale, layout: layout)
        let cell = Rect(rect.x, rect.y, rect.width - 1, 1)
        if isSelected { canvas.lift(cell, to: .selected) }
        guard isSelected || isMarked else { return }
        let surface = isSelected ? Surface.selected : .base
        canvas.put(isMarked ? "•" : "▸", cell.x, cell.y, Style(.accent, on: surface, .bold))
    }
}
