import GatewayCore

/// The keys and commands, read from the table of actions, and what colours and marks mean.
struct HelpView {
    var state: ScreenState
    var scroll: Int

    struct Line: Equatable {
        var keys: String
        var text: String
        var isHeading = false
    }

    /// Wrapped to the room that is there.
    static func lines(_ state: ScreenState) -> [Line] {
        let width = layout(state.size, all(state).count).width - 16
        return all(state).flatMap { line in
            let parts = WrappedText.lines(line.text, width: max(width, 1))
            return parts.enumerated().map { place, part in
                Line(keys: place == 0 ? line.keys : "", text: part, isHeading: line.isHeading)
            }
        }
    }

    private static func box(_ size: Size) -> Rect { Rect(0, 1, size.columns, size.rows - 2) }

    /// Beside each other where they don't fit below each other and there is room.
    private static func layout(_ size: Size, _ count: Int) -> (columns: Int, width: Int) {
        let inside = box(size).inset(left: 2, top: 1, right: 2, bottom: 1)
        let columns = inside.width >= 150 && count > inside.height ? 2 : 1
        return (columns, inside.width / columns)
    }

    private static func all(_ state: ScreenState) -> [Line] {
        let actions = Action.Group.allCases.flatMap { group -> [Line] in
            let here = ActionTable.all.filter { $0.group == group && $0.isFor(state.view) }
            return here.isEmpty
                ? []
                : [Line(keys: "", text: group.rawValue, isHeading: true)] + here.map { line($0, state.keys) }
        }
        return actions + [Line(keys: "", text: "What you see", isHeading: true)]
            + legend.map { Line(keys: $0, text: $1) }
    }

    private static func line(_ action: Action, _ map: KeyMap) -> Line {
        let keys = map.labels(of: action)
        return Line(keys: keys.isEmpty ? ":\(action.name)" : keys, text: action.help)
    }

    private static let legend: [(String, String)] = [
        ("S s D d", "serving, starting, draining, drained (nothing on it: safe to delete)"),
        ("M ! E ?", "maintenance, unhealthy, ejected, stale (the last reading is too old; values are dim)"),
        ("--  ~", "not known; an estimate of the gateway where the engine tells nothing"),
        ("HBM KV HIT", "memory of the GPUs, KV blocks in use, prompt tokens found in the prefix cache: %"),
        ("PRE DEC", "requests before their first token, requests that decode"),
        ("+ -", "a folded and an open group: its worst member's letter, how many of it serve; of sessions:"),
        ("", "a parent, folded and open, with the sums of its children"),
        ("▁ to █  ×", "in a map of all nodes: from nothing to full, not told; a letter: it does not serve"),
        ("OLDEST", "how long the oldest request without a first token has waited"),
        ("CLEARS", "until what waits is served, at the rate at which requests end"),
        ("OTHER KV", "HBM of weights and the rest, of KV in use, of prefixes that are kept, in GB"),
        ("$/H 24H", "dollars an hour over the last 60 s; a day at the rate of the last hour"),
        ("TODAY SPENT", "dollars since midnight UTC; since the gateway began"),
        ("WASTE %", "of the dollars: of requests that failed or were cancelled, or attempts in vain"),
        ("MOVE", "what a session's next prompt would prefill anew on another node, and how long"),
        ("PINNED TO", "where an operator sends a session's requests; (aside): that node takes none now"),
        ("HELD BY", "what holds a GPU's clocks down: heat, its power cap, the hardware (HW)"),
        ("TTFT TPOT", "ms to the first token and for each further one, p50 then p99, last 60 s"),
        ("colours", "KV 85 and 95 %, HBM 97 and 99 %, TTFT p99 2 and 10 s, TPOT p99 100 and 250 ms"),
        ("", "PRE 8 and 32, GPU 83 and 90 C: from these on a value is yellow, then red"),
    ]

    func draw(_ canvas: inout Canvas) {
        let box = Self.box(canvas.size)
        Boxes.draw(
            &canvas, box, title: "Keys of \(state.view.title)  (every key closes this, Up and Down scroll)")
        let lines = Self.lines(state)
        let inside = box.inset(left: 2, top: 1, right: 2, bottom: 1)
        let (columns, width) = Self.layout(canvas.size, Self.all(state).count)
        for (offset, line) in lines.dropFirst(scroll).prefix(inside.height * columns).enumerated() {
            let place = Rect(
                inside.x + offset / max(inside.height, 1) * width, inside.y + offset % max(inside.height, 1),
                width - 1, 1)
            draw(line, &canvas, place)
        }
    }

    private func draw(_ line: Line, _ canvas: inout Canvas, _ rect: Rect) {
        if line.isHeading {
            canvas.put(line.text, rect.x, rect.y, Style(.title, on: .dialog, .bold), limit: rect.width)
            return
        }
        canvas.put(line.keys, rect.x + 1, rect.y, Style(.accent, on: .dialog, .bold), limit: 13)
        canvas.put(line.text, rect.x + 15, rect.y, Style(.text, on: .dialog), limit: max(rect.width - 15, 0))
    }
}

/// Frames of what lies over a view.
enum Boxes {
    static func draw(_ canvas: inout Canvas, _ rect: Rect, title: String, role: Role = .accent) {
        guard rect.width >= 4, rect.height >= 2 else { return }
        canvas.fill(rect, Style(.text, on: .dialog))
        let style = Style(role, on: .dialog)
        let line = String(repeating: "─", count: rect.width - 2)
        canvas.put("╭\(line)╮", rect.x, rect.y, style)
        canvas.put("╰\(line)╯", rect.x, rect.maxY - 1, style)
        for y in (rect.y + 1)..<(rect.maxY - 1) {
            canvas.put("│", rect.x, y, style)
            canvas.put("│", rect.maxX - 1, y, style)
        }
        let text = DisplayWidth.clipped(" \(title) ", to: rect.width - 4)
        canvas.put(text, rect.x + 2, rect.y, Style(role, on: .dialog, .bold))
    }
}

/// The menu of columns to sort by.
func drawSortMenu(_ canvas: inout Canvas, _ state: ScreenState, _ choice: Int) {
    let keys = SortKey.allCases
    let height = min(keys.count + 2, canvas.size.rows - 3)
    let width = min(30, canvas.size.columns)
    let box = Rect((canvas.size.columns - width) / 2, max(canvas.size.rows - 2 - height, 0), width, height)
    Boxes.draw(&canvas, box, title: "Sort by")
    let first = Scrolling.first(selected: choice, count: keys.count, height: height - 2)
    for (offset, key) in keys.dropFirst(first).prefix(max(height - 2, 0)).enumerated() {
        let isChosen = first + offset == choice
        let line = Rect(box.x + 1, box.y + 1 + offset, width - 2, 1)
        if isChosen { canvas.fill(line, Style(.text, on: .selected)) }
        let style = Style(
            isChosen ? .title : .text, on: isChosen ? .selected : .dialog, isChosen ? .bold : [])
        canvas.put((isChosen ? "▸ " : "  ") + key.title, line.x, line.y, style, limit: line.width)
    }
}
