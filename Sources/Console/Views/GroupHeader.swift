import GatewayCore

/// The row of a group: `-` or `+` for open or folded, the letter of its worst member, its name, how many of it serve,
/// and its sums below the titles of the nodes' numbers.
struct GroupHeader {
    var group: FleetGroup

    /// Columns that a group's name should have.
    private static let roomyName = 24

    func draw(
        _ table: Table<FleetRow>, _ layout: [(column: Int, x: Int, width: Int)], _ canvas: inout Canvas,
        _ rect: Rect, isDim: Bool
    ) {
        var row = FleetRow(group: group)
        if let worst = group.worst, StateWord.rank(worst) > 0 {
            row.model = "\(worst.name) \(StateWord(worst).word)"
        }
        table.draw(row, &canvas, rect, isDim: isDim, isBold: true, layout: layout)
        drawName(layout, &canvas, rect)
        drawRequests(row, table, layout, &canvas, rect)
    }

    /// Over the columns that tell who a node is, and over the first number where these leave little room.
    private func drawName(
        _ layout: [(column: Int, x: Int, width: Int)], _ canvas: inout Canvas, _ rect: Rect
    ) {
        let numbers = layout.filter { $0.column >= FleetColumns.firstNumber }
        let isTight = (numbers.first?.x ?? 0) < Self.roomyName
        let end = rect.x + ((isTight ? numbers.dropFirst() : numbers[...]).first?.x ?? rect.width + 1) - 1
        canvas.fill(Rect(rect.x, rect.y, end - rect.x, 1), Style())
        canvas.put(group.isFolded ? "+" : "-", rect.x + 1, rect.y, Style(.accent, on: .base, .bold))
        if let worst = group.worst.map(StateWord.init) {
            canvas.put(worst.letter, rect.x + 2, rect.y, Style(worst.role, on: .base, .bold))
        }
        let count = "\(group.servingCount)/\(group.nodes.count)"
        let isWhole = group.servingCount == group.nodes.count
        let role = isWhole ? .text : group.worst.map { StateWord($0).role } ?? .text
        let width = DisplayWidth.of(count)
        canvas.putRight(count, endingAt: end, rect.y, Style(role, on: .base, .bold), width: width)
        let room = max(end - rect.x - 5 - width, 0)
        let name = DisplayWidth.shortened(FleetRow.shortModel(group.name), to: room)
        canvas.put(name, rect.x + 4, rect.y, Style(.title, on: .base, .bold), limit: room)
    }

    /// In the place of the latencies, of which a group has none: percentiles of nodes can't be joined.
    private func drawRequests(
        _ row: FleetRow, _ table: Table<FleetRow>, _ layout: [(column: Int, x: Int, width: Int)],
        _ canvas: inout Canvas, _ rect: Rect
    ) {
        let places = layout.filter {
            FleetColumns.latencyPriorities.contains(table.columns[$0.column].priority)
        }
        guard let first = places.first, let last = places.last else { return }
        let mark = row.estimated.contains(.running) && row.running != nil ? "~" : ""
        let text = "run \(mark)\(NumberText.short(row.running)) wait \(NumberText.short(row.waiting))"
        let room = last.x + last.width - first.x
        canvas.putRight(text, endingAt: rect.x + last.x + last.width, rect.y, Style(.text), width: room)
    }
}
