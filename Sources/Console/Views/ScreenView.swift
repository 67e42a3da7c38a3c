import GatewayCore

/// The whole screen: two lines on top, a view, a status line and a line of keys. Pure and total for every size.
package func drawScreen(_ snapshot: Snapshot?, _ history: History, _ state: ScreenState) -> Canvas {
    var canvas = Canvas(state.size)
    guard state.size.columns >= ScreenLayout.minimum.columns, state.size.rows >= ScreenLayout.minimum.rows
    else {
        drawTooSmall(&canvas, snapshot, state)
        return canvas
    }
    drawVerdict(&canvas, snapshot, state)
    let body = ScreenLayout.body(state)
    if let snapshot {
        FleetNumbers.draw(snapshot, &canvas, 1)
        drawBody(&canvas, body, snapshot, history, state)
    } else {
        drawWaiting(&canvas, body, state)
    }
    if let caption = state.caption {
        let line = Rect(0, body.maxY, state.size.columns, 1)
        canvas.fill(line, Style(.accent, on: .bar))
        let text = DisplayWidth.clipped(caption, to: line.width - 2)
        canvas.put(text, 1, line.y, Style(.accent, on: .bar, .bold))
    }
    KeyHints(snapshot: snapshot, state: state).draw(&canvas, y: state.size.rows - 1)
    StatusLine(snapshot: snapshot, state: state).draw(&canvas, y: state.size.rows - 2)
    drawOverlay(&canvas, snapshot, state)
    return canvas.drawn(with: state.graphs)
}

package enum ScreenLayout {
    /// Below this only the verdict stands.
    package static let minimum = Size(50, 10)

    /// What is left for the view; a demo's caption stands below it.
    static func body(_ state: ScreenState) -> Rect {
        Rect(0, 2, state.size.columns, state.size.rows - (state.caption == nil ? 4 : 5))
    }
}

private func drawBody(
    _ canvas: inout Canvas, _ rect: Rect, _ snapshot: Snapshot, _ history: History, _ state: ScreenState
) {
    switch state.view {
    case .fleet: FleetView(snapshot: snapshot, history: history, state: state).draw(&canvas, rect)
    case .node: NodeView(snapshot: snapshot, history: history, state: state).draw(&canvas, rect)
    case .streams: StreamsView(snapshot: snapshot, state: state).draw(&canvas, rect)
    case .routing: RoutingView(snapshot: snapshot, state: state).draw(&canvas, rect)
    case .events: EventsView(snapshot: snapshot, state: state).draw(&canvas, rect)
    case .system: SystemView(snapshot: snapshot, state: state).draw(&canvas, rect)
    case .queues: QueuesView(snapshot: snapshot, history: history, state: state).draw(&canvas, rect)
    case .gpu: GPUView(snapshot: snapshot, history: history, state: state).draw(&canvas, rect)
    case .cost: CostView(snapshot: snapshot, state: state).draw(&canvas, rect)
    case .sessions: SessionsView(snapshot: snapshot, state: state).draw(&canvas, rect)
    case .incident: IncidentView(snapshot: snapshot, history: history, state: state).draw(&canvas, rect)
    }
}

private func drawOverlay(_ canvas: inout Canvas, _ snapshot: Snapshot?, _ state: ScreenState) {
    switch state.overlay {
    case nil: break
    case .help(let scroll): HelpView(state: state, scroll: scroll).draw(&canvas)
    case .sortMenu(let choice): drawSortMenu(&canvas, state, choice)
    case .prompt(let prompt): PromptView(prompt: prompt, snapshot: snapshot, state: state).draw(&canvas)
    case .dialog(let dialog): DialogView(dialog: dialog, snapshot: snapshot, state: state).draw(&canvas)
    }
}

