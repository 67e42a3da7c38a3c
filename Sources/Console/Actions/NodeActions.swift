import GatewayCore

extension ActionTable {
    /// What changes the fleet: each only opens a dialog.
    static let acting: [Action] = [
        Action(
            "drain", [.character("d")],
            usage: "[NODE] [--migrate] [--deadline 10m] [--at-deadline keep|cut|migrate]", .act,
            hint: 1,
            views: ViewName.ofNodes, isMutating: true,
            "Drains the node, or undoes its drain: no new request, streams finish. Asks first.",
            title: { state, snapshot in Targets.areOut(state, snapshot) ? "undrain" : "drain" },
            disabled: { state, snapshot in Targets.whyNone(state, snapshot) },
            perform: { state, context in Draining.open(&state, context) }),
        Action(
            "undrain", [], usage: "[NODE]", .act, isMutating: true,
            "Lets the node take requests again. Asks first.",
            disabled: { state, snapshot in Targets.whyNone(state, snapshot) },
            perform: { state, context in
                Draining.openUndrain(&state, context, Targets.chosen(state, context))
            }),
        Action(
            "maintenance", [], usage: "[NODE]", .act, isMutating: true,
            "Takes the node out at once and stops probing it; streams finish. Asks first.",
            disabled: { state, snapshot in Targets.whyNone(state, snapshot) },
            perform: { state, context in Draining.openMaintenance(&state, context) }),
        Action(
            "migrate", [], usage: "[NODE]", .act, isMutating: true,
            "Moves the streams left on a node that is out to other nodes. Asks first.",
            disabled: { state, snapshot in Targets.whyNone(state, snapshot) },
            perform: { state, context in
                Emptying.open(&state, context, kind: { .migrate($0) }, command: { .migrate(node: $0) })
            }),
        Action(
            "cut", [.character("X")], usage: "[NODE]", .act, views: ViewName.ofNodes, isMutating: true,
            "Ends the streams left on a node that is out, with an error. Asks for its name.",
            disabled: { state, snapshot in Targets.whyNone(state, snapshot) },
            perform: { state, context in
                Emptying.open(&state, context, kind: { .cut($0) }, command: { .cut(node: $0) })
            }),
        Action(
            "weight", [.character("w")], usage: "[NODE] 0...100 [--try 5m]", .act, hint: 2,
            views: ViewName.ofNodes,
            isMutating: true, "Changes the node's share of new requests. Shows the shares, then asks.",
            disabled: { state, snapshot in Targets.whyNone(state, snapshot) },
            perform: { state, context in NumberChoosing.openWeight(&state, context) }),
        Action(
            "limit", [.character("l")], usage: "[NODE] 1...100000|none [--try 5m]", .act,
            views: ViewName.ofNodes, isMutating: true,
            "Sets how many requests at most the node gets at once; more wait here. Asks first.",
            disabled: { state, snapshot in Targets.whyNone(state, snapshot) },
            perform: { state, context in NumberChoosing.openLimit(&state, context) }),
        Action(
            "queue-capacity", [], usage: "0...65536 [--try 5m]", .act, isMutating: true,
            "Sets how many requests of each model may wait in the gateway. Asks first.",
            disabled: { state, snapshot in Targets.whyUnreachable(state, snapshot) },
            perform: { state, context in NumberChoosing.openQueueCapacity(&state, context) }),
        Action(
            "policy", [.character("o")], usage: "[NAME [PARAM=VALUE...]] [--model M] [--try 5m]", .act,
            hint: 3,
            isMutating: true,
            "Chooses the routing policy and sets its parameters. Asks first.",
            disabled: { state, snapshot in
                if let reason = Targets.whyUnreachable(state, snapshot) { return reason }
                return snapshot?.gateway.policies.isEmpty == true ? "the gateway names no policies" : nil
            },
            perform: { state, context in PolicyChoosing.open(&state, context) }),
        Action(
            "keep", [.character("a")], .act, hint: 0, isMutating: true,
            "Keeps what is being tried, which goes back by itself otherwise. Asks first.",
            disabled: { state, snapshot in
                if let reason = Targets.whyUnreachable(state, snapshot) { return reason }
                return snapshot?.trials.isEmpty == true ? "nothing is being tried" : nil
            },
            perform: { state, context in
                state.open(.keep, context)
                return []
            }),
        Action(
            "undo", [.character("z")], .act, hint: 4, isMutating: true,
            "Takes the last change back. Asks first.",
            disabled: { state, snapshot in
                if let reason = Targets.whyUnreachable(state, snapshot) { return reason }
                return lastChange(state, snapshot) == nil ? "nothing to undo from this console" : nil
            },
            perform: { state, context in
                guard let undo = lastChange(state, context.snapshot) else { return [] }
                state.open(.undo(undo), context)
                return []
            }),
        Action(
            "stop", [], .act, isMutating: true,
            "Ends the gateway: when the streams have ended, or now. Asks first.",
            disabled: { state, snapshot in Targets.whyUnreachable(state, snapshot) },
            perform: { state, context in
                state.open(.quit, context)
                return []
            }),
    ]

