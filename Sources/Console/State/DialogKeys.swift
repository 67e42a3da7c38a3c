import GatewayCore

/// Keys while a dialog is open. Only `y` carries out, or the node's name typed out where the guard refuses; the key
/// that opened it, Enter, Space and Esc never do.
enum DialogKeys {
    static func hints(_ dialog: Dialog) -> [(key: String, text: String)] {
        if dialog.isTypingReason { return [("Esc", "no reason"), ("Enter", "done")] }
        if dialog.kind == .quit {
            return [("Esc", "cancel"), ("k", "keep serving"), ("d", "drain, then stop"), ("x", "stop now")]
        }
        var hints = choices(dialog)
        hints.insert(("^R", "reason"), at: 2)
        return hints
    }

    private static func choices(_ dialog: Dialog) -> [(key: String, text: String)] {
        if dialog.needsName {
            return [("Esc", "cancel"), ("NAME Enter", dialog.refusal == nil ? "cut" : "force")]
        }
        switch dialog.kind {
        case .weight(_, let draft), .limit(_, let draft), .queueCapacity(let draft):
            return [("Esc", "cancel"), ("y", "apply"), ("t", "try")] + draft.hints
        case .policy(let draft):
            let keys = [("Esc", "cancel"), ("y", "apply"), ("t", "try"), ("Up Down", "choose")]
            if draft.parameters.isEmpty { return keys }
            return keys
                + (draft.row == nil
                    ? [("Tab", "parameters")]
                    : [("Left Right", "step"), ("0...9", "type"), ("r", "standard")])
        case .drain:
            return [("Esc", "cancel"), ("y", "drain"), ("t", "deadline"), ("x", "then"), ("m", "move now")]
        case .cancelStream(let stream) where stream.session != nil:
            return [("Esc", "cancel"), ("y", "end it"), ("s", "its whole session")]
        case .pin(.pin): return [("Esc", "cancel"), ("y", "pin"), ("Up Down", "choose the node")]
        default: return [("Esc", "cancel"), ("y", "yes")]
        }
    }

    static func press(
        _ key: Key, _ dialog: Dialog, _ state: inout ScreenState, _ snapshot: Snapshot?
    ) -> [Effect] {
        if dialog.isTypingReason, key != .control("c") { return typeReason(key, dialog, &state) }
        if key == .escape || key == .control("c") { return cancel(&state) }
        if dialog.confirmsAt != nil {
            disturb(dialog, &state)
            state.tell("taken back; y confirms, Esc cancels", .warning)
            return []
        }
        if key == .control("r"), dialog.kind != .quit {
            var dialog = dialog
            dialog.isTypingReason = true
            state.overlay = .dialog(dialog)
            return []
        }
        if dialog.needsName { return force(key, dialog, &state) }
        if key == .enter { return cancel(&state) }
        if key == dialog.openedBy {
            disturb(dialog, &state)
            state.tell("y confirms, Esc cancels")
            return []
        }
        if dialog.kind == .quit { return quit(key, dialog, &state) }
        if key == .character("y") {
            if case .policy(let draft) = dialog.kind, let problem = draft.problem {
                state.tell(problem, .warning)
                return []
            }
            return confirm(dialog, &state, snapshot)
        }
        var changed = dialog
        adjust(key, &changed, snapshot)
        guard changed != dialog else {
            disturb(dialog, &state)
            state.tell("y confirms, Esc cancels")
            return []
        }
        guard changed.change != dialog.change else {
            state.overlay = .dialog(changed)
            return []
        }
        changed.forecast = nil
        state.overlay = .dialog(changed)
        return changed.change.map { [.foresee($0)] } ?? []
    }

    private static func typeReason(_ key: Key, _ dialog: Dialog, _ state: inout ScreenState) -> [Effect] {
        var dialog = dialog
        // The end of what is typed is not yet a yes.
        dialog.quietSince = state.now
        switch key {
        case .character(let character) where dialog.reason.count < Dialog.reasonLimit:
            dialog.reason.append(character)
        case .backspace: dialog.reason = String(dialog.reason.dropLast())
        case .enter: dialog.isTypingReason = false
        case .escape: (dialog.reason, dialog.isTypingReason) = ("", false)
        default: break
        }
        state.overlay = .dialog(dialog)
        return []
    }

    /// A key that means nothing here may be part of a word for another window.
    private static func disturb(_ dialog: Dialog, _ state: inout ScreenState) {
        var dialog = dialog
        dialog.quietSince = state.now
        dialog.confirmsAt = nil
        state.overlay = .dialog(dialog)
    }

    private static func cancel(_ state: inout ScreenState) -> [Effect] {
        state.overlay = nil
        state.tell("cancelled, nothing was changed")
        return []
    }

    /// Too soon after opening for anybody to have read it.
    private static func isArmed(_ dialog: Dialog, _ state: ScreenState) -> Bool {
        state.now - dialog.quietSince >= Dialog.armingSeconds
    }

    private static func confirm(
        _ dialog: Dialog, _ state: inout ScreenState, _ snapshot: Snapshot?
    ) -> [Effect] {
        guard isArmed(dialog, state) else {
            var dialog = dialog
            dialog.confirmsAt = state.now + Dialog.quietSeconds
            state.overlay = .dialog(dialog)
            state.tell("that was quick: done in half a second, any key takes it back", .warning)
            return []
        }
        return send(dialog, &state, snapshot)
    }

