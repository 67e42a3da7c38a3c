import GatewayCore

/// The policy, how well it does, and why the last requests went where they went.
struct RoutingView {
    var snapshot: Snapshot
    var state: ScreenState

    func draw(_ canvas: inout Canvas, _ rect: Rect) {
        drawSummary(&canvas, rect)
        let isWide = rect.width >= 130
        let table = ShadowTable(snapshot: snapshot)
        // The decisions keep at least half of the room.
        let all = table.rows.count + 2
        let shadows = table.rows.isEmpty ? 0 : min(all, (rect.height - 2) * 2 / 5)
        table.draw(&canvas, Rect(rect.x, rect.y + 2, rect.width, shadows))
        let rest = rect.inset(top: 2 + (shadows > 0 ? shadows + 1 : 0))
        let decisions = visibleDecisions(snapshot, state)
        let index =
            decisions.firstIndex { $0.stream == state.selectedDecision } ?? (decisions.isEmpty ? nil : 0)
        let detail = isWide ? rest.height : min(max(rest.height / 3, 5), 11)
        let balance = isWide ? max(rest.width / 4, 34) : 0
        let listWidth = isWide ? rest.width - balance - 2 : rest.width
        let listHeight = isWide ? rest.height - min(rest.height / 2, 12) - 1 : rest.height - detail - 1
        let list = ListDrawing(
            table: Table(columns: columns), rows: decisions, selected: index,
            empty: snapshot.decisions.isEmpty
                ? "No request was routed yet." : "No decision matches; Esc clears the filter.",
            target: { .decision($0.stream) })
        list.draw(&canvas, Rect(rest.x, rest.y, listWidth, listHeight))
        if let index {
            let place = Rect(rest.x + 1, rest.y + listHeight + 1, listWidth - 2, rest.height - listHeight - 1)
            drawCandidates(decisions[index], &canvas, place)
        }
        if isWide {
            let side = Rect(rest.x + listWidth + 2, rest.y, balance - 1, rest.height)
            let half = max(rest.height / 2, 2)
            drawBalance(&canvas, Rect(side.x, side.y, side.width, half - 1))
            CacheTrust(nodes: snapshot.nodes).draw(
                &canvas, Rect(side.x, side.y + half, side.width, rest.height - half))
        }
    }

    private func drawSummary(_ canvas: inout Canvas, _ rect: Rect) {
        let gateway = snapshot.gateway
        var x = rect.x + 1
        x += canvas.put("policy ", x, rect.y, Style(.label))
        x +=
            canvas.put(gateway.policySettings.standard.words(), x, rect.y, Style(.accent, on: .base, .bold))
            + 2
        for (name, value) in summary {
            guard x + name.count + value.count + 2 < rect.maxX else { break }
            x += canvas.put(name + " ", x, rect.y, Style(.label))
            x += canvas.put(value, x, rect.y, Style(.text, on: .base, .bold)) + 2
        }
        let others = gateway.policies.filter { $0 != gateway.policy }.joined(separator: ", ")
        let own = gateway.policySettings.models.map { "\($0.model): \($0.setting.words())  " }.joined()
        let tuning = gateway.autotune.map { "autotune: \($0.words)  " } ?? ""
        // As many whole names as fit.
        let lines = WrappedText.lines("\(tuning)\(own)o changes it to: \(others)", width: rect.width - 4)
        let text = (lines.first ?? "") + (lines.count > 1 ? " …" : "")
        canvas.put(text, rect.x + 1, rect.y + 1, Style(.label), limit: rect.width - 2)
    }

    private var summary: [(String, String)] {
        let hit = snapshot.totals.prefixHitRate
        let known = snapshot.decisions.filter {
            $0.actualCachedTokens != nil && $0.predictedCachedTokens != nil
        }
        let predicted = known.reduce(0) { $0 + Double($1.predictedCachedTokens ?? 0) }
        let actual = known.reduce(0) { $0 + Double($1.actualCachedTokens ?? 0) }
        let told =
            known.isEmpty
            ? NumberText.unknown
            : "\(NumberText.short(predicted)) predicted, \(NumberText.short(actual)) came"
        return [
            ("prefix hits", hit == nil ? NumberText.unknown : NumberText.percent(hit) + "%"),
            ("balance", imbalance.map { NumberText.fixed($0, 2) + "x" } ?? NumberText.unknown),
            ("cached tokens", told),
            ("waiting", waiting), ("hold", dial),
        ]
    }

    /// Requests that the gateway holds, and the longest wait among them.
    private var waiting: String {
        let count = snapshot.queues.reduce(0) { $0 + $1.high + $1.normal + $1.low }
        let oldest = snapshot.queues.map(\.oldestSeconds).max()
        return count > 0 ? "\(NumberText.count(count)), longest \(NumberText.span(oldest))" : "0"
    }

