import GatewayCore

/// The policies, and the chosen one's parameters with value, range and meaning.
struct PolicyLines {
    var draft: PolicyDraft
    var snapshot: Snapshot
    /// Lines that the dialog has room for, and columns of each.
    var room: Int
    var width: Int

    var lines: [DialogView.Line] { [modelLine] + list + meaning + parameterLines + notes }

    /// Between list and parameters: what is chosen means this, where its own line can't say all of it.
    private var meaning: [DialogView.Line] {
        let none: [DialogView.Line] = draft.parameters.isEmpty ? [] : [[("", .text)]]
        guard let (name, text, column) = chosen, column + DisplayWidth.of(text) > width else { return none }
        return WrappedText.lines("\(name): \(text)", width: max(width - 2, 1)).map { [("  " + $0, .text)] }
    }

    /// The chosen policy's or parameter's name, its text, and the column where that begins.
    private var chosen: (name: String, text: String, column: Int)? {
        if let row = draft.row, draft.parameters.indices.contains(row) {
            let parameter = draft.parameters[row]
            let column = 25 + DisplayWidth.of(parameter.limits)
            return ("\(parameter.name), \(parameter.limits)", parameter.summary, column)
        }
        return Policies.summary(of: draft.name).map { (draft.name, $0, draft.name == now.name ? 30 : 24) }
    }

    private var settings: PolicySettings { snapshot.gateway.policySettings }
    private var now: PolicySetting { settings.of(draft.model) }

    private var modelLine: DialogView.Line {
        let whose: String
        if let model = draft.model {
            whose = model + (settings.own(model) == nil ? " (follows the default now)" : " (has its own)")
        } else {
            whose = "all models" + (settings.models.isEmpty ? "" : " but \(settings.models.count)")
        }
        return [("For  ", .label), (whose, .title), ("   m: another", .label)]
    }

    /// As many as there is room for, around the chosen one.
    private var list: [DialogView.Line] {
        let names = draft.names(snapshot.gateway)
        let chosen = names.firstIndex(of: draft.name) ?? 0
        let height = min(max(room - draft.parameters.count - 1 - meaning.count - notes.count, 3), names.count)
        let first = min(max(chosen - height / 2, 0), names.count - height)
        return names[first..<(first + height)].map { name in
            let isChosen = name == draft.name
            let padding = String(repeating: " ", count: max(22 - DisplayWidth.of(name), 1))
            let meaning =
                name == PolicySettings.follow
                ? "follows the others again" : Policies.summary(of: name) ?? ""
            return [
                (isChosen ? "▸ " : "  ", .accent), (name + padding, isChosen ? .title : .text),
                (name == now.name ? "(now) " : "", .good), (meaning, .label),
            ]
        }
    }

    private var parameterLines: [DialogView.Line] {
        draft.parameters.enumerated().map { index, parameter in
            let isChosen = index == draft.row
            let value = draft.value(index)
            let isRight = value.map(parameter.range.contains) ?? false
            let shown =
                isChosen && !draft.typed.isEmpty ? draft.typed + "_" : value?.brief ?? NumberText.unknown
            let name = parameter.name + String(repeating: " ", count: max(13 - parameter.name.count, 1))
            let number = shown + String(repeating: " ", count: max(8 - shown.count, 1))
            return [
                (isChosen ? "▸ " : "  ", .accent), (name, isChosen ? .title : .text),
                (number, isRight ? isChange(index) ? .accent : .title : .alarm),
                ("\(parameter.limits)  \(parameter.summary)", isRight ? .label : .alarm),
            ]
        }
    }

    private func isChange(_ index: Int) -> Bool {
        draft.values[index]
            != (now.name == draft.name ? now.values[index] : draft.parameters[index].standard)
    }

    private var notes: [DialogView.Line] {
        [[("", .text)]] + PolicyPreview(draft, snapshot).lines
    }
}