private func drawVerdict(_ canvas: inout Canvas, _ snapshot: Snapshot?, _ state: ScreenState) {
    let verdict = Verdict(snapshot, state)
    let badge = canvas.put(" \(verdict.badge) ", 0, 0, Style(verdict.role, on: .base, [.bold, .reverse]))
    let flags = bannerFlags(snapshot, state)
    var end = state.size.columns - 1
    let clock = NumberText.clock(snapshot?.time ?? state.now)
    let address = snapshot?.gateway.address ?? ""
    let ending = state.isPast ? "" : clock  // the banner tells the time of the past
    let place = state.size.columns >= 110 && !address.isEmpty ? "\(address)  \(ending)" : ending
    canvas.putRight(place, endingAt: end, 0, Style(.label), width: place.count)
    end -= place.count + 1
    for (flag, role) in flags {
        let text = " \(flag) "
        let width = DisplayWidth.of(text)
        canvas.putRight(text, endingAt: end, 0, Style(role, on: .base, [.bold, .reverse]), width: width)
        end -= width + 1
    }
    let room = end - badge - 2
    let text = DisplayWidth.clipped(verdict.text, to: max(room, 0))
    canvas.put(text, badge + 1, 0, Style(.title, on: .base, .bold), limit: max(room, 0))
}

/// What makes this screen another than the live one that anybody may act on, the most important last.
private func bannerFlags(_ snapshot: Snapshot?, _ state: ScreenState) -> [(String, Role)] {
    var flags: [(String, Role)] = []
    if state.whyReadOnly != nil { flags.append(("READ-ONLY", .warning)) }
    if state.ownership == .demo { flags.append(("DEMO", .accent)) }
    if let words = snapshot.flatMap(TrialLines.banner) { flags.append((words, .warning)) }
    switch state.moment {
    case .now: break
    case .frozen(let time): flags.append(("FROZEN \(NumberText.span(state.now - time))", .warning))
    case .past(let time, let isPlaying):
        if case .lost = state.connection { flags.append(("LOST", .alarm)) }
        let clock = "\(NumberText.clock(snapshot?.time ?? time)) UTC"
        let play = isPlaying ? " playing" : ""
        if state.ownership == .recorded {
            let place = NumberText.span(time - (state.reach?.lowerBound ?? time))
            let whole = NumberText.span((state.reach?.upperBound ?? time) - (state.reach?.lowerBound ?? time))
            flags.append(("RECORDED \(clock)\(play) \(place)/\(whole)", .accent))
        } else {
            flags.append(("PAST \(clock)\(play) -\(NumberText.span(state.now - time))", .alarm))
        }
    }
    return flags
}

private func drawWaiting(_ canvas: inout Canvas, _ rect: Rect, _ state: ScreenState) {
    canvas.put("No picture of the fleet yet.", rect.x + 2, rect.y + 1, Style(.title), limit: rect.width - 3)
    let text: String =
        switch state.connection {
        case .connecting(let reason?): reason
        case .connecting(nil): "Connecting to the gateway; the first picture comes within a second."
        case .connected: "Connected; waiting for the first picture."
        case .lost(_, let reason): reason
        }
    canvas.put(text, rect.x + 2, rect.y + 3, Style(.label), limit: rect.width - 3)
    canvas.put(
        "\(state.keys.way(to: "quit")) leaves.", rect.x + 2, rect.y + 5, Style(.label), limit: rect.width - 3)
}

private func drawTooSmall(_ canvas: inout Canvas, _ snapshot: Snapshot?, _ state: ScreenState) {
    let verdict = Verdict(snapshot, state)
    canvas.put("\(verdict.badge): \(verdict.text)", 0, 0, Style(verdict.role, on: .base, .bold))
    let minimum = ScreenLayout.minimum
    let size = "\(state.size.columns)x\(state.size.rows)"
    canvas.put("\(size); needs \(minimum.columns)x\(minimum.rows)", 0, 1, Style(.label))
    if state.dialog?.kind == .quit {
        canvas.put("k keep serving  d drain, stop  x stop now", 0, 2, Style(.warning))
    } else {
        canvas.put("\(state.keys.way(to: "quit")) leaves", 0, 2, Style(.label))
    }
}