    /// Who pays in the tail where requests are held; what it brings stands in the shadow table's row of the live policy.
    private var dial: String {
        let setting = snapshot.gateway.policySettings.standard
        guard let dial = (Policies.make(setting.name, setting.named) as? Foresight)?.dial else {
            return "off"
        }
        return "ageing \(NumberText.fixed(dial.ageing, 2)), longest \(NumberText.span(dial.longestWait))"
    }

    /// Streams of the busiest serving node over the mean, by weight: 1 is even.
    private var imbalance: Double? {
        let loads = snapshot.nodes.filter { $0.state == .serving && $0.weight > 0 }
            .map { Double($0.active) / Double($0.weight) }
        let mean = loads.reduce(0, +) / Double(max(loads.count, 1))
        return mean > 0 ? (loads.max() ?? 0) / mean : nil
    }

    private var columns: [Column<DecisionRecord>] {
        [
            Column(["TIME"], 8, priority: 0, .left) { decision, _ in
                .text(NumberText.clock(decision.time), .label)
            },
            Column(["STREAM"], 7, priority: 6) { decision, _ in .text(String(decision.stream), .label) },
            Column(["TO NODE"], 8, ideal: 12, priority: 1, .left, largest: 20) { decision, _ in
                .text(decision.node, .title)
            },
            Column(["BECAUSE"], 28, ideal: 36, priority: 2, .left, largest: 70) { decision, width in
                .text(DisplayWidth.clipped(decision.reason, to: width))
            },
            Column(["PROMPT"], 6, priority: 4) { decision, _ in
                .text(NumberText.short(decision.promptTokens.map(Double.init)))
            },
            Column(["FORESEEN", "CACHED"], 6, ideal: 8, priority: 5) { decision, _ in
                .text(NumberText.short(decision.predictedCachedTokens.map(Double.init)))
            },
            Column(["CAME", "REAL"], 5, priority: 7) { decision, _ in
                .text(NumberText.short(decision.actualCachedTokens.map(Double.init)))
            },
            Column(["TTFT ms"], 7, priority: 3) { decision, _ in
                .text(
                    NumberText.milliseconds(decision.ttftSeconds), Threshold.ttft.role(decision.ttftSeconds))
            },
            Column(["POLICY"], 12, ideal: 16, priority: 9, .left) { decision, _ in
                .text(decision.policy, .label)
            },
            Column(["MODEL"], 10, ideal: 16, priority: 8, .left, largest: 30) { decision, _ in
                .text(FleetRow.shortModel(decision.model), .label)
            },
        ]
    }

    /// Every candidate of one decision with its score by term, the chosen one first.
    private func drawCandidates(_ decision: DecisionRecord, _ canvas: inout Canvas, _ rect: Rect) {
        guard rect.height >= 2 else { return }
        let title = "Candidates of stream \(decision.stream); the lowest cost wins"
        Panels.heading(title, &canvas, rect)
        guard !decision.candidates.isEmpty else {
            canvas.put("this policy keeps no scores", rect.x, rect.y + 1, Style(.label), limit: rect.width)
            return
        }
        for (offset, candidate) in decision.candidates.prefix(rect.height - 1).enumerated() {
            let y = rect.y + 1 + offset
            let isChosen = candidate.node == decision.node
            canvas.put(isChosen ? "▸" : " ", rect.x, y, Style(.accent, on: .base, .bold))
            let style = Style(isChosen ? .title : .text, on: .base, isChosen ? .bold : [])
            canvas.put(DisplayWidth.shortened(candidate.node, to: 14), rect.x + 2, y, style)
            canvas.putRight(NumberText.rate(candidate.cost), endingAt: rect.x + 26, y, style, width: 8)
            var x = rect.x + 28
            for term in candidate.terms {
                let text = "\(term.name) \(NumberText.rate(term.value))"
                guard x + DisplayWidth.of(text) <= rect.maxX else { break }
                x += canvas.put(text, x, y, Style(.label)) + 2
            }
        }
    }

    /// Streams on each node beside the share that its weight gives.
    private func drawBalance(_ canvas: inout Canvas, _ rect: Rect) {
        Panels.heading("Balance: streams, share by weight", &canvas, rect)
        let most = Double(snapshot.nodes.map(\.active).max() ?? 0)
        for (offset, node) in snapshot.nodes.prefix(max(rect.height - 1, 0)).enumerated() {
            let y = rect.y + 1 + offset
            let word = StateWord(node)
            canvas.put(word.letter, rect.x, y, Style(word.role, on: .base, .bold))
            canvas.put(DisplayWidth.shortened(node.name, to: 12), rect.x + 2, y, Style(.title))
            let bar = Rect(rect.x + 15, y, rect.width - 27, 1)
            Bars.draw(
                most > 0 ? Double(node.active) / most : 0, &canvas, bar.x, y, width: bar.width, Style(.kv))
            canvas.putRight(NumberText.count(node.active), endingAt: bar.maxX + 5, y, Style(.text), width: 5)
            let share =
                node.trafficShare == nil ? NumberText.unknown : NumberText.percent(node.trafficShare) + "%"
            canvas.putRight(share, endingAt: rect.maxX, y, Style(.label), width: 5)
        }
    }
}
