import GatewayCore

/// A node's state as the screen says it: a letter, a word and a role; never a colour alone.
package struct StateWord: Equatable, Sendable {
    package var letter: String
    package var word: String
    package var role: Role

    package init(_ node: NodeStatus) {
        switch node.state {
        case .serving: self.init(letter: "S", word: "serving", role: .good)
        case .starting: self.init(letter: "s", word: "starting", role: .label)
        case .draining: self.init(letter: "D", word: "draining", role: .warning)
        case .drained: self.init(letter: "d", word: "drained", role: .accent)
        case .maintenance: self.init(letter: "M", word: "maint", role: .accent)
        case .unhealthy: self.init(letter: "!", word: "unhealthy", role: .alarm)
        case .ejected: self.init(letter: "E", word: "ejected", role: .alarm)
        }
        guard node.isStale, node.state == .serving || node.state == .starting else { return }
        self.init(letter: "?", word: "stale", role: .warning)
    }

    private init(letter: String, word: String, role: Role) {
        self.letter = letter
        self.word = word
        self.role = role
    }

    /// How much a node needs somebody's eyes; the worst has the highest.
    package static func rank(_ node: NodeStatus) -> Int {
        switch node.state {
        case .unhealthy: 7
        case .ejected: 6
        case .draining: 4
        case .starting: 3
        case .maintenance: 2
        case .drained: 1
        case .serving: node.isStale ? 5 : 0
        }
    }
}

/// From where on a value is coloured; `?` tells them.
package struct Threshold: Sendable {
    package enum Level: Sendable { case normal, warning, alarm }
    package let warning: Double
    package let alarm: Double

    /// Share of KV blocks in use.
    package static let kv = Threshold(warning: 0.85, alarm: 0.95)
    /// Share of HBM in use; engines reserve 90 % and more from the start, so that only the last bit tells.
    package static let hbm = Threshold(warning: 0.97, alarm: 0.99)
    /// Seconds to the first token, p99.
    package static let ttft = Threshold(warning: 2, alarm: 10)
    /// Seconds between tokens, p99.
    package static let tpot = Threshold(warning: 0.1, alarm: 0.25)
    /// Requests that wait for or are in prefill on one node.
    package static let queue = Threshold(warning: 8, alarm: 32)
    /// Share of the process's memory or descriptors in use.
    package static let resource = Threshold(warning: 0.7, alarm: 0.85)
    /// Degrees Celsius of a GPU.
    package static let temperature = Threshold(warning: 83, alarm: 90)

    /// - easing: of the thresholds: what counts as above them.
    package func level(_ value: Double?, easing: Double = 1) -> Level {
        guard let value = value.map({ $0 / easing }) else { return .normal }
        return value >= alarm ? .alarm : value >= warning ? .warning : .normal
    }

    package func role(_ value: Double?, normal: Role = .text) -> Role {
        switch level(value) {
        case .normal: normal
        case .warning: .warning
        case .alarm: .alarm
        }
    }
}
