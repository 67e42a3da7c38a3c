import GatewayCore

/// What the fleet's rows can be sorted by.
package enum SortKey: String, CaseIterable, Sendable {
    case configured, name, state, weight, hbm, kv, hit, queue, ttft, tpot, tokens, dollars

    package var title: String {
        switch self {
        case .configured: "configured order"
        case .name: "name"
        case .state: "state, worst first"
        case .weight: "weight"
        case .hbm: "HBM use"
        case .kv: "KV use"
        case .hit: "prefix hits"
        case .queue: "queued requests"
        case .ttft: "TTFT p99"
        case .tpot: "TPOT p99"
        case .tokens: "tokens/s"
        case .dollars: "$ per M tokens"
        }
    }

    /// nil sorts last both ways.
    func value(_ node: NodeStatus) -> Double? {
        switch self {
        case .configured, .name: nil
        case .state: Double(StateWord.rank(node))
        case .weight: Double(node.weight)
        case .hbm: node.hbmShare
        case .kv: node.kvUsage
        case .hit: node.prefixHitRate
        case .queue: sum(node.prefillQueue, node.waiting)
        case .ttft: node.ttft?.p99
        case .tpot: node.tpot?.p99
        case .tokens: node.tokensPerSecond
        case .dollars: node.dollarsPerMillionTokens
        }
    }

    private func sum(_ first: Double?, _ second: Double?) -> Double? {
        first == nil && second == nil ? nil : max(first ?? 0, second ?? 0)
    }
}

package struct SortOrder: Equatable, Sendable {
    package var key = SortKey.configured
    package var isInverted = false

    /// Numbers begin with the largest, names with A.
    package func sorted(_ nodes: [NodeStatus]) -> [NodeStatus] {
        switch key {
        case .configured: return isInverted ? nodes.reversed() : nodes
        case .name:
            let sorted = nodes.sorted { $0.name < $1.name }
            return isInverted ? sorted.reversed() : sorted
        default:
            let keyed = nodes.map { (node: $0, value: key.value($0)) }
            return keyed.enumerated().sorted { first, second in
                switch (first.element.value, second.element.value) {
                case (let a?, let b?) where a != b: return isInverted ? a < b : a > b
                case (nil, _?): return false
                case (_?, nil): return true
                default: return first.offset < second.offset
                }
            }.map(\.element.node)
        }
    }
}

extension NodeStatus {
    /// HBM in use over all its GPUs, 0...1.
    package var hbmShare: Double? {
        guard let total = hbmTotalBytes, total > 0, let used = hbmUsedBytes else { return nil }
        return used / total
    }
}