    private static func send(_ dialog: Dialog, _ state: inout ScreenState, _ snapshot: Snapshot?) -> [Effect]
    {
        CommandFlow.send(
            commands(of: dialog, snapshot, force: false), version: dialog.version,
            trySeconds: dialog.trySeconds, reason: dialog.reason, &state)
    }

    /// Time passes: takes an early confirmation when it has stayed quiet since.
    static func tick(_ state: inout ScreenState, _ snapshot: Snapshot?) -> [Effect] {
        guard let dialog = state.dialog, let time = dialog.confirmsAt, time <= state.now else { return [] }
        return send(dialog, &state, snapshot)
    }

    /// The commands that a dialog stands for.
    static func commands(of dialog: Dialog, _ snapshot: Snapshot?, force: Bool) -> [Command] {
        switch dialog.kind {
        case .drain(let nodes):
            return nodes.flatMap { node -> [Command] in
                let drain = Command.drain(
                    node: node, deadlineSeconds: dialog.deadlineSeconds, atDeadline: dialog.atDeadline,
                    force: force)
                return dialog.migrates ? [drain, .migrate(node: node)] : [drain]
            }
        case .undrain(let nodes): return nodes.map { .undrain(node: $0) }
        case .maintenance(let nodes): return nodes.map { .maintenance(node: $0, force: force) }
        case .weight(let nodes, let draft):
            return draft.value.map { weight in nodes.map { .setWeight(node: $0, weight: weight) } } ?? []
        case .limit(let nodes, let draft): return nodes.map { .setLimit(node: $0, requests: draft.value) }
        case .queueCapacity(let draft): return draft.value.map { [.setQueueCapacity(requests: $0)] } ?? []
        case .policy(let draft): return draft.command(snapshot?.gateway).map { [$0] } ?? []
        case .migrate(let node): return [.migrate(node: node)]
        case .cut(let node): return [.cut(node: node)]
        case .cancelSession(let id): return [.cancelSession(id: id)]
        case .cancelStream(let stream): return [.cancelStream(id: stream.id)]
        case .keep: return [.keep]
        case .pin(let command), .undo(let command): return [command]
        case .quit: return []
        }
    }

    /// Only the whole name, then Enter: the guard refused, or streams are cut.
    private static func force(_ key: Key, _ dialog: Dialog, _ state: inout ScreenState) -> [Effect] {
        var dialog = dialog
        switch key {
        case .character(let character) where dialog.typed.count < 100: dialog.typed.append(character)
        case .backspace: dialog.typed = String(dialog.typed.dropLast())
        case .enter:
            guard dialog.typed == dialog.targets.first else {
                if dialog.typed.isEmpty { return cancel(&state) }
                state.tell(
                    "\(dialog.typed) is not \(dialog.targets.first ?? "the name"): nothing was done", .warning
                )
                return []
            }
            return CommandFlow.send(
                commands(of: dialog, nil, force: true), version: dialog.version, reason: dialog.reason,
                &state)
        default: break
        }
        state.overlay = .dialog(dialog)
        return []
    }

    private static func adjust(_ key: Key, _ dialog: inout Dialog, _ snapshot: Snapshot?) {
        switch dialog.kind {
        case let kind where kind.canBeTried && key == .character("t"):
            dialog.trySeconds = next(after: dialog.trySeconds, in: [nil, 300, 900, 3_600])
        case .weight(let nodes, var draft):
            draft.press(key)
            dialog.kind = .weight(nodes, draft)
        case .limit(let nodes, var draft):
            draft.press(key)
            dialog.kind = .limit(nodes, draft)
        case .queueCapacity(var draft):
            draft.press(key)
            dialog.kind = .queueCapacity(draft)
        case .cancelStream(let stream) where key == .character("s"):
            if let session = stream.session { dialog.kind = .cancelSession(session) }
        case .pin(let command) where key == .down || key == .up:
            dialog.kind = .pin(Pinning.adjusted(command, by: key == .down ? 1 : -1, snapshot))
        case .policy(var draft):
            draft.press(key, snapshot)
            dialog.kind = .policy(draft)
        case .drain:
            if key == .character("t") {
                dialog.deadlineSeconds = next(
                    after: dialog.deadlineSeconds, in: [nil, 30, 60, 300, 600, 1_800, 3_600])
            } else if key == .character("x") {
                dialog.atDeadline = next(after: dialog.atDeadline, in: DeadlineAction.allCases)
            } else if key == .character("m") {
                dialog.migrates.toggle()
            }
        default: break
        }
    }

    private static func next<Choice: Equatable>(after choice: Choice, in all: [Choice]) -> Choice {
        all[((all.firstIndex(of: choice) ?? 0) + 1) % all.count]
    }

    private static func quit(_ key: Key, _ dialog: Dialog, _ state: inout ScreenState) -> [Effect] {
        switch key {
        case .character("k"):
            state.overlay = nil
            return [.quit]
        case .character("d"), .character("x"):
            guard isArmed(dialog, state) else {
                disturb(dialog, &state)
                state.tell("that was quick: read, then press the key again", .warning)
                return []
            }
            if let reason = state.whyUnchangeable {
                state.tell(reason, .warning)
                return []
            }
            let mode: StopMode = key == .character("d") ? .drain : .now
            state.stopping = mode
            return CommandFlow.send([.stop(mode: mode)], version: dialog.version, &state)
        default:
            disturb(dialog, &state)
            return []
        }
    }
}
