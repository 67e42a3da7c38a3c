import GatewayCore

/// The first line of the screen: how the fleet is, in words, with the count and the names.
package struct Verdict: Equatable, Sendable {
    package var badge: String
    package var role: Role
    package var text: String

    package init(_ snapshot: Snapshot?, _ state: ScreenState) {
        if state.isPast, let snapshot {
            self.init(of: snapshot)
            return
        }
        switch state.connection {
        case .lost(let since, let reason):
            let age = NumberText.span(state.now - since)
            self.init(
                "LOST", .alarm, "the gateway does not answer for \(age); what follows is old. \(reason)")
        case .connecting(let reason) where snapshot == nil:
            self.init("CONNECTING", .warning, reason ?? "asking the gateway for its first picture")
        default:
            guard let snapshot else {
                self.init("CONNECTING", .warning, "waiting for the gateway's first picture")
                return
            }
            self.init(of: snapshot)
        }
    }

    private init(_ badge: String, _ role: Role, _ text: String) {
        self.badge = badge
        self.role = role
        self.text = text
    }

    private init(of snapshot: Snapshot) {
        let serving = snapshot.nodes.filter { $0.state == .serving && !$0.isStale }.count
        let parts = Self.parts(of: snapshot)
        let fleet = "\(serving) of \(NumberText.plural(snapshot.nodes.count, "node")) serving"
        let text = ([fleet] + parts.map(\.text)).joined(separator: " · ")
        if snapshot.gateway.isStopping {
            let left = NumberText.plural(Int(snapshot.totals.active), "stream")
            self.init("STOPPING", .warning, "the gateway ends after \(left) · " + text)
        } else if snapshot.nodes.isEmpty {
            self.init("EMPTY", .warning, "the gateway has no node")
        } else if serving == 0 || parts.contains(where: { $0.role == .alarm }) {
            self.init("ALARM", .alarm, text)
        } else if parts.contains(where: { $0.role == .warning }) {
            self.init("WATCH", .warning, text)
        } else {
            self.init("OK", .good, text)
        }
    }

    /// A part for each finding that some node has, the worst first.
    private static func parts(of snapshot: Snapshot) -> [(text: String, role: Role)] {
        var found: [Finding: [NodeStatus]] = [:]
        for node in snapshot.nodes {
            for finding in Finding.all(of: node) where finding.headline != nil {
                found[finding, default: []].append(node)
            }
        }
        var parts: [(text: String, role: Role)] = []
        let stuck = Incidents.stuck(snapshot)
        for finding in Finding.allCases {
            if finding == .kvTight, stuck > 0 { parts.append((Incidents.waiting(stuck), .warning)) }
            guard let word = finding.headline, let nodes = found[finding] else { continue }
            parts.append(("\(nodes.count) \(word): \(names(nodes, finding.detail))", finding.role))
        }
        return parts
    }

    private static func names(_ nodes: [NodeStatus], _ detail: (NodeStatus) -> String?) -> String {
        let shown = nodes.prefix(3).map { node in
            node.name + (detail(node).map { " (\($0))" } ?? "")
        }
        return shown.joined(separator: ", ") + (nodes.count > 3 ? ", ..." : "")
    }
}
