import GatewayCore

/// What another limit of nodes, or another capacity of the gateway's queue, would do.
struct LimitLines {
    var draft: NumberDraft
    var snapshot: Snapshot

    private static let mostNodes = 4

    private var head: [DialogView.Line] {
        [DialogView.numberLine(draft), DialogView.numberKeys, [("", .text)]]
    }

    // MARK: a node's most requests

    func ofNodes(_ names: [String]) -> [DialogView.Line] {
        let nodes = names.compactMap { snapshot.node(named: $0) }
        let models = Set(nodes.flatMap(\.models)).sorted()
        let more = nodes.count - Self.mostNodes
        return head + nodes.prefix(Self.mostNodes).flatMap(nodeLines)
            + (more > 0 ? [[("               and \(NumberText.plural(more, "node")) more", .label)]] : [])
            + models.prefix(Self.mostNodes).map { placesLine($0, Set(names)) }
            + [[("               what finds no place there goes elsewhere or waits here", .label)]]
    }

    private func nodeLines(_ node: NodeStatus) -> [DialogView.Line] {
        var flight: DialogView.Line = [
            ("In flight      ", .label), (node.name, .title), (" \(node.active) now", .text),
        ]
        if let limit = draft.value, node.active > limit {
            flight.append(("; the \(node.active - limit) above the limit finish", .warning))
        }
        guard let full = Self.kvAtLimit(node, draft.value) else { return [flight] }
        let then = "~\(NumberText.percent(full))% when as many run as the limit allows"
        return [
            flight,
            [
                ("               KV \(NumberText.percent(node.kvUsage))% now, ", .text),
                (then, Threshold.kv.role(full)),
            ],
        ]
    }

    /// KV in use if as many requests as the limit allows ran, each with as much as those of now; nil: that can't be told.
    static func kvAtLimit(_ node: NodeStatus, _ limit: Int?) -> Double? {
        guard let limit, let kv = node.kvUsage, let running = node.running, running >= 1, !node.isStale else {
            return nil
        }
        return kv / running * Double(limit)
    }

    /// Of the nodes that serve a model, how many requests find a place.
    private func placesLine(_ model: String, _ changed: Set<String>) -> DialogView.Line {
        let nodes = snapshot.nodes.filter {
            $0.state == .serving && $0.weight > 0 && $0.models.contains(model)
        }
        func places(_ limit: (NodeStatus) -> Int?) -> String {
            let limits = nodes.compactMap(limit)
            return limits.count == nodes.count ? NumberText.count(Double(limits.reduce(0, +))) : "no end"
        }
        let active = nodes.reduce(0) { $0 + $1.active }
        let then = places { changed.contains($0.name) ? draft.value : $0.limit }
        return [
            ("Places         ", .label), (FleetRow.shortModel(model), .title),
            ("  \(places(\.limit)) -> \(then), \(active) taken", .text),
        ]
    }

    // MARK: the gateway's queue

    var ofQueue: [DialogView.Line] {
        let capacity = draft.value ?? 0
        let waiting = snapshot.queues.prefix(Self.mostNodes).map { queue -> DialogView.Line in
            let above = queue.count - capacity
            return [
                ("Waiting        ", .label), (FleetRow.shortModel(queue.model), .title),
                (" \(queue.count) now", .text),
                (above > 0 ? "; the \(above) above it stay" : "", .warning),
            ]
        }
        let refused = NumberText.short(Double(snapshot.totals.queueFull))
        return head + (waiting.isEmpty ? [[("Waiting        ", .label), ("nobody", .text)]] : waiting) + [
            [("Refused        ", .label), ("\(refused) since the start, as the queue was full", .text)],
            [
                (
                    capacity == 0
                        ? "0: what finds no node with a place free is refused at once (429)"
                        : "Of each model so many may wait; the next are refused (429)",
                    capacity == 0 ? .warning : .label
                )
            ],
        ]
    }
}