    /// What undo takes back: the tuner's change while nothing came after it, else the last one of this console.
    private static func lastChange(_ state: ScreenState, _ snapshot: Snapshot?) -> Command? {
        snapshot?.gateway.autotune?.undo ?? state.undo
    }
}

extension ScreenState {
    /// Opens a dialog on the live picture.
    mutating func open(
        _ kind: Dialog.Kind, _ context: ActionContext, refusal: String? = nil, trySeconds: Double? = nil
    ) {
        let version = context.snapshot?.gateway.configurationVersion ?? 0
        var dialog = Dialog(
            kind, openedBy: context.key, openedAt: now, version: version, refusal: refusal)
        dialog.trySeconds = trySeconds
        overlay = .dialog(dialog)
        notice = nil
    }
}

/// Which nodes a verb is about.
enum Targets {
    /// The palette's NODE, else the marked nodes, else the selected one. Names that don't exist stay in: the guard
    /// answers for them.
    static func chosen(_ state: ScreenState, _ context: ActionContext) -> [String] {
        if let named = context.arguments.first, Int(named) == nil, !named.hasPrefix("-") { return [named] }
        return chosen(state, context.snapshot)
    }

    static func chosen(_ state: ScreenState, _ snapshot: Snapshot?) -> [String] {
        guard let snapshot else { return [] }
        if state.view == .fleet, !state.marks.isEmpty {
            return snapshot.nodes.map(\.name).filter(state.marks.contains)
        }
        if let group = GroupActions.group(state, snapshot) { return GroupActions.targets(group, state) }
        if state.view == .node {
            return state.selectedNode.flatMap { snapshot.node(named: $0)?.name }.map { [$0] } ?? []
        }
        // Never a node that the view does not list, though it was selected elsewhere.
        return state.selectedNode.flatMap { name in
            Selection.nodes(state, snapshot).contains(name) ? [name] : nil
        } ?? []
    }

    /// Why no command can be sent now.
    static func whyUnreachable(_ state: ScreenState, _ snapshot: Snapshot?) -> String? {
        guard snapshot != nil else { return "there is no picture of the fleet yet" }
        if case .lost = state.connection { return "the gateway does not answer" }
        return nil
    }

    /// Why no command for a node can be sent now.
    static func whyNone(_ state: ScreenState, _ snapshot: Snapshot?) -> String? {
        whyUnreachable(state, snapshot) ?? (snapshot?.nodes.isEmpty == true ? "the gateway has no node" : nil)
    }

    /// True when all chosen nodes are taken out already, so that `d` brings them back.
    static func areOut(_ state: ScreenState, _ snapshot: Snapshot?) -> Bool {
        let nodes = chosen(state, snapshot).compactMap { snapshot?.node(named: $0) }
        return !nodes.isEmpty && nodes.allSatisfy(\.isTakenOut)
    }
}

/// Drain, its undoing, and maintenance.
enum Draining {
    static func open(_ state: inout ScreenState, _ context: ActionContext) -> [Effect] {
        let targets = Targets.chosen(state, context)
        let nodes = targets.compactMap { context.snapshot?.node(named: $0) }
        if context.key != nil, !nodes.isEmpty, nodes.allSatisfy(\.isTakenOut) {
            return openUndrain(&state, context, targets)
        }
        // Of marked nodes only those that still serve are meant.
        let leaving = targets.count > 1 ? nodes.filter { !$0.isTakenOut }.map(\.name) : targets
        guard let options = DrainOptions(context.arguments) else {
            state.tell(
                "drain takes NODE, --migrate, --deadline 30s|10m|1h and --at-deadline keep|cut|migrate",
                .warning)
            return []
        }
        open(&state, context, .drain(leaving), leaving) { name, force in
            .drain(node: name, deadlineSeconds: options.deadline, atDeadline: options.action, force: force)
        }
        if case .dialog(var dialog) = state.overlay {
            dialog.deadlineSeconds = options.deadline
            dialog.atDeadline = options.action
            dialog.migrates = options.migrates
            state.overlay = .dialog(dialog)
            return [.foresee(.out(dialog.targets))]
        }
        return []
    }

