import GatewayCore

/// What the Cost and Sessions views do with their rows.
enum CostActions {
    static func next(after dimension: CostDimension) -> CostDimension {
        let all = CostDimension.allCases
        return all[((all.firstIndex(of: dimension) ?? 0) + 1) % all.count]
    }

    static func turn(_ state: inout ScreenState, _ context: ActionContext) -> [Effect] {
        guard let name = context.arguments.first else {
            state.costBy = next(after: state.costBy)
            return []
        }
        guard let dimension = CostDimension(rawValue: name) else {
            let known = CostDimension.allCases.map(\.rawValue).joined(separator: ", ")
            state.tell("no cost by \(name); there is cost by \(known)", .warning)
            return []
        }
        state.costBy = dimension
        return []
    }

    static func selected(_ state: ScreenState, _ snapshot: Snapshot) -> SpendingRow? {
        let rows = visibleSpenders(snapshot, state)
        return spenderCursor(rows, state).map { rows[$0] }
    }

    static func session(_ state: ScreenState, _ snapshot: Snapshot) -> SessionLine? {
        let lines = sessionLines(snapshot, state)
        return sessionCursor(lines, state).map { lines[$0] }
    }

    /// The sessions of the selected tenant or model, or the selected session among all.
    static func openSessions(_ state: inout ScreenState, _ snapshot: Snapshot) -> [Effect] {
        guard let row = selected(state, snapshot), row.others == nil, let name = row.name else {
            state.tell("this row is no single \(state.costBy.rawValue)")
            return []
        }
        state.filter = ""
        if state.costBy == .session { state.selectedSession = name } else { state.filter = name }
        state.view = .sessions
        return []
    }
}
