import GatewayCore

/// The one table of actions.
package enum ActionTable {
    package static let all: [Action] = looking + narrowing + acting + ofSessions + screen + travelling

    package static func action(named name: String) -> Action? { all.first { $0.name == name } }

    private static let looking: [Action] =
        [
            Action(
                "up", [.up, .character("k")], .look, "Selects the row above.",
                perform: { state, context in Selection.move(&state, context.snapshot, by: -1) }),
            Action(
                "down", [.down, .character("j")], .look, "Selects the row below.",
                perform: { state, context in Selection.move(&state, context.snapshot, by: 1) }),
            Action(
                "page-up", [.pageUp, .control("b")], .look, "Moves up by a screen.",
                perform: { state, context in
                    Selection.move(&state, context.snapshot, by: -max(state.size.rows - 7, 1))
                }),
            Action(
                "page-down", [.pageDown, .control("f")], .look, "Moves down by a screen.",
                perform: { state, context in
                    Selection.move(&state, context.snapshot, by: max(state.size.rows - 7, 1))
                }),
            Action(
                "first", [.home, .character("g")], .look, "Selects the first row.",
                perform: { state, context in Selection.move(&state, context.snapshot, by: -1_000_000) }),
            Action(
                "last", [.end, .character("G")], .look, "Selects the last row.",
                perform: { state, context in Selection.move(&state, context.snapshot, by: 1_000_000) }),
            Action(
                "open", [.enter, .right], .look, hint: 10,
                views: [.fleet, .streams, .routing, .events, .incident, .queues, .gpu, .cost, .sessions],
                "Opens the row's node or sessions, or the moment of an event; folds or unfolds a group.",
                perform: { state, context in
                    if context.key == .right, GroupActions.moveAcross(&state, context.snapshot, by: 1) {
                        return []
                    }
                    return Selection.open(&state, context.snapshot)
                }),
            Action(
                "back", [.escape, .left], .look,
                "Goes back: clears the filter, leaves a view. Never quits.",
                perform: { state, context in
                    if context.key == .left, GroupActions.moveAcross(&state, context.snapshot, by: -1) {
                        return []
                    }
                    return Selection.back(&state)
                }),
        ] + ViewName.allCases.map(view(of:)) + [
            Action(
                "next-view", [.tab], .look, "Shows the next view.",
                perform: { state, context in Selection.turn(&state, context.snapshot, by: 1) }),
            Action(
                "previous-view", [.backTab], .look, "Shows the view before.",
                perform: { state, context in Selection.turn(&state, context.snapshot, by: -1) }),
        ]

    private static func view(of view: ViewName) -> Action {
        let help: [ViewName: String] = [
            .fleet: "A row for each node.", .node: "Everything about the selected node.",
            .streams: "What is being relayed now.", .routing: "Why requests go where they go.",
            .events: "What operators and the system did.",
            .system: "The gateway itself: memory, requests, and its counts beside the engines'.",
            .incident: "Only what is abnormal, the worst first, with the reason.",
            .gpu: "What each GPU's memory holds, what slows it, worst first.",
            .queues: "Who waits where, since when, and for how long still.",
            .cost: "Who spends how much, and what of it is in vain.",
            .sessions: "Agents' workflows: what they cost, where they are warm.",
        ]
        return Action(
            view.title.lowercased(), [.character(view.key)], .look,
            help[view] ?? "",
            perform: { state, context in Selection.show(view, &state, context.snapshot) })
    }

    private static let narrowing: [Action] = [
        Action(
            "filter", [.character("/")], usage: "TEXT", .narrow, hint: 20,
            "Filters as you type: text, or kv>85 & role=decode.",
            perform: { state, context in
                guard context.key == nil else {
                    state.overlay = .prompt(
                        Prompt(purpose: .filter, text: state.filter, before: state.filter))
                    return []
                }
                state.filter = context.arguments.joined(separator: " ")
                return []
            }),
        Action(
            "faults", [.character("!")], .narrow, hint: 30, views: [.fleet, .events],
            "Shows only what needs somebody's eyes; again shows all.",
            title: { state, _ in state.faultsOnly ? "all" : "faults" },
            perform: { state, context in
                state.faultsOnly.toggle()
                Selection.keepInSight(&state, context.snapshot)
                return []
            }),
        Action(
            "sort", [.character("s")], usage: "COLUMN", .narrow, hint: 25, views: [.fleet, .queues],
            "Chooses what rows are sorted by. They sort again at most every 5 s.",
            perform: { state, context in Sorting.perform(&state, context) }),
        Action(
            "sort-previous", [.character("<")], .narrow, views: [.fleet, .queues],
            "Sorts by the column before.",
            perform: { state, context in Sorting.step(&state, context, by: -1) }),
        Action(
            "sort-next", [.character(">")], .narrow, views: [.fleet, .queues], "Sorts by the next column.",
            perform: { state, context in Sorting.step(&state, context, by: 1) }),
        Action(
            "invert", [.character("I")], .narrow, views: [.fleet, .queues], "Turns the order around.",
            perform: { state, context in
                state.sort.isInverted.toggle()
                return Sorting.apply(&state, context.snapshot)
            }),
        Action(
            "gpus", [.character("e")], .narrow, hint: 35, views: [.fleet], "Shows each GPU below its node.",
            title: { state, _ in state.showsGPUs ? "nodes" : "each GPU" },
            perform: { state, _ in
                state.showsGPUs.toggle()
                return []
            }),
        Action(
            "shape", [.character("v")], usage: "rows|compact|kv|queue|auto", .narrow, hint: 47,
            views: [.fleet],
            "Rows, narrow rows, a map of KV, of queues; all arrows work.",
            perform: { state, context in GroupActions.reshape(&state, context) }),
        Action(
            "group", [.character("b")], usage: "model|pool|state|zone|none", .narrow, hint: 46,
            views: [.fleet],
            "Groups the rows by model, pool, state or zone, again for the next; Enter folds a group.",
            perform: { state, context in GroupActions.change(&state, context) }),
        Action(
            "by", [.character("b")], usage: "tenant|model|node|session", .narrow, hint: 15, views: [.cost],
            "Shows the cost by tenant, model, node or session, again for the next.",
            title: { state, _ in "by \(CostActions.next(after: state.costBy).rawValue)" },
            perform: { state, context in CostActions.turn(&state, context) }),
        Action(
            "mark", [.character(" ")], .narrow, views: [.fleet],
            "Marks the row or group; d, w act on all marked nodes.",
            perform: { state, context in Selection.mark(&state, context.snapshot) }),
        Action(
            "mark-all", [.character("*")], .narrow, views: [.fleet],
            "Marks every node that is listed: all that match the filter.",
            perform: { state, context in Selection.markAll(&state, context.snapshot) }),
        Action(
            "unmark", [.character("u")], .narrow, views: [.fleet], "Takes all marks off.",
            disabled: { state, _ in state.marks.isEmpty ? "nothing is marked" : nil },
            perform: { state, _ in
                state.marks = []
                return []
            }),
    ]

    private static let screen: [Action] = [
        Action(
            "help", [.character("?"), .function(1)], .screen, hint: 40, "Shows the keys of this view.",
            perform: { state, _ in
                state.overlay = .help(scroll: 0)
                return []
            }),
        Action(
            "palette", [.character(":")], .screen, hint: 41, "Takes every command by name.",
            title: { _, _ in "command" },
            perform: { state, _ in
                state.overlay = .prompt(Prompt(purpose: .palette, text: ""))
                return []
            }),
        Action(
            "copy", [.character("y")], .screen, "Sends the selected row as text to the terminal's clipboard.",
            perform: { state, context in Selection.copy(&state, context.snapshot) }),
        Action(
            "theme", [.character("T")], usage: "NAME", .screen, "Changes to the next theme, or to NAME.",
            perform: { state, context in changeTheme(&state, context.arguments.first) }),
        Action(
            "graphs", [.character("f")], usage: "blocks|braille|ascii", .screen,
            "Draws graphs with the next kind of character, or with that one.",
            perform: { state, context in changeGraphs(&state, context.arguments.first) }),
        Action(
            "mouse", [.character("m")], .screen,
            "Lets clicks select rows and the wheel scroll; again leaves text to be selected.",
            title: { state, _ in state.hasMouse ? "no mouse" : "mouse" },
            perform: { state, _ in
                state.hasMouse.toggle()
                state.tell(state.hasMouse ? "the mouse selects rows" : "the mouse selects text")
                return [.mouse(state.hasMouse)]
            }),
        Action(
            "repaint", [.control("l")], .screen, "Draws the whole screen again.",
            perform: { _, _ in [.repaint] }),
        Action(
            "suspend", [.control("z")], .screen, "Goes back to the shell; fg returns. Streams go on.",
            perform: { _, _ in [.suspend] }),
        Action(
            "quit", [.character("q"), .control("c")], .screen, hint: 50,
            "Leaves; asks first what becomes of the gateway.",
            perform: { state, context in Quitting.ask(&state, context) }),
    ]

    private static func changeGraphs(_ state: inout ScreenState, _ name: String?) -> [Effect] {
        let styles = GraphStyle.allCases
        let next = styles[((styles.firstIndex(of: state.graphs) ?? 0) + 1) % styles.count]
        guard let style = name == nil ? next : GraphStyle(rawValue: name ?? "") else {
            let known = styles.map(\.rawValue).joined(separator: ", ")
            state.tell("graphs can't be drawn with \(name ?? ""); there are \(known)", .warning)
            return []
        }
        state.graphs = style
        state.tell("graphs of \(style.rawValue)")
        return []
    }

    private static func changeTheme(_ state: inout ScreenState, _ name: String?) -> [Effect] {
        if let name, !state.themes.contains(name) {
            state.tell("no theme named \(name); there are \(state.themes.joined(separator: ", "))", .warning)
            return []
        }
        guard !state.themes.isEmpty else { return [] }
        let next = ((state.themes.firstIndex(of: state.theme) ?? -1) + 1) % state.themes.count
        state.theme = name ?? state.themes[next]
        state.tell("theme \(state.theme)")
        return [.repaint]
    }
}
