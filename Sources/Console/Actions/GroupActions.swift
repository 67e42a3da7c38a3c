import GatewayCore

/// Grouping, folding, and what a verb on a header is about.
enum GroupActions {
    /// `group KEY`, or the next key.
    static func change(_ state: inout ScreenState, _ context: ActionContext) -> [Effect] {
        let keys = GroupKey.allCases
        var key = keys[((keys.firstIndex(of: state.grouping.key) ?? 0) + 1) % keys.count]
        if let name = context.arguments.first {
            guard let named = GroupKey(rawValue: name) else {
                let known = keys.map(\.rawValue).joined(separator: ", ")
                state.tell("nodes can't be grouped by \(name); there are \(known)", .warning)
                return []
            }
            key = named
        }
        state.grouping = Grouping(key: key)
        return []
    }

    /// `shape NAME`, or the next shape; the one that fits anyway goes on fitting.
    static func reshape(_ state: inout ScreenState, _ context: ActionContext) -> [Effect] {
        guard let snapshot = context.snapshot else { return [] }
        let shapes = FleetShape.allCases
        let now = FleetGrid(snapshot, state).shape
        var shape: FleetShape? = shapes[((shapes.firstIndex(of: now) ?? 0) + 1) % shapes.count]
        if let name = context.arguments.first {
            shape = FleetShape(rawValue: name)
            guard shape != nil || name == "auto" else {
                let known = shapes.map(\.rawValue).joined(separator: ", ")
                state.tell("nodes can't be drawn as \(name); there are \(known), auto", .warning)
                return []
            }
        }
        (state.shape, state.showsGPUs) = (nil, false)
        if context.key == nil || FleetGrid(snapshot, state).shape != shape { state.shape = shape }
        return []
    }

    /// Moves over headers and nodes alike.
    static func move(_ state: inout ScreenState, _ snapshot: Snapshot, by step: Int) {
        let grid = FleetGrid(snapshot, state)
        guard !grid.lines.isEmpty else { return }
        var index = step > 0 || step < -1 ? 0 : grid.lines.count - 1
        if let cursor = fleetCursor(grid.lines, state) { index = grid.line(from: cursor, rows: step) }
        select(grid.lines[index], &state)
    }

    /// Moves to the node before or after where several stand in a row. False: none do, the key means something else.
    static func moveAcross(_ state: inout ScreenState, _ snapshot: Snapshot?, by step: Int) -> Bool {
        guard state.view == .fleet, let snapshot else { return false }
        let grid = FleetGrid(snapshot, state)
        guard grid.cellsPerRow > 1, let cursor = fleetCursor(grid.lines, state) else { return false }
        select(grid.lines[min(max(cursor + step, 0), grid.lines.count - 1)], &state)
        return true
    }

    private static func select(_ line: FleetLine, _ state: inout ScreenState) {
        switch line {
        case .header(let group): state.grouping.selected = group.name
        case .node(let node):
            state.grouping.selected = nil
            state.selectedNode = node.name
        }
    }

    /// The group whose header the selection stands on.
    static func group(_ state: ScreenState, _ snapshot: Snapshot?) -> FleetGroup? {
        guard let snapshot, state.view == .fleet, state.grouping.key != .none else { return nil }
        let lines = fleetLines(snapshot, state)
        return fleetCursor(lines, state).flatMap { lines[$0].group }
    }

    static func toggleFold(_ group: FleetGroup, _ state: inout ScreenState) {
        state.grouping.selected = group.name
        state.grouping.folds[group.name] = !group.isFolded
    }

    /// Marks all members of the group, or takes the marks off when all have one.
    static func mark(_ group: FleetGroup, _ state: inout ScreenState) {
        let names = Set(group.nodes.map(\.name))
        if names.isSubset(of: state.marks) {
            state.marks.subtract(names)
        } else {
            state.marks.formUnion(names)
        }
    }

    /// What a verb acts on: the members of a header that the operator went to. One that only stands for a node folded
    /// under it is about nothing, so that a group that folds by itself never widens what a key does.
    static func targets(_ group: FleetGroup, _ state: ScreenState) -> [String] {
        state.grouping.selected == group.name ? group.nodes.map(\.name) : []
    }

    /// Lets go of a header that has gone.
    static func settle(_ state: inout ScreenState, _ snapshot: Snapshot) {
        guard let selected = state.grouping.selected else { return }
        let isThere = fleetLines(snapshot, state).contains { $0.group?.name == selected }
        if !isThere { state.grouping.selected = nil }
    }
}
