import GatewayCore

/// Keys while help is open.
enum HelpKeys {
    static func press(_ key: Key, _ scroll: Int, _ state: inout ScreenState, _ snapshot: Snapshot?)
        -> [Effect]
    {
        let page = page(state)
        let step: Int? =
            switch key {
            case .down, .character("j"): 1
            case .up, .character("k"): -1
            case .pageDown, .character(" "): page
            case .pageUp: -page
            default: nil
            }
        guard let step else {
            state.overlay = nil
            return []
        }
        return self.scroll(to: scroll + step, &state)
    }

    static func scroll(to line: Int, _ state: inout ScreenState) -> [Effect] {
        let most = max(HelpView.lines(state).count - page(state), 0)
        state.overlay = .help(scroll: min(max(line, 0), most))
        return []
    }

    private static func page(_ state: ScreenState) -> Int { max(state.size.rows - 6, 1) }
}

/// Keys while the menu of sort columns is open.
enum SortMenuKeys {
    static func press(_ key: Key, _ choice: Int, _ state: inout ScreenState, _ snapshot: Snapshot?)
        -> [Effect]
    {
        let keys = SortKey.allCases
        switch key {
        case .down, .character("j"), .character("s"), .tab:
            state.overlay = .sortMenu(choice: (choice + 1) % keys.count)
        case .up, .character("k"), .backTab:
            state.overlay = .sortMenu(choice: (choice + keys.count - 1) % keys.count)
        case .enter:
            state.overlay = nil
            state.sort = SortOrder(key: keys[min(max(choice, 0), keys.count - 1)])
            Sorting.apply(&state, snapshot)
        default: state.overlay = nil
        }
        return []
    }
}
