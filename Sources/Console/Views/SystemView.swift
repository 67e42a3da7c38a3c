import GatewayCore

/// The gateway itself: who it is, what it did, who holds its memory; and below it what is wrong with nodes' traffic.
struct SystemView {
    var snapshot: Snapshot
    var state: ScreenState

    /// With fewer rows the facts are joined in lines, so that the nodes have the room.
    private static let roomy = 30
    private static let briefLines = 5

    func draw(_ canvas: inout Canvas, _ rect: Rect) {
        let groups = [memory, requests, identity, rules]
        let isLow = rect.height < Self.roomy
        let y =
            isLow
            ? drawBrief(groups.flatMap(\.facts), &canvas, rect.inset(left: 1, right: 1))
            : FactGroup.draw(groups, &canvas, rect)
        let rest = Rect(rect.x + 1, y, rect.width - 2, rect.maxY - y)
        let queues = drawQueues(&canvas, rest)
        guard rest.height - queues > 2 else { return }
        drawNodes(&canvas, rest.inset(top: queues))
    }

    /// What tells most comes first; what finds no room in the lines is left out.
    private static let mostTelling = [
        "now", "failed", "refused", "retried", "cancelled", "resident", "descriptors", "connections", "up",
        "policy", "changes", "not in the books", "prefix index", "kept to move streams", "history", "ledger",
        "queues", "received", "completed", "minimum serving", "wasted", "spent", "faults not counted",
        "rates over", "latencies over", "address", "version", "admin socket",
    ]

    /// - Returns: the first row that is free.
    private func drawBrief(_ facts: [Fact], _ canvas: inout Canvas, _ rect: Rect) -> Int {
        var (x, y) = (rect.x, rect.y)
        let lines = min(Self.briefLines, rect.height)
        for name in Self.mostTelling {
            guard let fact = facts.first(where: { $0.name == name }) else { continue }
            let width = DisplayWidth.of(fact.name) + 1 + DisplayWidth.of(fact.value)
            if x > rect.x, x + width > rect.maxX { (x, y) = (rect.x, y + 1) }
            guard y < rect.y + lines else { break }
            x += canvas.put(fact.name, x, y, Style(.label), limit: max(rect.maxX - x, 0)) + 1
            let style = Style(fact.value == NumberText.unknown ? .faint : fact.role, on: .base, .bold)
            x += canvas.put(fact.value, x, y, style, limit: max(rect.maxX - x, 0)) + 2
        }
        return min(y + 1, rect.y + lines)
    }

    /// A line for each model whose requests wait, at most four.
    /// - Returns: how many rows it took.
    private func drawQueues(_ canvas: inout Canvas, _ rect: Rect) -> Int {
        guard !snapshot.queues.isEmpty, rect.height > 4 else { return 0 }
        Panels.heading("Requests that wait for a node", &canvas, rect)
        let shown = snapshot.queues.prefix(min(4, rect.height - 3))
        for (offset, queue) in shown.enumerated() {
            let text =
                "\(FleetRow.shortModel(queue.model))  \(queue.count): \(queue.high) high, \(queue.normal) normal, \(queue.low) low;"
                + " ~\(NumberText.short(Double(queue.tokens))) tokens, oldest \(NumberText.span(queue.oldestSeconds)),"
                + " \(NumberText.rate(queue.drainPerSecond))/s leave"
            canvas.put(
                DisplayWidth.clipped(text, to: rect.width), rect.x, rect.y + 1 + offset, Style(.warning))
        }
        return shown.count + 1
    }

    private var memory: FactGroup {
        let memory = snapshot.gateway.memory
        let limit = memory.limitBytes.map { " of \(NumberText.bytes($0))" } ?? ""
        return FactGroup(
            title: "Memory",
            facts: [
                Fact(
                    "resident", NumberText.bytes(memory.residentBytes) + limit,
                    Threshold.resource.role(memory.share)),
                Fact("prefix index", NumberText.bytes(memory.prefixIndexBytes)),
                Fact("history", NumberText.bytes(memory.historyBytes)),
                Fact("ledger", NumberText.bytes(memory.ledgerBytes)),
                Fact("kept to move streams", NumberText.bytes(memory.retainedBytes)),
                Fact("queues", NumberText.bytes(memory.queueBytes)),
                Fact(
                    "descriptors",
                    "\(NumberText.count(memory.openFiles.map(Double.init))) of "
                        + NumberText.count(memory.openFileLimit.map(Double.init)),
                    Threshold.resource.role(memory.fileShare)),
            ])
    }

