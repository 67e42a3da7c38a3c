import GatewayCore

/// Commands by name, after `:`.
package enum Palette {
    package struct Completion: Equatable, Sendable {
        /// The whole line with this choice made.
        package var text: String
        package var detail: String
        /// Why it can't be run now.
        package var disabled: String?
    }

    /// Runs a line: an action's name or the start of one only, then its arguments. `q` is quit.
    package static func run(_ line: String, _ state: inout ScreenState, _ snapshot: Snapshot?) -> [Effect] {
        let words = line.split(separator: " ").map(String.init)
        guard let name = words.first else { return [] }
        let candidates = ActionTable.all.filter { $0.name.hasPrefix(name) }
        let exact = ActionTable.action(named: name == "q" ? "quit" : name)
        guard let action = exact ?? (candidates.count == 1 ? candidates[0] : nil) else {
            let meant = candidates.map(\.name).joined(separator: ", ")
            state.tell(
                candidates.isEmpty
                    ? "no command \(name); \(state.keys.way(to: "palette")) and Tab list them"
                    : "\(name) may be \(meant)",
                .warning)
            return []
        }
        return Console.run(
            action, &state, ActionContext(snapshot: snapshot, key: nil, arguments: Array(words.dropFirst())))
    }

    /// What the line may become: names of actions, then nodes, policies, themes and columns.
    package static func completions(_ line: String, _ state: ScreenState, _ snapshot: Snapshot?)
        -> [Completion]
    {
        let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count > 1 else {
            return ActionTable.all.filter { $0.name.hasPrefix(words.first ?? "") }.map { action in
                let keys = state.keys.labels(of: action)
                return Completion(
                    text: action.name,
                    detail: "\(keys.isEmpty ? "" : "[\(keys)] ")\(action.usage) \(action.help)".trimmed,
                    disabled: action.whyDisabled(state, snapshot))
            }
        }
        if words[0] == "policy", words.count > 2 { return policyParts(words, snapshot) }
        if words[0] == "pin", words.count == 3 {
            return nodes(snapshot).filter { $0.0.hasPrefix(words[2]) }.map {
                Completion(text: "pin \(words[1]) \($0.0)", detail: $0.1, disabled: nil)
            }
        }
        guard words.count == 2 else { return [] }
        return arguments(of: words[0], state, snapshot).filter { $0.0.hasPrefix(words[1]) }.map {
            Completion(text: "\(words[0]) \($0.0)", detail: $0.1, disabled: nil)
        }
    }

    /// Parameters of the policy that was named, then the model.
    private static func policyParts(_ words: [String], _ snapshot: Snapshot?) -> [Completion] {
        let start = words.dropLast().joined(separator: " ")
        let last = words[words.count - 1]
        let parts: [(String, String)]
        if words[words.count - 2] == "--model" {
            parts = Set(snapshot?.nodes.flatMap(\.models) ?? []).sorted().map { ($0, "") }
        } else {
            parts =
                Policies.parameters(of: words[1]).map { ("\($0.name)=", "\($0.limits) \($0.summary)") }
                + [("--model", "only this model's requests"), ("--try", "goes back by itself after 5m")]
        }
        return parts.filter { $0.0.hasPrefix(last) }.map {
            Completion(text: "\(start) \($0.0)", detail: $0.1, disabled: nil)
        }
    }

    private static func nodes(_ snapshot: Snapshot?) -> [(String, String)] {
        snapshot?.nodes.map {
            ($0.name, "\($0.state.rawValue), \(NumberText.plural($0.active, "stream"))")
        } ?? []
    }

    private static func arguments(
        of name: String, _ state: ScreenState, _ snapshot: Snapshot?
    ) -> [(String, String)] {
        switch name {
        case "drain", "undrain", "maintenance", "migrate", "cut", "weight", "limit":
            nodes(snapshot)
        case "cancel":
            Set(snapshot?.streams.compactMap(\.session) ?? []).sorted().map { ($0, "") }
        case "pin":
            snapshot?.sessions.map { ($0.id, "warm on \($0.visits.first?.node ?? NumberText.unknown)") } ?? []
        case "unpin": snapshot?.pins.map { ($0.session, "pinned to \($0.node)") } ?? []
        case "policy":
            snapshot?.gateway.policies.map { ($0, $0 == snapshot?.gateway.policy ? "now" : "") } ?? []
        case "theme": state.themes.map { ($0, $0 == state.theme ? "now" : "") }
        case "graphs": GraphStyle.allCases.map { ($0.rawValue, $0 == state.graphs ? "now" : "") }
        case "group": GroupKey.allCases.map { ($0.rawValue, $0 == state.grouping.key ? "now" : "") }
        case "shape":
            [("auto", "as it fits")] + FleetShape.allCases.map { ($0.rawValue, $0.fact) }
        case "sort": SortKey.allCases.map { ($0.rawValue, $0.title) }
        default: []
        }
    }
}
