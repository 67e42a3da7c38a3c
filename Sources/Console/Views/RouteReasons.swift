import GatewayCore

/// Why the last requests went where they went, and where that was. Counted, as nobody reads a list that moves with every
/// request; the list itself is in the view of routing.
struct RouteReasons {
    var snapshot: Snapshot

    func draw(_ canvas: inout Canvas, _ rect: Rect) {
        let decisions = snapshot.decisions
        let last = decisions.isEmpty ? "" : ", last \(NumberText.plural(decisions.count, "request"))"
        Panels.heading("Routing: \(snapshot.gateway.policy)\(last)", &canvas, rect)
        guard !decisions.isEmpty, rect.height > 1 else {
            return Panels.quiet("no request was routed yet", &canvas, rect)
        }
        let reasons = Self.shares(decisions.map(\.reason)).prefix(rect.height - 1)
        for (offset, reason) in reasons.enumerated() {
            let y = rect.y + 1 + offset
            putShare(reason.share, &canvas, endingAt: rect.x + 4, y)
            let room = max(rect.width - 6, 0)
            canvas.put(DisplayWidth.clipped(reason.name, to: room), rect.x + 6, y, Style(.text))
        }
        drawNodes(&canvas, rect.inset(top: reasons.count + 2))
    }

    private func drawNodes(_ canvas: inout Canvas, _ rect: Rect) {
        guard rect.height > 1 else { return }
        Panels.heading("Went to", &canvas, rect)
        let shares = nodeShares(rect.height - 1)
        let top = Bars.ceiling(of: shares.map(\.share))
        for (offset, node) in shares.enumerated() {
            let y = rect.y + 1 + offset
            putShare(node.share, &canvas, endingAt: rect.x + 4, y)
            canvas.put(DisplayWidth.shortened(node.name, to: 12), rect.x + 6, y, Style(.title))
            Bars.draw(node.share / top, &canvas, rect.x + 19, y, width: rect.width - 19, Style(.kv))
        }
    }

    /// In the fleet's order, so that no row moves; where there are too many the most frequent.
    private func nodeShares(_ room: Int) -> [(name: String, share: Double)] {
        let shares = Self.shares(snapshot.decisions.map(\.node))
        guard snapshot.nodes.count <= room else { return Array(shares.prefix(room)) }
        let known = Dictionary(uniqueKeysWithValues: shares.map { ($0.name, $0.share) })
        return snapshot.nodes.map { ($0.name, known[$0.name] ?? 0) }
    }

    private func putShare(_ share: Double, _ canvas: inout Canvas, endingAt end: Int, _ y: Int) {
        canvas.putRight(NumberText.percent(share) + "%", endingAt: end, y, Style(.text), width: 4)
    }

    /// How much of the whole each name is, the most frequent first.
    static func shares(_ names: [String]) -> [(name: String, share: Double)] {
        Dictionary(grouping: names) { $0 }.map { ($0.key, Double($0.value.count) / Double(names.count)) }
            .sorted { ($1.1, $0.0) < ($0.1, $1.0) }
    }
}