    private var requests: FactGroup {
        let (totals, gateway) = (snapshot.totals, snapshot.gateway)
        return FactGroup(
            title: "Requests",
            facts: [
                Fact("received", NumberText.count(totals.requests)),
                Fact("completed", NumberText.count(totals.completed)),
                Fact("cancelled", NumberText.count(totals.cancelled)),
                Fact("failed", NumberText.count(totals.failed), totals.failed > 0 ? .warning : .text),
                Fact("refused", NumberText.count(totals.refused), totals.refused > 0 ? .warning : .text),
                Fact("retried", NumberText.count(totals.retried)),
                Fact("now", "\(NumberText.count(totals.active)) active, \(gateway.queued) queued"),
            ])
    }

    private var identity: FactGroup {
        let gateway = snapshot.gateway
        return FactGroup(
            title: "Gateway",
            facts: [
                Fact("address", gateway.address),
                Fact("version", "\(gateway.version), process \(gateway.processID)"),
                Fact("up", NumberText.span(gateway.uptimeSeconds)),
                Fact("policy", gateway.policy),
                Fact(
                    "connections",
                    "\(gateway.clientConnections) open, \(NumberText.count(gateway.connectionsRefused)) refused"
                ),
                Fact(
                    "changes",
                    "\(gateway.configurationVersion)" + (gateway.restored.map { ", restored \($0)" } ?? "")),
                Fact("admin socket", gateway.adminSocket),
            ])
    }

    private var rules: FactGroup {
        let minimum = snapshot.gateway.minimumServing
        let own = (minimum.models + minimum.roles).map { "\($0.name) \($0.count)" }
        let dropped = snapshot.gateway.settlementsDropped
        return FactGroup(
            title: "Rules and books",
            facts: [
                Fact("minimum serving", ([String(minimum.each)] + own).joined(separator: ", ")),
                Fact("rates over", NumberText.span(snapshot.gateway.rateWindowSeconds)),
                Fact("latencies over", NumberText.span(snapshot.gateway.latencyWindowSeconds)),
                Fact("not in the books", NumberText.count(dropped), dropped > 0 ? .warning : .text),
                Fact("faults not counted", "\(snapshot.gateway.faultsDropped)"),
                Fact("spent", "$ " + NumberText.dollars(snapshot.totals.dollars)),
                Fact("wasted", "\(NumberText.short(Double(snapshot.totals.wastedTokens))) tokens"),
            ])
    }

    private func drawNodes(_ canvas: inout Canvas, _ rect: Rect) {
        Panels.heading("This gateway's count of each node beside the engine's", &canvas, rect)
        let nodes = visibleNodes(snapshot, state)
        let list = ListDrawing(
            table: Table(columns: columns), rows: nodes,
            selected: nodes.firstIndex { $0.name == state.selectedNode }, empty: "No node matches.",
            target: { .node($0.name) })
        list.draw(&canvas, rect.inset(top: 1), isDim: \.isStale)
    }

    private var columns: [Column<NodeStatus>] {
        [
            Column(["NODE"], 8, ideal: 14, priority: 0, .left, largest: 20) { node, _ in
                .text(node.name, .title)
            },
            Column(["STATE"], 9, priority: 1, .left, largest: 11) { node, _ in
                let word = StateWord(node)
                return .text(word.word, word.role)
            },
            Column(["OURS"], 5, priority: 2) { node, _ in .text(NumberText.short(Double(node.active))) },
            Column(["ENGINE"], 6, priority: 3) { node, _ in
                .text(NumberText.short(node.engineCount), node.disagreementSeconds == nil ? .text : .warning)
            },
            Column(["DIFFER"], 6, priority: 4) { node, _ in
                node.disagreementSeconds.map { .text(NumberText.span($0), .warning) } ?? .empty
            },
            Column(["FAILED"], 6, priority: 5) { node, _ in
                .text(NumberText.short(Double(node.failed)), node.failed > 0 ? .warning : .label)
            },
            Column(["RETRIED"], 7, priority: 6) { node, _ in
                .text(NumberText.short(Double(node.retriedAway)), .label)
            },
            Column(["FAULTS"], 6, priority: 7) { node, _ in
                let count = node.faults.reduce(0) { $0 + $1.count }
                return .text(NumberText.short(Double(count)), count > 0 ? .warning : .label)
            },
            Column(["WHY"], 12, ideal: 40, priority: 8, .left, largest: 200) { node, width in
                .text(DisplayWidth.clipped(why(node), to: width), .label)
            },
        ]
    }

    private func why(_ node: NodeStatus) -> String {
        if let problem = node.problem { return problem }
        if let busy = node.busySecondsLeft { return "busy by its own word for \(NumberText.span(busy))" }
        if let weight = node.slowWeight { return "begins slowly, at weight \(weight) of \(node.weight)" }
        return node.faults.map { "\($0.count) \($0.fault)" }.joined(separator: ", ")
    }
}
