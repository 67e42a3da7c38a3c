import GatewayCore

/// Moving about: which row, which view.
enum Selection {
    static func move(_ state: inout ScreenState, _ snapshot: Snapshot?, by step: Int) -> [Effect] {
        guard let snapshot else { return [] }
        switch state.view {
        case .fleet: GroupActions.move(&state, snapshot, by: step)
        case .node, .system, .incident, .queues:
            state.grouping.selected = nil
            state.selectedNode = moved(nodes(state, snapshot), state.selectedNode, step)
        case .gpu:
            let nodes = visibleNodes(snapshot, state)
            let places = visibleGPUs(nodes)
            let rows = Array(places.indices)
            guard let row = moved(rows, gpuCursor(places, nodes, state), step), !places.isEmpty else { break }
            state.grouping.selected = nil
            state.selectedNode = nodes[places[row].node].name
            state.selectedGPU = places[row].number ?? 0
        case .streams:
            state.selectedStream = moved(
                visibleStreams(snapshot, state).map(\.id), state.selectedStream, step)
        case .routing:
            let decisions = visibleDecisions(snapshot, state).map(\.stream)
            state.selectedDecision = moved(decisions, state.selectedDecision, step)
        case .events:
            let events = visibleEvents(snapshot, state).map(\.sequence)
            state.selectedEvent = moved(events, state.selectedEvent, step)
        case .cost:
            let rows = visibleSpenders(snapshot, state)
            state.selectedSpender = moved(
                rows.map(\.title), spenderCursor(rows, state).map { rows[$0].title }, step)
        case .sessions:
            let lines = sessionLines(snapshot, state)
            state.selectedSession = moved(
                lines.map(\.session.id), sessionCursor(lines, state).map { lines[$0].session.id }, step)
        }
        return []
    }

    static func select(_ row: RowTarget, _ state: inout ScreenState) {
        switch row {
        case .node(let name), .gpu(let name, _):
            state.grouping.selected = nil
            state.selectedNode = name
            if case .gpu(_, let number) = row { state.selectedGPU = number }
        case .group(let name): state.grouping.selected = name
        case .stream(let id): state.selectedStream = id
        case .decision(let stream): state.selectedDecision = stream
        case .event(let sequence): state.selectedEvent = sequence
        case .session(let id): state.selectedSession = id
        case .spender(let title): state.selectedSpender = title
        }
    }

    /// The nodes that the view lists, by name, in the order of its rows.
    static func nodes(_ state: ScreenState, _ snapshot: Snapshot) -> [String] {
        switch state.view {
        case .incident:
            Incidents(snapshot, visibleNodes(snapshot, state)).rows.map(\.node.name)
        default: visibleNodes(snapshot, state).map(\.name)
        }
    }

    private static func moved<ID: Equatable>(_ ids: [ID], _ selected: ID?, _ step: Int) -> ID? {
        guard !ids.isEmpty else { return selected }
        let index = selected.flatMap { ids.firstIndex(of: $0) }
        guard let index else { return step > 0 || step < -1 ? ids.first : ids.last }
        return ids[min(max(index + step, 0), ids.count - 1)]
    }

    /// The node of the selected row.
    static func open(_ state: inout ScreenState, _ snapshot: Snapshot?) -> [Effect] {
        guard let snapshot else { return [] }
        if let group = GroupActions.group(state, snapshot) {
            GroupActions.toggleFold(group, &state)
            return []
        }
        if state.view == .events {
            let event = visibleEvents(snapshot, state).first { $0.sequence == state.selectedEvent }
            guard let event else {
                state.tell("select an event first")
                return []
            }
            return TimeTravel.open(event, &state)
        }
        if state.view == .sessions, let line = CostActions.session(state, snapshot), line.descendants > 0 {
            state.selectedSession = line.session.id
            state.sessionFolds[line.session.id] = !line.isFolded
            return []
        }
        if state.view == .cost, state.costBy != .node { return CostActions.openSessions(&state, snapshot) }
        let node: String? =
            switch state.view {
            case .cost: CostActions.selected(state, snapshot)?.name
            case .sessions: CostActions.session(state, snapshot)?.session.visits.first?.node
            case .streams: visibleStreams(snapshot, state).first { $0.id == state.selectedStream }?.node
            case .routing:
                visibleDecisions(snapshot, state).first { $0.stream == state.selectedDecision }?.node
            default: state.selectedNode
            }
        guard let node, snapshot.node(named: node) != nil else {
            state.tell("select a row first")
            return []
        }
        state.selectedNode = node
        state.view = .node
        return []
    }

    static func back(_ state: inout ScreenState) -> [Effect] {
        if state.isPast, state.ownership != .recorded { return TimeTravel.now(&state) }
        if !state.filter.isEmpty {
            state.filter = ""
        } else if state.view != .fleet {
            state.view = .fleet
        } else if state.faultsOnly {
            state.faultsOnly = false
        } else if state.notice == nil {
            state.tell("\(state.keys.way(to: "quit")) leaves the console")
        }
        return []
    }

