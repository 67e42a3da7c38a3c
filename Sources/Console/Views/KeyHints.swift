import GatewayCore

/// The bottom line: the keys that do something now, read from the table of actions. A hint is whole or not there.
struct KeyHints {
    var snapshot: Snapshot?
    var state: ScreenState

    func draw(_ canvas: inout Canvas, y: Int) {
        canvas.fill(Rect(0, y, state.size.columns, 1), Style(.label, on: .bar))
        var x = 1
        for hint in hints {
            let width = DisplayWidth.of(hint.key) + 1 + DisplayWidth.of(hint.text)
            guard x + width < state.size.columns else { continue }
            x += canvas.put(hint.key, x, y, Style(.accent, on: .bar, .bold)) + 1
            x += canvas.put(hint.text, x, y, Style(.text, on: .bar)) + 2
        }
    }

    private var hints: [(key: String, text: String)] {
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

    private var actionHints: [(key: String, text: String)] {
        ActionTable.all.filter { action in
            guard let rank = action.hint else { return false }
            return rank >= 0 && action.isFor(state.view) && action.whyDisabled(state, snapshot) == nil
        }
        .sorted { ($0.hint ?? 0) < ($1.hint ?? 0) }
        .map { (state.keys.keys(of: $0).first?.label ?? ":", $0.title(state, snapshot)) }
    }
}