    static func openUndrain(
        _ state: inout ScreenState, _ context: ActionContext, _ targets: [String]
    ) -> [Effect] {
        open(&state, context, .undrain(targets), targets) { name, _ in .undrain(node: name) }
        return []
    }

    static func openMaintenance(_ state: inout ScreenState, _ context: ActionContext) -> [Effect] {
        let targets = Targets.chosen(state, context)
        open(&state, context, .maintenance(targets), targets) { .maintenance(node: $0, force: $1) }
        return state.dialog?.change.map { [.foresee($0)] } ?? []
    }

    /// Opens the dialog, with the guard's reason where only force helps; says the reason where nothing does.
    private static func open(
        _ state: inout ScreenState, _ context: ActionContext, _ kind: Dialog.Kind, _ targets: [String],
        command: (String, Bool) -> Command
    ) {
        guard let snapshot = context.snapshot, !targets.isEmpty else {
            return state.tell("select a node first", .warning)
        }
        var refusal: String?
        for target in targets {
            switch Guard.check(command(target, false), on: snapshot) {
            case .allowed: continue
            case .refused(let reason, let canForce) where canForce && targets.count == 1: refusal = reason
            case .refused(let reason, _): return state.tell(reason, .warning)
            }
        }
        // Each alone may go, but not all of them.
        if kind.takesOut, targets.count > 1, let reason = Guard.shortage(without: Set(targets), in: snapshot)
        {
            return state.tell("unmark one: \(reason)", .warning)
        }
        state.open(kind, context, refusal: refusal)
    }
}

/// Moving or cutting what is left on nodes that are out.
enum Emptying {
    static func open(
        _ state: inout ScreenState, _ context: ActionContext, kind: (String) -> Dialog.Kind,
        command: (String) -> Command
    ) -> [Effect] {
        let targets = Targets.chosen(state, context)
        guard let snapshot = context.snapshot, let target = targets.first, targets.count == 1 else {
            state.tell(
                targets.isEmpty ? "select a node first" : "one node at a time: take the marks off", .warning)
            return []
        }
        if case .refused(let reason, _) = Guard.check(command(target), on: snapshot) {
            state.tell(reason, .warning)
            return []
        }
        state.open(kind(target), context)
        return []
    }
}

/// `--migrate --deadline 10m --at-deadline cut` after the palette's drain.
struct DrainOptions {
    var deadline: Double?
    var action = DeadlineAction.keep
    var migrates = false

    init?(_ arguments: [String]) {
        var rest = arguments[...]
        if let first = rest.first, !first.hasPrefix("-") { rest = rest.dropFirst() }
        while let name = rest.popFirst() {
            if name == "--migrate" {
                migrates = true
                continue
            }
            guard let value = rest.popFirst() else { return nil }
            switch name {
            case "--deadline":
                guard let seconds = Self.seconds(value) else { return nil }
                deadline = seconds
            case "--at-deadline":
                guard let chosen = DeadlineAction(rawValue: value) else { return nil }
                action = chosen
            default: return nil
            }
        }
    }

    /// "90", "30s", "10m", "1h".
    static func seconds(_ text: String) -> Double? {
        let factors: [Character: Double] = ["s": 1, "m": 60, "h": 3_600]
        guard let last = text.last else { return nil }
        let factor = factors[last]
        let digits = factor == nil ? text : String(text.dropLast())
        guard let number = Double(digits), number > 0, number.isFinite else { return nil }
        return number * (factor ?? 1)
    }
}

enum Quitting {
    /// Without a gateway of its own, or with one that may end, there is nothing to ask.
    static func ask(_ state: inout ScreenState, _ context: ActionContext) -> [Effect] {
        guard state.ownership == .started, context.snapshot != nil, state.stopping == nil else {
            return [.quit]
        }
        if case .lost = state.connection { return [.quit] }
        state.open(.quit, context)
        return []
    }
}
