/// One press of a key as the terminal tells it.
package enum Key: Hashable, Sendable {
    case character(Character)
    /// With Ctrl held; a lower-case letter.
    case control(Character)
    case function(Int)
    case enter, escape, tab, backTab, backspace, delete
    case up, down, left, right, pageUp, pageDown, home, end

    /// As help and hints write it.
    package var label: String {
        switch self {
        case .character(" "): "Space"
        case .character(let character): String(character)
        case .control(let letter): "^" + letter.uppercased()
        case .function(let number): "F\(number)"
        case .enter: "Enter"
        case .escape: "Esc"
        case .tab: "Tab"
        case .backTab: "S-Tab"
        case .backspace: "Bksp"
        case .delete: "Del"
        case .up: "Up"
        case .down: "Down"
        case .left: "Left"
        case .right: "Right"
        case .pageUp: "PgUp"
        case .pageDown: "PgDn"
        case .home: "Home"
        case .end: "End"
        }
    }

    /// Every key with a name of its own, by its label.
    static let named: [String: Key] = {
        // What Ctrl with H, I, J and M sends is Bksp, Tab and Enter.
        let controls = "abcdefgklnopqrstuvwxyz".map { Key.control($0) }
        let others: [Key] = [
            .character(" "), .enter, .escape, .tab, .backTab, .backspace, .delete, .up, .down, .left, .right,
            .pageUp, .pageDown, .home, .end,
        ]
        let all = controls + (1...12).map { .function($0) } + others
        return Dictionary(uniqueKeysWithValues: all.map { ($0.label, $0) })
    }()

    /// Reads what `label` writes; nil: there is no such key.
    init?(label: String) {
        if let named = Self.named[label] {
            self = named
        } else if label.count == 1, label.unicodeScalars.allSatisfy({ DisplayWidth.of($0) != nil }) {
            self = .character(Character(label))
        } else {
            return nil
        }
    }
}
