import GatewayCore

/// Cached tokens as routing predicted them against what engines found, node by node, with the likely cause of a gap.
struct CacheTrust {
    /// Below this share of what was predicted a node's cache is not what routing takes it for.
    static let tolerance = 0.85
    /// Less than so many predicted tokens say nothing.
    static let enough = 4096.0

    var nodes: [NodeStatus]

    func draw(_ canvas: inout Canvas, _ rect: Rect) {
        guard rect.height >= 2 else { return }
        Panels.heading("Cached tokens: foreseen, came", &canvas, rect)
        for (offset, node) in nodes.prefix(rect.height - 1).enumerated() {
            let y = rect.y + 1 + offset
            canvas.put(DisplayWidth.shortened(node.name, to: 12), rect.x, y, Style(.title))
            canvas.putRight(
                NumberText.short(node.predictedCachedTokens), endingAt: rect.x + 19, y, Style(.text), width: 6
            )
            canvas.putRight(
                NumberText.short(node.actualCachedTokens), endingAt: rect.x + 26, y, Style(.text), width: 6)
            guard let cause = Self.cause(node) else { continue }
            canvas.put(
                DisplayWidth.clipped(cause, to: max(rect.width - 28, 0)), rect.x + 28, y, Style(.warning))
        }
    }

    /// So much less came than was foreseen that its cache is not what routing takes it for.
    static func isDoubtful(_ node: NodeStatus) -> Bool {
        guard let predicted = node.predictedCachedTokens, let actual = node.actualCachedTokens else {
            return false
        }
        return predicted >= enough && actual < tolerance * predicted
    }

    /// Why less came than was foreseen; nil: it is as foreseen, or too little is known.
    static func cause(_ node: NodeStatus) -> String? {
        guard node.predictedCachedTokens != nil, let actual = node.actualCachedTokens else {
            return node.completed > 0 ? "not told" : nil
        }
        guard isDoubtful(node) else { return nil }
        if node.restartedSecondsAgo != nil { return "restarted" }
        if actual == 0 { return "caching off?" }
        return "evicts more"
    }
}
