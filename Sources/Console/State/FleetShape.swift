import GatewayCore

/// How the fleet view draws its nodes.
package enum FleetShape: String, CaseIterable, Sendable {
    /// A row for each node.
    case rows
    /// Narrow rows beside each other.
    case compact
    /// A map, a character for each node: how much of its KV cache is in use.
    case kv
    /// A map of the requests that wait on each node.
    case queue

    var isMap: Bool { self == .kv || self == .queue }

    /// Lines above the nodes: titles and the total, in a map also the selected node.
    var headHeight: Int { isMap ? 3 : 2 }

    /// For the status line.
    var fact: String {
        switch self {
        case .rows: "a row each"
        case .compact: "compact"
        case .kv: "KV map"
        case .queue: "queue map"
        }
    }
}

/// The lines of the fleet view, and which of them share a row of the screen.
package struct FleetGrid {
    package var shape: FleetShape
    /// Those that are visible, folded or not.
    package var nodes: [NodeStatus]
    package var lines: [FleetLine]
    /// Indices of `lines`: a header has a row alone.
    package var rows: [Range<Int>]
    /// Columns that one node takes.
    package var cellWidth: Int
    /// Nodes that one row takes.
    package var cellsPerRow: Int

    package init(_ snapshot: Snapshot, _ state: ScreenState) {
        nodes = visibleNodes(snapshot, state)
        let body = ScreenLayout.body(state)
        lines = fleetLines(nodes, snapshot, state.grouping, mostNodes: Grouping.mostRows)
        shape = Self.shape(state, lines.count, body.height)
        (rows, cellWidth, cellsPerRow) = ([], body.width, 1)
        switch shape {
        case .rows: rows = Self.rows(lines, 1)
        case .compact:
            cellsPerRow = max(body.width / CompactCell.leastWidth(nodes), 1)
            cellWidth = body.width / cellsPerRow
            unfold(snapshot, state.grouping, mostNodes: Grouping.mostRows * cellsPerRow)
            rows = Self.rows(lines, cellsPerRow)
        case .kv, .queue:
            unfold(snapshot, state.grouping, mostNodes: .max)
            for width in MapCell.widths
            where cellWidth == body.width || rows.count > body.height - shape.headHeight {
                cellWidth = width
                cellsPerRow = max((body.width - 2) / width, 1)
                rows = Self.rows(lines, cellsPerRow)
            }
        }
    }

    /// More nodes have room under a header where they stand beside each other.
    private mutating func unfold(_ snapshot: Snapshot, _ grouping: Grouping, mostNodes: Int) {
        guard grouping.key != .none else { return }
        lines = fleetLines(nodes, snapshot, grouping, mostNodes: mostNodes)
    }

    /// What the operator chose, else rows as long as they fit.
    private static func shape(_ state: ScreenState, _ lines: Int, _ height: Int) -> FleetShape {
        if state.showsGPUs { return .rows }
        return state.shape ?? (lines <= height - FleetShape.rows.headHeight ? .rows : .compact)
    }

    private static func rows(_ lines: [FleetLine], _ cells: Int) -> [Range<Int>] {
        var rows: [Range<Int>] = []
        for index in lines.indices {
            if let last = rows.last, last.count < cells, lines[index].group == nil,
                lines[last.lowerBound].group == nil
            {
                rows[rows.count - 1] = last.lowerBound..<(index + 1)
            } else {
                rows.append(index..<(index + 1))
            }
        }
        return rows
    }

    /// The row that a line stands in.
    package func row(of line: Int) -> Int { rows.firstIndex { $0.contains(line) } ?? 0 }

    /// The line that is `step` rows away in the same column; a page beyond an end goes to the end.
    package func line(from line: Int, rows step: Int) -> Int {
        let from = row(of: line)
        let to = from + step
        if abs(step) > 1, to < 0 { return 0 }
        if abs(step) > 1, to >= rows.count { return lines.count - 1 }
        let target = rows[min(max(to, 0), rows.count - 1)]
        return min(target.lowerBound + line - rows[from].lowerBound, target.upperBound - 1)
    }
}

/// The lines of the fleet view in the order of its rows.
package func fleetLines(_ snapshot: Snapshot, _ state: ScreenState) -> [FleetLine] {
    FleetGrid(snapshot, state).lines
}
