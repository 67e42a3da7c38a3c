import GatewayCore

/// A node that is not as it should be, with every reason.
package struct IncidentRow: Equatable, Sendable {
    package var node: NodeStatus
    package var findings: [Finding]
    /// How far it is from its peers, the farthest first.
    package var oddities: [Oddity]

    /// The reasons in words, the worst first.
    package var reasons: [(text: String, role: Role)] {
        findings.flatMap { finding -> [(text: String, role: Role)] in
            guard finding == .standsOut else { return [(finding.words(node), finding.role)] }
            return oddities.map { ("stands out: \($0.words)", finding.role) }
        }
    }
}

/// All that is abnormal in one picture: what the incident view shows.
package struct Incidents: Equatable, Sendable {
    /// The worst first; equals in the order of the fleet's rows.
    package var rows: [IncidentRow]
    package var peers: Peers

    /// - nodes: those that the filter leaves; peers are all of the fleet.
    package init(_ snapshot: Snapshot, _ nodes: [NodeStatus]) {
        peers = Peers(snapshot.nodes)
        let odd = Dictionary(grouping: peers.oddities, by: \.node)
        let found = nodes.compactMap { node -> IncidentRow? in
            let oddities = odd[node.name] ?? []
            let findings = (Finding.all(of: node) + (oddities.isEmpty ? [] : [.standsOut]))
                .sorted { $0.rawValue < $1.rawValue }
            return findings.isEmpty ? nil : IncidentRow(node: node, findings: findings, oddities: oddities)
        }
        rows = found.enumerated().sorted { first, second in
            let (a, b) = (first.element.findings[0].rawValue, second.element.findings[0].rawValue)
            return a != b ? a < b : first.offset < second.offset
        }.map(\.element)
    }

    /// "3 requests wait for a node".
    static func waiting(_ count: Int) -> String {
        "\(NumberText.plural(count, "request")) \(count == 1 ? "waits" : "wait") for a node"
    }

    /// Requests that wait in the gateway though they should not: foresight holds each for a moment until the node that suits
    /// it best needs it, so that those count whose queue is older than a first token may take.
    static func stuck(_ snapshot: Snapshot) -> Int {
        let gateway = snapshot.gateway
        guard !snapshot.queues.isEmpty else { return gateway.queued }
        return snapshot.queues.filter(isStuck).reduce(0) { $0 + $1.count }
    }

    private static func isStuck(_ queue: QueueStatus) -> Bool {
        queue.oldestSeconds > ShadowWindow.targetSeconds
    }

    /// What ails the gateway itself.
    static func ofGateway(_ snapshot: Snapshot) -> [(text: String, role: Role)] {
        let gateway = snapshot.gateway
        var found: [(text: String, role: Role)] = []
        for queue in snapshot.queues where isStuck(queue) {
            found.append(
                (
                    "\(FleetRow.shortModel(queue.model)): \(waiting(queue.count)), "
                        + "oldest \(NumberText.span(queue.oldestSeconds))", .warning
                ))
        }
        if snapshot.queues.isEmpty, gateway.queued > 0 {
            found.append((waiting(gateway.queued), .warning))
        }
        let memory = gateway.memory.share
        if Threshold.resource.level(memory) != .normal {
            found.append(
                (
                    "the gateway's memory is \(NumberText.percent(memory)) % of its limit",
                    Threshold.resource.role(memory)
                ))
        }
        let files = gateway.memory.fileShare
        if Threshold.resource.level(files) != .normal {
            found.append(
                (
                    "\(NumberText.percent(files)) % of the gateway's descriptors are open",
                    Threshold.resource.role(files)
                ))
        }
        return found
    }
}

extension QueueStatus {
    /// Requests of every priority.
    var count: Int { high + normal + low }
}

extension MemoryStatus {
    /// Of the limit, 0...1.
    var share: Double? { residentBytes.flatMap { used in limitBytes.map { used / $0 } } }

    /// Of the descriptors that the process may have, 0...1.
    var fileShare: Double? { openFiles.flatMap { open in openFileLimit.map { Double(open) / Double($0) } } }
}
