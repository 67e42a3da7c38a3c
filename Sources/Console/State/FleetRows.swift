import GatewayCore

/// Which nodes the fleet view shows, in which order.
package func visibleNodes(_ snapshot: Snapshot, _ state: ScreenState) -> [NodeStatus] {
    let filter = NodeFilter(state.activeFilter)
    let shown = ordered(snapshot.nodes, by: state.order).filter { node in
        filter.matches(node) && (!state.faultsOnly || Finding.all(of: node).contains(where: \.needsEyes))
    }
    return shown
}

/// Nodes in the order that was fixed last; new ones at the end.
private func ordered(_ nodes: [NodeStatus], by order: [String]) -> [NodeStatus] {
    guard !order.isEmpty else { return nodes }
    let places = Dictionary(order.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    return nodes.enumerated().sorted { first, second in
        let a = places[first.element.name] ?? .max
        let b = places[second.element.name] ?? .max
        return a != b ? a < b : first.offset < second.offset
    }.map(\.element)
}

/// Streams that the streams view shows, oldest first.
package func visibleStreams(_ snapshot: Snapshot, _ state: ScreenState) -> [StreamStatus] {
    let filter = NodeFilter(state.activeFilter)
    return snapshot.streams.filter { stream in
        filter.matches(words: [
            stream.node ?? "", stream.model, stream.tenant ?? "", stream.session ?? "", stream.client,
            stream.phase.rawValue,
        ])
    }.sorted { ($0.ageSeconds, $1.id) > ($1.ageSeconds, $0.id) }
}

/// Decisions that the routing view shows, newest first.
package func visibleDecisions(_ snapshot: Snapshot, _ state: ScreenState) -> [DecisionRecord] {
    let filter = NodeFilter(state.activeFilter)
    return snapshot.decisions.filter { filter.matches(words: [$0.node, $0.policy, $0.model, $0.reason]) }
}

/// Events that the events view shows, newest first.
package func visibleEvents(_ snapshot: Snapshot, _ state: ScreenState) -> [EventRecord] {
    let filter = NodeFilter(state.activeFilter)
    return snapshot.events.filter { event in
        filter.matches(words: [event.actor, event.node ?? "", event.text, event.severity.rawValue])
            && (!state.faultsOnly || event.severity != .info)
    }
}
