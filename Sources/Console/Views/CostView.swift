import GatewayCore

/// Who spends how much: by tenant, model, node or session, with what of it was in vain.
struct CostView {
    var snapshot: Snapshot
    var state: ScreenState

    func draw(_ canvas: inout Canvas, _ rect: Rect) {
        let rows = visibleSpenders(snapshot, state)
        let words = CostWords(snapshot: snapshot, rows: rows)
        let inside = rect.inset(left: 1, right: 1)
        canvas.put(
            DisplayWidth.clipped(words.headline, to: inside.width), inside.x, rect.y,
            Style(.title, on: .base, .bold))
        canvas.put(DisplayWidth.clipped(words.idle, to: inside.width), inside.x, rect.y + 1, Style(.label))
        canvas.put(
            DisplayWidth.clipped(CostWords.basis, to: inside.width), inside.x, rect.maxY - 1, Style(.label))
        let selected = spenderCursor(rows, state)
        let split = SideBySide(
            rect.inset(top: 2, bottom: 1), rows: rows.count + 2, detailHeight: CostDetail.height)
        drawTable(rows, selected, &canvas, split.table)
        if split.isBeside { drawOthers(&canvas, split.table.inset(top: rows.count + 3)) }
        guard let place = split.detail, let selected else { return }
        CostDetail(row: rows[selected], snapshot: snapshot).draw(&canvas, place)
    }

    /// The same by the other dimensions, the first rows of each.
    private func drawOthers(_ canvas: inout Canvas, _ rect: Rect) {
        var place = rect
        var other = state
        for left in (1..<CostDimension.allCases.count).reversed() {
            other.costBy = CostActions.next(after: other.costBy)
            let rows = Array(visibleSpenders(snapshot, other).prefix(max(place.height / left - 2, 0)))
            guard !rows.isEmpty else { continue }
            let table = CostTable(snapshot: snapshot, rows: rows, title: other.costBy.rawValue)
            ListDrawing(table: Table(columns: table.columns), rows: rows, empty: "").draw(&canvas, place)
            place = place.inset(top: rows.count + 2)
        }
    }

    private func drawTable(
        _ rows: [SpendingRow], _ selected: Int?, _ canvas: inout Canvas, _ rect: Rect
    ) {
        let title = state.costBy.rawValue
        let table = Table(columns: CostTable(snapshot: snapshot, rows: rows, title: title).columns)
        if let all = snapshot.allSpending, rect.height > 2 {
            table.draw(
                all, &canvas, rect.inset(top: 1), isBold: true, layout: table.layout(width: rect.width))
        }
        ListDrawing(
            table: table, rows: rows, selected: selected,
            empty: snapshot.spending.isEmpty
                ? "Nobody has spent anything yet." : "No \(title) matches; Esc clears the filter.",
            target: { .spender($0.title) }
        ).draw(&canvas, rect, below: 1)
    }
}

/// The row that the operator went to, else the first.
func spenderCursor(_ rows: [SpendingRow], _ state: ScreenState) -> Int? {
    guard !rows.isEmpty else { return nil }
    return state.selectedSpender.flatMap { title in rows.firstIndex { $0.title == title } } ?? 0
}

/// A table, and what is known of its selected row beside it or below it, where there is room.
struct SideBySide {
    var table: Rect
    var detail: Rect?
    var isBeside: Bool { detail?.y == table.y }

    /// - rows: of the table, its titles included.
    init(_ rect: Rect, rows: Int, detailHeight: Int) {
        if rect.width >= 160 {
            let width = rect.width * 3 / 5
            table = Rect(rect.x, rect.y, width, rect.height)
            detail = Rect(rect.x + width + 2, rect.y, rect.width - width - 3, rect.height)
            return
        }
        table = rect
        let below = rect.height - min(rows, rect.height / 2) - 1
        guard below >= detailHeight else { return }
        table = Rect(rect.x, rect.y, rect.width, rect.height - below - 1)
        detail = Rect(rect.x + 1, rect.maxY - below, rect.width - 2, below)
    }
}
