import GatewayCore

/// The bottom line: the keys that do something now, read from the table of actions. A hint is whole or not there.
struct KeyHints {
    var snapshot: Snapshot?
    var state: ScreenState

    private typealias Hint = (key: String, text: String)

    func draw(_ canvas: inout Canvas, y: Int) {
        canvas.fill(Rect(0, y, state.size.columns, 1), Style(.label, on: .bar))
        var x = 1
        for hint in hints where x + Self.width(hint) < state.size.columns {
            x += canvas.put(hint.key, x, y, Style(.accent, on: .bar, .bold)) + 1
            x += canvas.put(hint.text, x, y, Style(.text, on: .bar)) + 2
        }
    }

    private static func width(_ hint: Hint) -> Int {
        DisplayWidth.of(hint.key) + 1 + DisplayWidth.of(hint.text)
    }

    private var hints: [Hint] {
        switch state.overlay {
        case .dialog(let dialog): DialogKeys.hints(dialog)
        case .help: [("Esc", "back"), ("Up Down", "scroll")]
        case .sortMenu: [("Enter", "sort"), ("Up Down", "choose"), ("Esc", "cancel")]
        case .prompt(let prompt):
            prompt.purpose == .filter
                ? [("Enter", "keep"), ("Esc", "as before")]
                : [("Enter", "run"), ("Tab", "complete"), ("Up Down", "choose"), ("Esc", "cancel")]
        case nil: actionHints
        }
    }

    /// The way to all other keys and the way out: others give way to them.
    private static let kept = ["help", "quit"]

    private var actionHints: [Hint] {
        let actions = ActionTable.all.filter { action in
            action.hint != nil && action.isFor(state.view) && action.whyDisabled(state, snapshot) == nil
        }
        .sorted { ($0.hint ?? 0) < ($1.hint ?? 0) }
        func hint(_ action: Action) -> Hint {
            (state.keys.keys(of: action).first?.label ?? ":", action.title(state, snapshot))
        }
        let kept = actions.filter { Self.kept.contains($0.name) }.map(hint)
        var room = state.size.columns - 1 - kept.reduce(0) { $0 + Self.width($1) + 2 }
        return actions.compactMap { action in
            let hint = hint(action)
            guard !Self.kept.contains(action.name) else { return hint }
            guard Self.width(hint) < room else { return nil }
            room -= Self.width(hint) + 2
            return hint
        }
    }
}
