import GatewayCore

/// What the operator typed after `/`: text and comparisons joined by `&`, as in `kv>85 & role=decode`.
package struct NodeFilter: Sendable {
    private enum Term {
        case text(String)
        case number(field: String, comparison: String, value: Double)
        case word(field: String, isEqual: Bool, value: String)
    }

    private var terms: [Term] = []
    /// What can't be understood; the rest still filters.
    package private(set) var problem: String?

    package static let numberFields = [
        "kv", "hbm", "hit", "weight", "queue", "running", "ttft", "tpot", "tokens", "dollars", "streams",
    ]
    package static let wordFields = ["name", "state", "role", "model", "engine", "zone"]

    package init(_ text: String) {
        for part in text.split(separator: "&") {
            let term = part.trimmed
            if !term.isEmpty { add(term) }
        }
    }

    package var isEmpty: Bool { terms.isEmpty }

    private mutating func add(_ term: String) {
        guard let split = Self.comparison(in: term) else {
            terms.append(.text(term.lowercased()))
            return
        }
        let (field, comparison, value) = split
        if Self.numberFields.contains(field) {
            guard let number = Double(value) else {
                if !value.isEmpty { problem = "\(field) is compared with a number, not \(value)" }
                return
            }
            terms.append(.number(field: field, comparison: comparison, value: number))
        } else if Self.wordFields.contains(field), comparison == "=" || comparison == "!=" {
            terms.append(.word(field: field, isEqual: comparison == "=", value: value.lowercased()))
        } else {
            problem =
                "no field \(field); there are \((Self.numberFields + Self.wordFields).joined(separator: " "))"
        }
    }

    private static func comparison(in term: String) -> (String, String, String)? {
        for sign in [">=", "<=", "!=", ">", "<", "="] {
            guard let range = term.range(ofASCII: sign) else { continue }
            let field = term[..<range.lowerBound].trimmed.lowercased()
            return (field, sign, term[range.upperBound...].trimmed)
        }
        return nil
    }

    package func matches(_ node: NodeStatus) -> Bool {
        terms.allSatisfy { term in
            switch term {
            case .text(let text): Self.words(of: node).contains { $0.lowercased().contains(text) }
            case .number(let field, let comparison, let value):
                Self.number(field, of: node).map { Self.compare($0, comparison, value) } ?? false
            case .word(let field, let isEqual, let value):
                Self.word(field, of: node).contains { $0.lowercased().contains(value) } == isEqual
            }
        }
    }

    /// Text and text comparisons on anything that has words: streams, events.
    package func matches(words: [String]) -> Bool {
        terms.allSatisfy { term in
            guard case .text(let text) = term else { return true }
            return words.contains { $0.lowercased().contains(text) }
        }
    }

    private static func words(of node: NodeStatus) -> [String] {
        [node.name, node.state.rawValue, node.role.rawValue, node.engine.rawValue, node.zone ?? ""]
            + node.models
    }

    private static func word(_ field: String, of node: NodeStatus) -> [String] {
        switch field {
        case "name": [node.name]
        case "state": [node.state.rawValue]
        case "role": [node.role.rawValue]
        case "model": node.models
        case "engine": [node.engine.rawValue]
        default: [node.zone ?? ""]
        }
    }

    /// In the unit of the screen: percent, milliseconds, dollars per million tokens.
    private static func number(_ field: String, of node: NodeStatus) -> Double? {
        switch field {
        case "kv": node.kvUsage.map { $0 * 100 }
        case "hbm": node.hbmShare.map { $0 * 100 }
        case "hit": node.prefixHitRate.map { $0 * 100 }
        case "weight": Double(node.weight)
        case "queue": SortKey.queue.value(node)
        case "running": node.running
        case "ttft": node.ttft.map { $0.p99 * 1_000 }
        case "tpot": node.tpot.map { $0.p99 * 1_000 }
        case "tokens": node.tokensPerSecond
        case "dollars": node.dollarsPerMillionTokens
        default: Double(node.active)
        }
    }

    private static func compare(_ value: Double, _ sign: String, _ other: Double) -> Bool {
        switch sign {
        case ">": value > other
        case ">=": value >= other
        case "<": value < other
        case "<=": value <= other
        case "=": abs(value - other) < 0.5
        default: abs(value - other) >= 0.5
        }
    }
}

extension StringProtocol {
    /// Without blanks at both ends.
    package var trimmed: String {
        var text = String(self)
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}

extension String {
    fileprivate func range(ofASCII sign: String) -> Range<String.Index>? { firstRange(of: sign) }
}
