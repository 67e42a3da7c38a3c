import GatewayCore

/// What the fleet's rows stand together by.
package enum GroupKey: String, CaseIterable, Sendable {
    case none, model, pool, state, zone

    /// The group that a node is in; several models make a group of their own.
    func name(of node: NodeStatus) -> String {
        switch self {
        case .none: ""
        case .model: node.models.isEmpty ? "no model told" : node.models.joined(separator: ", ")
        case .pool: node.role.rawValue
        case .state: StateWord(node).word
        case .zone: node.zone ?? "no zone told"
        }
    }

    /// Place among the groups: pools in their order, states the worst first, models and zones as they come in the fleet.
    fileprivate func place(of node: NodeStatus) -> Int {
        switch self {
        case .none, .model, .zone: 0
        case .pool: NodeRole.allCases.firstIndex(of: node.role) ?? 0
        case .state: -StateWord.rank(node)
        }
    }
}

/// How the operator wants the fleet's rows grouped and folded.
package struct Grouping: Equatable, Sendable {
    package var key = GroupKey.none
    /// The group whose header is selected; nil: a node is.
    package var selected: String?
    /// Groups that the operator folded (true) or unfolded; the others fold by their size.
    package var folds: [String: Bool] = [:]

    /// A group with more rows than this is folded until the operator unfolds it.
    package static let mostRows = 16
}

/// Nodes under one header, in the order of their rows.
package struct FleetGroup: Equatable, Sendable {
    package var name: String
    package var nodes: [NodeStatus]
    package var isFolded: Bool

    /// The member that needs eyes most; the first of those that need them equally.
    var worst: NodeStatus? { nodes.max { StateWord.rank($0) < StateWord.rank($1) } }

    var servingCount: Int { nodes.filter { $0.state == .serving && !$0.isStale }.count }
}

/// One row of the fleet view that can be selected.
package enum FleetLine: Equatable, Sendable {
    case header(FleetGroup)
    case node(NodeStatus)

    var group: FleetGroup? {
        if case .header(let group) = self { return group }
        return nil
    }

    var target: RowTarget {
        switch self {
        case .header(let group): .group(group.name)
        case .node(let node): .node(node.name)
        }
    }
}

/// The rows of the fleet view: the visible nodes, under headers where they are grouped. Filter, order and marks are
/// those of the nodes; a folded group shows its header alone.
///
/// - mostNodes: a group with more is folded until the operator unfolds it.
func fleetLines(
    _ nodes: [NodeStatus], _ snapshot: Snapshot, _ grouping: Grouping, mostNodes: Int
) -> [FleetLine] {
    guard grouping.key != .none else { return nodes.map(FleetLine.node) }
    return fleetGroups(of: nodes, snapshot, grouping, mostNodes).flatMap { group in
        [.header(group)] + (group.isFolded ? [] : group.nodes.map(FleetLine.node))
    }
}

private func fleetGroups(
    of nodes: [NodeStatus], _ snapshot: Snapshot, _ grouping: Grouping, _ mostNodes: Int
) -> [FleetGroup] {
    // Groups keep their place however their rows are sorted.
    var places: [String: (Int, Int)] = [:]
    for (index, node) in snapshot.nodes.enumerated() {
        let name = grouping.key.name(of: node)
        if places[name] == nil { places[name] = (grouping.key.place(of: node), index) }
    }
    var members: [String: [NodeStatus]] = [:]
    for node in nodes { members[grouping.key.name(of: node), default: []].append(node) }
    return members.keys.sorted { (places[$0] ?? (0, 0)) < (places[$1] ?? (0, 0)) }.map { name in
        let nodes = members[name] ?? []
        return FleetGroup(
            name: name, nodes: nodes, isFolded: grouping.folds[name] ?? (nodes.count > mostNodes))
    }
}

/// The row that the selection stands on: the selected header, else the selected node, else the header that it is
/// folded under.
func fleetCursor(_ lines: [FleetLine], _ state: ScreenState) -> Int? {
    if let selected = state.grouping.selected,
        let index = lines.firstIndex(where: { $0.group?.name == selected })
    {
        return index
    }
    guard let name = state.selectedNode else { return nil }
    let own = lines.firstIndex {
        if case .node(let node) = $0 { return node.name == name }
        return false
    }
    return own ?? lines.firstIndex { $0.group?.nodes.contains { $0.name == name } == true }
}
