import GatewayCore

/// What pinning a session to a node, or unpinning it, would do.
struct PinLines {
    /// A `.pin` or an `.unpin`.
    var command: Command
    var snapshot: Snapshot

    var lines: [DialogView.Line] {
        switch command {
        case .pin(let session, let node):
            [[("Session  ", .label), (session, .title)], nodeLine(node)] + warmLines(session)
                + [costLine(session, node)] + Self.meaning
        case .unpin(let session):
            [
                [
                    ("Session  ", .label), (session, .title),
                    (snapshot.pin(of: session).map { ", \($0.words(at: snapshot.time))" } ?? "", .text),
                ]
            ] + warmLines(session) + [[("Its further requests go where the policy sends them.", .text)]]
        default: []
        }
    }

    private func nodeLine(_ name: String) -> DialogView.Line {
        guard let node = snapshot.node(named: name) else { return [] }
        let kv = node.kvUsage == nil ? NumberText.unknown : NumberText.percent(node.kvUsage) + "%"
        return [
            ("Node     ", .label), (name, .title),
            (", \(NumberText.plural(node.active, "stream")), KV \(kv)", .text),
        ]
    }

    private func warmLines(_ session: String) -> [DialogView.Line] {
        let visits = snapshot.sessions.first { $0.id == session }?.visits ?? []
        guard !visits.isEmpty else { return [[("Warm on  ", .label), (NumberText.unknown, .text)]] }
        return visits.enumerated().map { place, visit in
            [
                (place == 0 ? "Warm on  " : "         ", .label), (visit.node, .text),
                (", \(tokens(visit.tokens)) \(NumberText.span(visit.secondsAgo)) ago", .text),
            ]
        }
    }

    /// What the next request would prefill anew there.
    private func costLine(_ session: String, _ node: String) -> DialogView.Line {
        let row = snapshot.sessions.first { $0.id == session }
        guard let last = row?.visits.first else {
            return [("Cost     ", .label), ("not known: none of its prompts was seen", .text)]
        }
        if last.node == node { return [("Cost     ", .label), ("none: it is warm there", .text)] }
        let time = row?.move.flatMap { $0.node == node ? ", ~\(NumberText.span($0.seconds))" : nil } ?? ""
        let isKnown = row?.visits.contains { $0.node == node } == true
        return [
            ("Cost     ", .label), ("\(tokens(last.tokens)) to prefill anew\(time)", .warning),
            (isKnown ? ", less what is left there" : "", .text),
        ]
    }

    private func tokens(_ count: Int) -> String { "\(NumberText.short(Double(count))) tokens" }

    private static let meaning: [DialogView.Line] = [
        [("Its further requests go there, and wait while it is full; while it", .text)],
        [("takes none they go where the policy sends them.", .text)],
    ]
}

extension SessionPin {
    /// "pinned to gpu-2 by ann, 3m ago".
    func words(at now: Double) -> String {
        "pinned to \(node) by \(actor), \(NumberText.span(max(now - since, 0))) ago"
            + (isSetAside ? "; it takes none now" : "")
    }
}