    static func turn(_ state: inout ScreenState, _ snapshot: Snapshot?, by step: Int) -> [Effect] {
        let count = ViewName.allCases.count
        let next = (state.view.rawValue - 1 + step + count) % count
        return show(ViewName.allCases[next], &state, snapshot)
    }

    static func show(_ view: ViewName, _ state: inout ScreenState, _ snapshot: Snapshot?) -> [Effect] {
        state.view = view
        if view != .fleet { keepInSight(&state, snapshot) }
        return []
    }

    /// Selects the first row where the selected node is not among the rows: what a verb is about must be seen.
    static func keepInSight(_ state: inout ScreenState, _ snapshot: Snapshot?) {
        guard let snapshot, [.fleet, .incident, .queues, .gpu].contains(state.view) else { return }
        let nodes = nodes(state, snapshot)
        if !nodes.contains(state.selectedNode ?? ""), let first = nodes.first { state.selectedNode = first }
    }

    static func mark(_ state: inout ScreenState, _ snapshot: Snapshot?) -> [Effect] {
        if let group = GroupActions.group(state, snapshot) {
            GroupActions.mark(group, &state)
            return move(&state, snapshot, by: 1)
        }
        guard let name = state.selectedNode else { return [] }
        if state.marks.remove(name) == nil { state.marks.insert(name) }
        return move(&state, snapshot, by: 1)
    }

    /// All that the view lists, and what is folded in it: a filter's nodes at one stroke.
    static func markAll(_ state: inout ScreenState, _ snapshot: Snapshot?) -> [Effect] {
        guard let snapshot else { return [] }
        let names = visibleNodes(snapshot, state).map(\.name)
        state.marks.formUnion(names)
        state.tell("\(NumberText.plural(names.count, "node")) marked")
        return []
    }

    /// The row as `name: value` pairs.
    static func copy(_ state: inout ScreenState, _ snapshot: Snapshot?) -> [Effect] {
        guard let snapshot, let text = rowText(state, snapshot) else {
            state.tell("select a row first")
            return []
        }
        state.tell("sent to the terminal's clipboard: \(text)")
        return [.copy(text)]
    }

    private static func rowText(_ state: ScreenState, _ snapshot: Snapshot) -> String? {
        if let group = GroupActions.group(state, snapshot) {
            let count = NumberText.plural(group.nodes.count, "node")
            return "\(group.name): \(group.servingCount) of \(count) serving: "
                + group.nodes.map(\.name).joined(separator: " ")
        }
        switch state.view {
        case .fleet, .node, .system, .incident, .queues, .gpu:
            return state.selectedNode.flatMap { snapshot.node(named: $0) }.map {
                "\($0.name) \($0.url) \($0.state.rawValue)"
            }
        case .streams:
            return visibleStreams(snapshot, state).first { $0.id == state.selectedStream }.map {
                "stream \($0.id) \($0.node ?? "--") \($0.model) \($0.client)"
            }
        case .routing:
            return visibleDecisions(snapshot, state).first { $0.stream == state.selectedDecision }.map {
                "stream \($0.stream) \($0.node): \($0.reason)"
            }
        case .events:
            return visibleEvents(snapshot, state).first { $0.sequence == state.selectedEvent }.map {
                "\(NumberText.clock($0.time)) \($0.actor) \($0.text)"
            }
        case .cost:
            return CostActions.selected(state, snapshot).map {
                "\($0.kind.rawValue) \($0.title) \(CostWords.dollars($0.rate))/h, "
                    + "\(CostWords.dollars($0.dollars)) since the start"
            }
        case .sessions:
            return (CostActions.session(state, snapshot)?.session).map {
                "session \($0.id) \($0.tenant ?? "--") \(CostWords.dollars($0.spending.dollars))"
            }
        }
    }
}

/// Which order the rows are in.
enum Sorting {
    /// Rows sort again no more often than this.
    static let holdSeconds = 5.0

    static func perform(_ state: inout ScreenState, _ context: ActionContext) -> [Effect] {
        guard let name = context.arguments.first else {
            state.overlay = .sortMenu(choice: SortKey.allCases.firstIndex(of: state.sort.key) ?? 0)
            return []
        }
        guard let key = SortKey(rawValue: name) else {
            let known = SortKey.allCases.map(\.rawValue).joined(separator: ", ")
            state.tell("no column \(name) to sort by; there are \(known)", .warning)
            return []
        }
        state.sort = SortOrder(key: key)
        return apply(&state, context.snapshot)
    }

    static func step(_ state: inout ScreenState, _ context: ActionContext, by step: Int) -> [Effect] {
        let keys = SortKey.allCases
        let index = (keys.firstIndex(of: state.sort.key) ?? 0) + step
        state.sort = SortOrder(key: keys[(index + keys.count) % keys.count])
        return apply(&state, context.snapshot)
    }

    /// Sorts now.
    @discardableResult
    static func apply(_ state: inout ScreenState, _ snapshot: Snapshot?) -> [Effect] {
        state.order = snapshot.map { state.sort.sorted($0.nodes).map(\.name) } ?? []
        state.orderTime = state.now
        return []
    }
}
