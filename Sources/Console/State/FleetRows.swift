import GatewayCore

/// Which nodes the fleet view shows, in which order.
package func visibleNodes(_ snapshot: Snapshot, _ state: ScreenState) -> [NodeStatus] {
    let nodes = snapshot.nodes
    let filter = NodeFilter(state.activeFilter)
    guard !filter.isEmpty || state.faultsOnly || !state.order.isEmpty else { return nodes }
    let shown = nodes.indices.filter { index in
        filter.matches(nodes[index])
            && (!state.faultsOnly || Finding.all(of: nodes[index]).contains(where: \.needsEyes))
    }
    return ordered(shown, of: nodes, by: state.order).map { nodes[$0] }
}

/// Nodes by their indices, as a node is large to move about: in the order that was fixed last, new ones at the end.
private func ordered(_ shown: [Int], of nodes: [NodeStatus], by order: [String]) -> [Int] {
    guard !order.isEmpty else { return shown }
    let places = Dictionary(order.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    return shown.map { (place: places[nodes[$0].name] ?? .max, index: $0) }
        .sorted { ($0.place, $0.index) < ($1.place, $1.index) }.map(\.index)
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
