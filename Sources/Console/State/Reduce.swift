import GatewayCore

/// What comes to the screen.
package enum ScreenInput: Equatable, Sendable {
    case key(Key)
    case paste(String)
    case click(RowTarget)
    /// Rows down, or up below 0.
    case wheel(Int)
    case resize(Size)
    /// Unix time in seconds.
    case tick(Double)
    /// A new picture came; it is the one handed to `reduce`.
    case snapshot
    /// Unix times of the oldest and the newest picture that can be shown; nil: none can.
    case reach(ClosedRange<Double>?)
    case connection(ConnectionState)
    case result(CommandResult)
    case caption(String)
    case forecast(Forecast)
}

/// One step of the screen: pure. Returns what is to be done outside.
///
/// - snapshot: the live picture, also while the screen is frozen, so that nobody acts on an old one; in the past, where
///   nobody can act, the one that is shown.
package func reduce(_ state: inout ScreenState, _ input: ScreenInput, _ snapshot: Snapshot?) -> [Effect] {
    switch input {
    case .key(let key): return press(key, &state, snapshot)
    case .paste(let text): return paste(text, &state)
    case .click(let row):
        if state.overlay == nil { Selection.select(row, &state) }
        return []
    case .wheel(let rows): return scroll(by: rows, &state, snapshot)
    case .resize(let size):
        state.size = size
        return []
    case .tick(let now):
        let passed = now - state.now
        state.now = now
        if let notice = state.notice, notice.until <= now { state.notice = nil }
        return DialogKeys.tick(&state, snapshot) + TimeTravel.play(&state, passed)
    case .snapshot:
        take(&state, snapshot)
        return []
    case .reach(let reach):
        return TimeTravel.take(reach, &state)
    case .connection(let connection): return connect(connection, &state)
    case .result(let result): return CommandFlow.take(result, &state)
    case .caption(let text):
        state.caption = text
        return []
    case .forecast(let forecast):
        guard var dialog = state.dialog, dialog.change == forecast.change
        else { return [] }
        dialog.forecast = forecast
        state.overlay = .dialog(dialog)
        return []
    }
}

private func press(_ key: Key, _ state: inout ScreenState, _ snapshot: Snapshot?) -> [Effect] {
    switch state.overlay {
    case .help(let scroll): return HelpKeys.press(key, scroll, &state, snapshot)
    case .sortMenu(let choice): return SortMenuKeys.press(key, choice, &state, snapshot)
    case .prompt(let prompt): return PromptKeys.press(key, prompt, &state, snapshot)
    case .dialog(let dialog): return DialogKeys.press(key, dialog, &state, snapshot)
    case nil: break
    }
    state.notice = nil
    guard let action = state.keys.action(for: key, in: state.view) else {
        if case .character(let character) = key { tellUnbound(character, &state) }
        return []
    }
    return run(action, &state, ActionContext(snapshot: snapshot, key: key))
}

private func tellUnbound(_ character: Character, _ state: inout ScreenState) {
    let elsewhere = ActionTable.all.first { state.keys.keys(of: $0).contains(.character(character)) }
    if let elsewhere, let views = elsewhere.views {
        let names = ViewName.allCases.filter(views.contains).map(\.title).joined(separator: ", ")
        state.tell("\(character) (\(elsewhere.name)) works in \(names)")
    } else {
        state.tell("\(character) does nothing here; \(state.keys.way(to: "help")) shows the keys")
    }
}

/// Performs an action unless it is disabled, which is said.
func run(_ action: Action, _ state: inout ScreenState, _ context: ActionContext) -> [Effect] {
    if let reason = action.whyDisabled(state, context.snapshot) {
        state.tell("\(action.name): \(reason)", .warning)
        return []
    }
    return action.perform(&state, context)
}

/// The wheel moves the selection and scrolls help; it never answers a question.
private func scroll(by rows: Int, _ state: inout ScreenState, _ snapshot: Snapshot?) -> [Effect] {
    switch state.overlay {
    case nil: return Selection.move(&state, snapshot, by: rows)
    case .help(let scroll): return HelpKeys.scroll(to: scroll + rows, &state)
    case .sortMenu, .prompt, .dialog: return []
    }
}

/// Pasted text goes into an input line and nowhere else.
private func paste(_ text: String, _ state: inout ScreenState) -> [Effect] {
    let line = text.prefix { $0 != "\n" && $0 != "\r" && $0 != "\r\n" }
    let printable = String(
        line.filter { character in character.unicodeScalars.allSatisfy { DisplayWidth.of($0) != nil } })
    guard case .prompt(var prompt) = state.overlay else {
        state.tell("pasted text was ignored: it is taken only after / and :", .warning)
        return []
    }
    prompt.text += printable.prefix(200)
    prompt.choice = nil
    state.overlay = .prompt(prompt)
    return []
}

/// Keeps the selection on something that exists, and the order fresh.
private func take(_ state: inout ScreenState, _ snapshot: Snapshot?) {
    guard let snapshot else { return }
    state.isFleetReadOnly = snapshot.gateway.isReadOnly
    if !state.isPast { state.alerts.take(snapshot) }
    if state.selectedNode == nil || snapshot.node(named: state.selectedNode ?? "") == nil {
        state.selectedNode = visibleNodes(snapshot, state).first?.name
    }
    GroupActions.settle(&state, snapshot)
    state.marks = state.marks.filter { snapshot.node(named: $0) != nil }
    let isHeld = state.dialog != nil || state.now - state.orderTime < Sorting.holdSeconds
    if state.sort != SortOrder(), !isHeld { Sorting.apply(&state, snapshot) }
}

private func connect(_ connection: ConnectionState, _ state: inout ScreenState) -> [Effect] {
    let before = state.connection
    state.connection = connection
    switch (before, connection) {
    case (.lost, .connected): state.tell("the gateway answers again")
    case (_, .lost) where state.stopping != nil: return [.quit]
    case (.connected, .lost):
        if state.awaiting != nil || !state.pending.isEmpty {
            let waited = ([state.awaiting].compactMap { $0 } + state.pending.map(\.command)).map(\.phrase)
                .joined(separator: ", ")
            state.tell("not known whether done, the gateway went away: \(waited)", .alarm)
        }
        state.awaiting = nil
        state.pending = []
    default: break
    }
    return []
}
