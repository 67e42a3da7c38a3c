import GatewayCore

/// What a change of policy would touch, and what it costs in warm caches where the policy's shadow knows it.
struct PolicyPreview {
    private let name: String
    private let nodes: [NodeStatus]
    private let streams: Int
    /// The shadow of the policy and that of the live one; nil: nobody knows.
    private let shadows: (new: ShadowRow, live: ShadowRow)?
    private let worth: ShadowWorth?

    init(_ draft: PolicyDraft, _ snapshot: Snapshot) {
        name = draft.name
        let settings = snapshot.gateway.policySettings
        let isMeant = { (model: String) in
            draft.model.map { $0 == model } ?? (settings.own(model) == nil)
        }
        nodes = snapshot.nodes.filter { $0.state == .serving && $0.models.contains(where: isMeant) }
        streams = nodes.reduce(0) { $0 + $1.active }
        let rows = snapshot.shadows.filter { isMeant($0.model) }
        let live = rows.first(where: \.isLive)
        shadows = rows.first { $0.policy == draft.name && !$0.isLive }.flatMap { row in live.map { (row, $0) }
        }
        worth = shadows.flatMap { ShadowWorth($0.new, in: rows) }
    }

    var lines: [DialogView.Line] {
        let rates = nodes.compactMap(\.requestsPerSecond)
        let requests = rates.isEmpty ? nil : rates.reduce(0, +)
        let affects: DialogView.Line = [
            ("Affects  ", .label), ("\(pools), \(NumberText.rate(requests)) requests/s", .title),
            ("; \(NumberText.plural(streams, "open stream")) stay", .text),
        ]
        guard let shadows else { return [affects] }
        return [
            affects,
            [("Foreseen ", .label), (worth?.words ?? NumberText.unknown, .title), (" than now", .text)],
            [("Warmth   ", .label), (moved(shadows.new), .title), (prefill, .text)],
        ]
    }

    /// "8 mixed nodes", "2 prefill, 6 decode nodes".
    private var pools: String {
        let counts = NodeRole.allCases.compactMap { role -> String? in
            let count = nodes.count { $0.role == role }
            return count > 0 ? "\(count) \(role.rawValue)" : nil
        }
        return counts.isEmpty
            ? "no node" : counts.joined(separator: ", ") + (nodes.count == 1 ? " node" : " nodes")
    }

    /// How many requests leave the node where their prefix is warm.
    private func moved(_ row: ShadowRow) -> String {
        guard let agreement = row.agreement else { return NumberText.unknown }
        return "\(NumberText.percent(1 - agreement))% of requests change node"
    }

    /// What the foreseen hits are more or less than the live policy's own, in work.
    private var prefill: String {
        let prompts = nodes.compactMap(\.promptTokensPerSecond)
        guard let worth, !prompts.isEmpty else { return "" }
        let tokens = -worth.hits * prompts.reduce(0, +)
        return "; prefill \(tokens < 0 ? "−" : "+")\(NumberText.count(abs(tokens))) tokens/s"
    }
}
