import GatewayCore

/// The last line but one: a notice when there is one, over the last one too where it is long; else the views and what narrows them.
struct StatusLine {
    var snapshot: Snapshot?
    var state: ScreenState

    func draw(_ canvas: inout Canvas, y: Int) {
        if let notice = state.notice {
            return draw(notice, &canvas, y: y)
        }
        let chosen = chosenFacts
        let alerts = state.alerts.lasting > 0 ? ["▲ " + NumberText.plural(state.alerts.lasting, "alert")] : []
        let facts = alerts + (chosen.isEmpty ? [ailing].compactMap(\.self) : chosen)
        let needed = facts.joined(separator: " · ")
        let right = state.size.columns - 1
        // What narrows the list and what ails the node matter more than the other views' names.
        let form = TabForm.allCases.first { tabWidth($0) + DisplayWidth.of(needed) < right } ?? .digits
        let room = max(right - drawTabs(form, &canvas, y) - 1, 0)
        // What the row tells as well is there whole or not at all.
        let isPlain = chosen.isEmpty && ailing == nil
        let all = (facts + (isPlain ? [plain].compactMap(\.self) : [])).joined(separator: " · ")
        let shown = DisplayWidth.of(all) <= room ? all : DisplayWidth.clipped(needed, to: room)
        canvas.putRight(shown, endingAt: right, y, Style(.label), width: room)
    }

    /// A long one takes the line of keys too, which comes back when it has been read.
    private func draw(_ notice: Notice, _ canvas: inout Canvas, y: Int) {
        let style = Style(notice.severity == .info ? .accent : notice.severity.role, on: .base, .bold)
        let width = state.size.columns - 2
        let lines = WrappedText.lines(notice.text, width: width)
        for (offset, line) in lines.prefix(2).enumerated() {
            canvas.fill(Rect(0, y + offset, state.size.columns, 1), Style(.text))
            let rest = offset == 1 ? lines.dropFirst().joined(separator: " ") : line
            canvas.put(DisplayWidth.clipped(rest, to: width), 1, y + offset, style)
        }
    }

    /// How the views' names are written; the longest that leaves room is taken.
    private enum TabForm: CaseIterable { case words, starts, digits }

    private func tab(_ view: ViewName, _ form: TabForm) -> String {
        let key = state.keys.way(to: view.title.lowercased())
        if view == state.view { return " \(key) \(view.title) " }
        return switch form {
        case .words: "\(key) \(view.title)"
        case .starts: "\(key) \(view.title.prefix(3))"
        case .digits: key
        }
    }

    private func tabWidth(_ form: TabForm) -> Int {
        1 + ViewName.allCases.reduce(0) { $0 + DisplayWidth.of(tab($1, form)) + 1 }
    }

    /// - Returns: the first column that is free.
    private func drawTabs(_ form: TabForm, _ canvas: inout Canvas, _ y: Int) -> Int {
        var x = 1
        for view in ViewName.allCases {
            let style = view == state.view ? Style(.accent, on: .base, [.bold, .reverse]) : Style(.label)
            x += canvas.put(tab(view, form), x, y, style) + 1
        }
        return x
    }

    /// What the operator set, so that nobody reads a narrowed list as the whole.
    private var chosenFacts: [String] {
        var facts: [String] = []
        if !state.activeFilter.isEmpty {
            let filter = NodeFilter(state.activeFilter)
            facts.append(filter.problem ?? "filter \(state.activeFilter)")
        }
        if state.faultsOnly { facts.append("faults only") }
        if let shape = state.shape, !state.showsGPUs { facts.append(shape.fact) }
        if state.grouping.key != .none { facts.append("grouped by \(state.grouping.key.rawValue)") }
        if !state.marks.isEmpty { facts.append("\(state.marks.count) marked") }
        if state.sort != SortOrder() {
            facts.append("by \(state.sort.key.title)\(state.sort.isInverted ? ", inverted" : "")")
        }
        return facts
    }

    /// What the selected node has that others don't; nil: nothing.
    private var ailing: String? {
        guard let node = selected else { return nil }
        if let problem = node.problem { return problem }
        if let drain = node.drain, node.state == .draining {
            let deadline = drain.secondsToDeadline.map { ", deadline in \(NumberText.span($0))" } ?? ""
            let left = NumberText.plural(drain.remaining, "stream")
            let time = snapshot.flatMap { DrainTime([node.name], $0) }.map { ", empty in \($0.words)" } ?? ""
            return
                "\(node.name) draining: \(left) left, oldest \(NumberText.span(drain.oldestAgeSeconds))\(time)\(deadline)"
        }
        return node.safeToDelete ? "\(node.name) \(node.state.rawValue), safe to delete" : nil
    }

    private var plain: String? {
        selected.map { "\($0.name) \($0.state.rawValue), \(NumberText.plural($0.active, "stream"))" }
    }

    private var selected: NodeStatus? {
        guard state.view != .node, ViewName.ofNodes.contains(state.view), let name = state.selectedNode,
            GroupActions.group(state, snapshot) == nil
        else { return nil }
        return snapshot?.node(named: name)
    }
}
