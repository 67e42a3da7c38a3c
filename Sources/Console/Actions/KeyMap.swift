import GatewayCore

/// Which keys do what: those of the table, but for the actions to which a configuration gives others.
package struct KeyMap: Equatable, Sendable {
    package static let standard = KeyMap()

    /// By the action's name; none: only the palette does it.
    private var own: [String: [Key]] = [:]

    package func keys(of action: Action) -> [Key] { own[action.name] ?? action.keys }

    package func action(for key: Key, in view: ViewName) -> Action? {
        ActionTable.all.first { keys(of: $0).contains(key) && $0.isFor(view) }
    }

    /// All keys of an action, as help writes them.
    func labels(of action: Action, separator: String = " ") -> String {
        keys(of: action).map(\.label).joined(separator: separator)
    }

    /// What to press for an action, or to type where no key does it.
    func way(to name: String) -> String {
        ActionTable.action(named: name).flatMap { keys(of: $0).first?.label } ?? ":\(name)"
    }
}

// MARK: the `keys` object of a configuration

extension KeyMap {
    /// A key that the configuration gives to an action, and where it says so.
    private struct Binding {
        var action: Action
        var key: Key
        var value: JSON5Value
    }

    /// Reads `{ drain: "D", "page-up": ["PgUp", "^B"], copy: [] }`.
    package static func read(_ value: JSON5Value) -> (map: KeyMap, issues: [ConfigurationIssue]) {
        var map = KeyMap()
        guard case .object(let members) = value.kind else {
            let remedy = "write { drain: \"D\" }, names as : lists them"
            return (map, [ConfigurationIssue(at: value.position, "keys is no object", remedy: remedy)])
        }
        var issues: [ConfigurationIssue] = []
        var bindings: [Binding] = []
        for member in members {
            guard let action = ActionTable.action(named: member.key) else {
                issues.append(unknown(member))
                continue
            }
            let values = if case .array(let values) = member.value.kind { values } else { [member.value] }
            var keys: [Key] = []
            for value in values where value.kind != .invalid {
                do throws(InputProblem) {
                    keys.append(try key(value, for: action))
                    bindings.append(Binding(action: action, key: keys[keys.count - 1], value: value))
                } catch {
                    issues.append(issue(error, at: value))
                }
            }
            map.own[action.name] = keys
            if values.isEmpty, action.name == "quit" {
                issues.append(
                    issue(InputProblem("quit needs a key", remedy: "write \"q\""), at: member.value))
            }
        }
        return (map, issues + map.conflicts(among: bindings))
    }

    private static func issue(_ problem: InputProblem, at value: JSON5Value) -> ConfigurationIssue {
        ConfigurationIssue(at: value.position, problem.message, remedy: problem.remedy)
    }

    private static func unknown(_ member: JSON5Member) -> ConfigurationIssue {
        let names = ActionTable.all.map(\.name)
        let nearest = NearestName.of(member.key, among: names).map { "did you mean \"\($0)\"?" }
        return ConfigurationIssue(
            at: member.position, "no action \(quoted(member.key)) in keys",
            remedy: nearest ?? "the actions are \(names.joined(separator: ", "))")
    }

    private static func key(_ value: JSON5Value, for action: Action) throws(InputProblem) -> Key {
        guard case .string(let text) = value.kind else {
            throw InputProblem(
                "a key of \(action.name) is \(value.kindName), not a string", remedy: "write \"D\"")
        }
        guard let key = Key(label: text) else {
            let nearest = NearestName.of(text, among: Key.named.keys.sorted())
            throw InputProblem(
                "\(quoted(text)) is no key",
                remedy: nearest.map { "did you mean \"\($0)\"?" }
                    ?? "write one character, ^L for Ctrl with L, or a name such as F5, PgUp, Space")
        }
        if key == .escape, action.name != "back" {
            throw InputProblem("Esc goes back, wherever it is pressed", remedy: "choose another key")
        }
        if action.isMutating, let reason = whyForbidden(key) {
            throw InputProblem("\(action.name) changes something: \(reason)", remedy: "choose another key")
        }
        return key
    }

    /// Why no key that changes something may be this one.
    static func whyForbidden(_ key: Key) -> String? {
        switch key {
        case .character("y"): "y says yes to its question"
        case .enter, .character(" "): "\(key.label) must never do that"
        case .character(let character) where "[OABCD".contains(character):
            "\(character) is part of an arrow key, which a slow line takes apart"
        default: nil
        }
    }

    /// Two actions on one key, or a changing and a safe one on a letter and its capital.
    private func conflicts(among bindings: [Binding]) -> [ConfigurationIssue] {
        bindings.enumerated().flatMap { index, binding in
            let earlier = bindings.prefix(index).map { ($0.action, $0.key) }
            let standard = ActionTable.all.filter { own[$0.name] == nil }
            let others = earlier + standard.flatMap { action in action.keys.map { (action, $0) } }
            return others.compactMap { other, key in
                Self.whyNot(binding.action, binding.key, beside: other, key).map { reason in
                    let remedy = "choose another key, or give \(other.name) another one"
                    return Self.issue(InputProblem(reason, remedy: remedy), at: binding.value)
                }
            }
        }
    }

    /// Why two actions can't have these keys; nil: they can.
    static func whyNot(_ action: Action, _ key: Key, beside other: Action, _ otherKey: Key) -> String? {
        guard action.name != other.name else { return nil }
        let views = ViewName.allCases.filter { action.isFor($0) && other.isFor($0) }
        if key == otherKey, !views.isEmpty {
            let places = views.count == ViewName.allCases.count ? "" : " in \(views[0].title)"
            return "\(key.label) means \(other.name)\(places) already"
        }
        guard action.isMutating != other.isMutating, case .character(let one) = key,
            case .character(let two) = otherKey, one.lowercased() == two.lowercased()
        else { return nil }
        let (changing, safe) = action.isMutating ? (action, other) : (other, action)
        return "\(key.label) of \(action.name) and \(otherKey.label) of \(other.name) are one letter, but"
            + " \(changing.name) changes something and \(safe.name) doesn't"
    }
}
