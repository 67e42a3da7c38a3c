import GatewayCore

/// The last line but one: a notice when there is one, else the views and what narrows them.
struct StatusLine {
    var snapshot: Snapshot?
    var state: ScreenState

    func draw(_ canvas: inout Canvas, y: Int) {
        if let notice = state.notice {
            let style = Style(notice.severity == .info ? .accent : notice.severity.role, on: .base, .bold)
            canvas.put(DisplayWidth.clipped(notice.text, to: state.size.columns - 2), 1, y, style)
            return
        }
        let used = drawTabs(&canvas, y)
        let right = state.size.columns - 1
        let text = DisplayWidth.clipped(facts.joined(separator: " · "), to: max(right - used - 2, 0))
        canvas.putRight(text, endingAt: right, y, Style(.label), width: max(right - used - 2, 0))
    }

    private func drawTabs(_ canvas: inout Canvas, _ y: Int) -> Int {
        var x = 1
        for view in ViewName.allCases {
            let isHere = view == state.view
            let style = isHere ? Style(.accent, on: .base, [.bold, .reverse]) : Style(.label)
            let text = "\(view.rawValue) \(view.title)"
            x += canvas.put(isHere ? " \(text) " : text, x, y, style) + 1
        }
        return x
    }

    /// What the operator set, so that nobody reads a narrowed list as the whole.
    private var facts: [String] {
        var facts: [String] = []
        if !state.activeFilter.isEmpty {
            let filter = NodeFilter(state.activeFilter)
            facts.append(filter.problem ?? "filter \(state.activeFilter)")
        }
        if state.faultsOnly { facts.append("faults only") }
        if state.grouping.key != .none { facts.append("grouped by \(state.grouping.key.rawValue)") }
        if !state.marks.isEmpty { facts.append("\(state.marks.count) marked") }
        if state.sort != SortOrder() {
            facts.append("by \(state.sort.key.title)\(state.sort.isInverted ? ", inverted" : "")")
        }
        if facts.isEmpty, let problem = selected?.problem { facts.append(problem) }
        if facts.isEmpty, let selected { facts.append(Self.describe(selected)) }
        return facts
    }

    private var selected: NodeStatus? {
        guard state.view == .fleet, let name = state.selectedNode else { return nil }
        return snapshot?.node(named: name)
    }

    private static func describe(_ node: NodeStatus) -> String {
        if let drain = node.drain, node.state == .draining {
            let deadline = drain.secondsToDeadline.map { ", deadline in \(NumberText.span($0))" } ?? ""
            let left = NumberText.plural(drain.remaining, "stream")
            return
                "\(node.name) draining: \(left) left, oldest \(NumberText.span(drain.oldestAgeSeconds))\(deadline)"
        }
        if node.safeToDelete { return "\(node.name) \(node.state.rawValue), safe to delete" }
        return "\(node.name) \(node.state.rawValue), \(NumberText.plural(node.active, "stream"))"
    }
}
