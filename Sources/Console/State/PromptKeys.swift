import GatewayCore

/// Keys while the operator types a filter or a command.
enum PromptKeys {
    static func press(
        _ key: Key, _ prompt: Prompt, _ state: inout ScreenState, _ snapshot: Snapshot?
    ) -> [Effect] {
        var prompt = prompt
        switch key {
        case .escape, .control("c"):
            if prompt.purpose == .filter { state.filter = prompt.before }
            state.overlay = nil
            return []
        case .enter: return finish(prompt, &state, snapshot)
        case .backspace where prompt.text.isEmpty:
            state.overlay = nil
            return []
        case .backspace: prompt.text = String(prompt.text.dropLast())
        case .control("u"): prompt.text = ""
        case .control("w"): prompt.text = withoutLastWord(prompt.text)
        case .character(let character) where prompt.text.count < 200: prompt.text.append(character)
        case .tab where prompt.purpose == .palette: complete(&prompt, state, snapshot)
        case .down, .up: choose(key == .down ? 1 : -1, &prompt, state, snapshot)
        default: break
        }
        if key != .down && key != .up { prompt.choice = nil }
        state.overlay = .prompt(prompt)
        return []
    }

    private static func finish(
        _ prompt: Prompt, _ state: inout ScreenState, _ snapshot: Snapshot?
    ) -> [Effect] {
        state.overlay = nil
        guard prompt.purpose == .palette else {
            state.filter = prompt.text.trimmed
            Selection.keepInSight(&state, snapshot)
            return []
        }
        var text = prompt.text
        if let choice = prompt.choice {
            let completions = Palette.completions(text, state, snapshot)
            if completions.indices.contains(choice) { text = completions[choice].text }
        }
        return Palette.run(text, &state, snapshot)
    }

    private static func complete(_ prompt: inout Prompt, _ state: ScreenState, _ snapshot: Snapshot?) {
        let completions = Palette.completions(prompt.text, state, snapshot)
        guard let first = completions.first else { return }
        let common = completions.dropFirst().reduce(first.text) { String.commonStart($0, $1.text) }
        prompt.text =
            completions.count == 1
            ? first.text + " " : common.count > prompt.text.count ? common : prompt.text
    }

    private static func choose(
        _ step: Int, _ prompt: inout Prompt, _ state: ScreenState, _ snapshot: Snapshot?
    ) {
        let count = prompt.purpose == .palette ? Palette.completions(prompt.text, state, snapshot).count : 0
        guard count > 0 else { return }
        let now = prompt.choice ?? (step > 0 ? -1 : 0)
        prompt.choice = (now + step + count) % count
    }

    private static func withoutLastWord(_ text: String) -> String {
        var words = text.split(separator: " ")
        if !words.isEmpty { words.removeLast() }
        return words.isEmpty ? "" : words.joined(separator: " ") + " "
    }
}

extension String {
    fileprivate static func commonStart(_ first: String, _ second: String) -> String {
        String(zip(first, second).prefix { $0 == $1 }.map(\.0))
    }
}
