import GatewayCore

/// A question before a change, with what the change would do.
struct DialogView {
    var dialog: Dialog
    var snapshot: Snapshot?
    var state: ScreenState

    typealias Line = [(text: String, role: Role)]

    private static let mostShares = 5
    /// Of the dialog with most to say in a line.
    private var policyWidth: Int { min(110, state.size.columns - 2) }

    func draw(_ canvas: inout Canvas) {
        let lines = content.lines
        let width = min(max(content.width, 60), canvas.size.columns - 2)
        let command = commandLines(width - 4)
        let height = min(lines.count + max(command.count, 1) + 3, canvas.size.rows - 4)
        let box = Rect((canvas.size.columns - width) / 2, top(height, canvas.size), width, height)
        Boxes.draw(&canvas, box, title: content.title, role: dialog.needsName ? .alarm : .accent)
        let room = height - max(command.count, 1) - 3
        for (offset, line) in lines.prefix(room).enumerated() {
            draw(line, &canvas, Rect(box.x + 2, box.y + 1 + offset, width - 4, 1))
        }
        for (offset, text) in command.enumerated() {
            draw([(text, .label)], &canvas, Rect(box.x + 2, box.y + 1 + room + offset, width - 4, 1))
        }
        drawButtons(&canvas, Rect(box.x + 2, box.maxY - 2, width - 4, 1))
    }

    /// The command that does the same, broken so that it can be pasted.
    private func commandLines(_ width: Int) -> [String] {
        var lines: [String] = []
        for word in dialog.shellCommand(snapshot) {
            if let last = lines.last, DisplayWidth.of(last) + DisplayWidth.of(word) + 3 <= width {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(word)
            }
        }
        return lines.dropLast().map { $0 + " \\" } + lines.suffix(1)
    }

    /// Away from the selected row, which stays in sight.
    private func top(_ height: Int, _ size: Size) -> Int {
        guard state.view == .fleet, let snapshot, dialog.targets.first != nil else {
            return (size.rows - height) / 2
        }
        let grid = FleetGrid(snapshot, state)
        let row = fleetCursor(grid.lines, state).map(grid.row(of:)) ?? 0
        return row + 5 < size.rows - 2 - height ? size.rows - 2 - height : 2
    }

    private var content: (title: String, lines: [Line], width: Int) {
        let lines: [Line]
        switch dialog.kind {
        case .drain(let nodes): lines = drainLines(nodes)
        case .undrain(let nodes): lines = undrainLines(nodes)
        case .maintenance(let nodes): lines = drainLines(nodes)
        case .weight(let nodes, let draft): lines = weightLines(nodes, draft)
        case .limit(let nodes, let draft):
            lines =
                snapshot.map {
                    LimitLines(draft: draft, snapshot: $0).ofNodes(nodes) + foreseenLines($0) + hiddenLines
                }
                ?? []
        case .queueCapacity(let draft):
            lines = snapshot.map { LimitLines(draft: draft, snapshot: $0).ofQueue } ?? []
        case .policy(let draft):
            lines =
                snapshot.map {
                    PolicyLines(
                        draft: draft, snapshot: $0,
                        room: state.size.rows - 7 - tryLines.count - reasonLines.count
                            - max(commandLines(policyWidth - 4).count, 1),
                        width: policyWidth - 4
                    ).lines
                }
                ?? []
        case .migrate(let node):
            lines = emptyingLines(node, "are moved to other nodes where they can be", .text)
        case .cut(let node): lines = emptyingLines(node, "end with an error event at once", .alarm)
        case .cancelSession(let id): lines = sessionLines(id)
        case .cancelStream(let stream): lines = streamLines(stream)
        case .pin(let command): lines = snapshot.map { PinLines(command: command, snapshot: $0).lines } ?? []
        case .keep: lines = snapshot.map(TrialLines.lines) ?? []
        case .undo(let command):
            lines = [[("This takes the last change back:", .text)], [(command.phrase, .title)]]
        case .quit: lines = quitLines
        }
        // Policies and their parameters are told in a sentence each.
        let width = if case .policy = dialog.kind { policyWidth } else { 76 }
        return (title, memberLines + tryLines + reasonLines + lines + nameLines, width)
    }

    private var tryLines: [Line] {
        guard let seconds = dialog.trySeconds else { return [] }
        return [
            [
                ("Tried for \(NumberText.span(seconds))", .accent),
                (", then it is as before again, unless kept (a)", .text),
            ]
        ]
    }

    private var reasonLines: [Line] {
        guard dialog.isTypingReason || !dialog.reason.isEmpty else { return [] }
        // The end of a long one, where it is typed.
        let room = 72 - 10
        let text =
            DisplayWidth.of(dialog.reason) > room ? "…" + dialog.reason.suffix(room / 2) : dialog.reason
        return [[("Reason  ", .label), (text, .title), (dialog.isTypingReason ? "_" : "", .accent)]]
    }

    /// The names that the title only counts.
    private var memberLines: [Line] {
        guard dialog.targets.count > 3 else { return [] }
        return [[("Nodes          ", .label), (dialog.targets.joined(separator: ", "), .text)]]
    }

    private var title: String {
        let names =
            dialog.targets.count > 3
            ? "\(dialog.targets.count) nodes" : dialog.targets.joined(separator: ", ")
        switch dialog.kind {
        case .drain: return "Drain \(names)?"
        case .undrain: return "Let \(names) serve again?"
        case .maintenance: return "Put \(names) in maintenance?"
        case .migrate: return "Move the streams of \(names)?"
        case .cut: return "Cut the streams of \(names)?"
        case .cancelSession: return "Cancel the session?"
        case .cancelStream: return "Cancel the stream?"
        case .pin(.unpin): return "Unpin the session?"
        case .pin: return "Pin the session?"
        case .weight: return "Weight of \(names)"
        case .limit: return "Limit of \(names)"
        case .queueCapacity: return "Capacity of the gateway's queue"
        case .policy: return "Routing policy"
        case .keep: return "Keep what is tried?"
        case .undo: return "Undo?"
        case .quit: return "Leave the console?"
        }
    }

    private func draw(_ line: Line, _ canvas: inout Canvas, _ rect: Rect) {
        var x = rect.x
        for part in line {
            let emphasis: Style.Emphasis = part.role == .title ? .bold : []
            let text = DisplayWidth.clipped(part.text, to: max(rect.maxX - x, 0))
            x += canvas.put(text, x, rect.y, Style(part.role, on: .dialog, emphasis))
        }
    }

    /// Cancel comes first and is the one in focus.
    private func drawButtons(_ canvas: inout Canvas, _ rect: Rect) {
        var x = rect.x
        for (index, hint) in DialogKeys.hints(dialog).enumerated() {
            let label = index == 0 ? " Esc cancel " : "\(hint.key) \(hint.text)"
            let width = DisplayWidth.of(label) + 2
            guard x + width <= rect.maxX + 2 else { break }
            if index == 0, hint.key == "Esc" {
                x += canvas.put(label, x, rect.y, Style(.accent, on: .dialog, [.bold, .reverse])) + 2
            } else {
                x += canvas.put(hint.key + " ", x, rect.y, Style(.accent, on: .dialog, .bold))
                x += canvas.put(hint.text, x, rect.y, Style(.text, on: .dialog)) + 2
            }
        }
    }

    private func drainLines(_ nodes: [String]) -> [Line] {
        guard let snapshot else { return [] }
        let preview = DrainPreview(nodes, snapshot)
        var lines: [Line] = [
            [
                ("In flight now  ", .label), (NumberText.plural(preview.streams, "stream"), .title),
                (", \(preview.beforeFirstToken) before the first token", .text),
                (preview.streams > 0 ? ", oldest \(NumberText.span(preview.oldestAgeSeconds))" : "", .text),
            ],
            [("New requests   ", .label), ("none once confirmed", .text)],
        ]
        if let hit = preview.hitRateLost {
            lines.append([
                ("Prefix cache   ", .label),
                ("hit rate \(NumberText.percent(hit))% here now; cold when it returns", .text),
            ])
        }
        if case .drain = dialog.kind { lines += [movingLine(nodes, snapshot), deadlineLine] }
        lines.append([("", .text)])
        for remainder in preview.remainders.prefix(6) { lines += Self.lines(of: remainder) }
        return lines + foreseenLines(snapshot) + hiddenLines
    }

    private func foreseenLines(_ snapshot: Snapshot) -> [Line] {
        guard dialog.change != nil else { return [] }
        guard let forecast = dialog.forecast else {
            return [[("Foreseen       ", .label), ("the last minutes' requests are played again", .label)]]
        }
        let words = forecast.words(measured: snapshot.totals.ttft?.p50)
        let first: Line = [("Foreseen       ", .label), (words, forecast.after == nil ? .label : .title)]
        guard let shares = forecast.shareWords(most: 2) else { return [first] }
        return [first, [("               ", .label), ("new requests: \(shares)", .text)]]
    }

    private func movingLine(_ nodes: [String], _ snapshot: Snapshot) -> Line {
        let label = ("Open streams   ", Role.label)
        if dialog.migrates {
            return [label, ("are moved to other nodes now; those that can't be finish", .accent)]
        }
        let time = DrainTime(nodes, snapshot).map { ", the last likely in \($0.words)" } ?? ""
        return [label, ("finish untouched\(time)", .text)]
    }

    /// What is left on a node, and what becomes of it.
    private func emptyingLines(_ node: String, _ fate: String, _ role: Role) -> [Line] {
        let status = snapshot?.node(named: node)
        let streams = NumberText.plural(status?.active ?? 0, "stream")
        return [
            [(node, .title), (" \(status?.state.rawValue ?? ""): ", .text), (streams, .title)],
            [("They \(fate).", role)],
            [("This can't be undone.", .label)],
        ]
    }

    private func sessionLines(_ id: String) -> [Line] {
        let family = snapshot?.family(of: id) ?? [id]
        let streams = snapshot?.streams.filter { $0.session.map(family.contains) ?? false } ?? []
        let tokens = streams.reduce(0.0) { $0 + Double($1.outputTokens) }
        let begun = family.count - 1
        let others = begun > 0 ? ", and \(NumberText.plural(begun, "session")) that it began" : ""
        return [
            [("Session  ", .label), (id, .title), (others, .text)],
            [
                ("In sight ", .label), (NumberText.plural(streams.count, "request"), .title),
                (", \(NumberText.count(tokens)) tokens generated", .text),
            ],
            [("All its requests end with an error that says so; their tokens are waste.", .alarm)],
        ]
    }

    private func streamLines(_ opened: StreamStatus) -> [Line] {
        let stream = snapshot?.streams.first { $0.id == opened.id }
        let now = stream ?? opened
        let place = now.node.map { "on \($0)" } ?? "waits in the gateway"
        return [
            [
                ("Stream   ", .label), ("\(now.id)", .title), (" of \(now.client), \(place)", .text),
                (stream == nil ? ", not listed any more" : "", .warning),
            ],
            [
                ("So far   ", .label), (NumberText.span(now.ageSeconds), .text),
                (", \(NumberText.count(Double(now.outputTokens))) tokens", .text),
                (now.dollars == nil ? "" : ", $\(NumberText.smallDollars(now.dollars))", .text),
            ],
            [("Session  ", .label), (now.session ?? "none", .text)],
            [("It ends with an error that says so; its tokens are waste.", .alarm)],
        ]
    }

    private var deadlineLine: Line {
        guard let seconds = dialog.deadlineSeconds else {
            return [("Deadline       ", .label), ("none: it drains for as long as streams last", .text)]
        }
        let after = "what is left is \(dialog.atDeadline.words), with an alarm"
        return [
            ("Deadline       ", .label),
            ("\(NumberText.span(seconds)), then \(after)", dialog.atDeadline == .cut ? .alarm : .text),
        ]
    }

    private static func lines(of remainder: DrainPreview.Remainder) -> [Line] {
        let count = "\(remainder.servingBefore) -> \(remainder.servingAfter) serving"
        let role: Role = remainder.servingAfter == 0 ? .alarm : remainder.servingAfter == 1 ? .warning : .text
        let kv = "KV \(percent(remainder.kvBefore)) -> ~\(percent(remainder.kvAfter))"
        let streams =
            "streams each \(NumberText.rate(remainder.streamsEachBefore)) -> ~\(NumberText.rate(remainder.streamsEachAfter))"
        let queue =
            "prefill queue each \(NumberText.rate(remainder.queueEachBefore)) -> ~\(NumberText.rate(remainder.queueEachAfter))"
        return [
            [
                ("What remains   ", .label), (remainder.model, .title),
                (remainder.role == .mixed ? "" : " \(remainder.role.rawValue)", .label),
                ("  \(count)", role),
            ],
            [
                ("               ", .label), (kv, Threshold.kv.role(remainder.kvAfter)),
                ("  \(streams)", .text),
            ],
            [("               ", .label), (queue, .text)],
        ]
    }

    private static func percent(_ ratio: Double?) -> String {
        ratio == nil ? NumberText.unknown : NumberText.percent(ratio) + "%"
    }

    private var hiddenLines: [Line] {
        guard let snapshot, dialog.targets.count > 1 else { return [] }
        let visible = Set(visibleNodes(snapshot, state).map(\.name))
        let hidden = dialog.targets.filter { !visible.contains($0) }
        guard !hidden.isEmpty else { return [] }
        return [
            [
                (
                    "\(hidden.count) of \(dialog.targets.count) marked nodes are hidden by the filter: \(hidden.joined(separator: ", "))",
                    .warning
                )
            ]
        ]
    }

    private func undrainLines(_ nodes: [String]) -> [Line] {
        nodes.prefix(8).compactMap { snapshot?.node(named: $0) }.map { node in
            [
                (node.name, .title), ("  \(node.state.rawValue)", StateWord(node).role),
                (
                    ", \(NumberText.plural(node.active, "stream")) left; takes new requests at weight \(node.weight)",
                    .text
                ),
            ]
        }
    }

    private func weightLines(_ nodes: [String], _ draft: NumberDraft) -> [Line] {
        guard let snapshot, let weight = draft.value else { return [] }
        let filled = Bars.filled(Double(weight) / 100, width: 20)
        var lines: [Line] = [
            Self.numberLine(draft) + [("  ", .text), (filled, .accent)], Self.numberKeys,
            [("", .text)],
            [("Share of new requests by weight", .label)],
        ]
        let shares = SharePreview(nodes, weight: weight, snapshot).lines
        for line in shares.prefix(Self.mostShares) {
            let isTarget = nodes.contains(line.node)
            let name = DisplayWidth.shortened(line.node, to: 16)
            let padding = String(repeating: " ", count: max(18 - DisplayWidth.of(name), 0))
            let change = "\(Self.percent(line.share)) -> \(Self.percent(line.newShare))"
            lines.append([
                (isTarget ? "▸ " : "  ", .accent), (name + padding, isTarget ? .title : .text),
                (change, .text),
                (line.share == nil ? "  (not serving)" : "", .label),
            ])
        }
        if shares.count > Self.mostShares {
            lines.append([("  and \(shares.count - Self.mostShares) more", .label)])
        }
        if weight == 0 { lines.append([("0: no new request; streams go on", .warning)]) }
        return lines + foreseenLines(snapshot) + hiddenLines
    }

    static func numberLine(_ draft: NumberDraft) -> Line {
        [
            ("now ", .label), (draft.now.limitWord, .text), ("   configured ", .label),
            (draft.configured.limitWord, .text), ("   new ", .label), (draft.value.limitWord, .title),
        ]
    }

    static let numberKeys: Line = [("digits set it, + and - step by 1, Left and Right by 10", .label)]

    private var quitLines: [Line] {
        let active = Int(snapshot?.totals.active ?? 0)
        let address = snapshot?.gateway.address ?? ""
        return [
            [("The gateway \(address) carries ", .text), (NumberText.plural(active, "stream"), .title)],
            [("", .text)],
            [("k  ", .accent), ("keep serving: only the console goes; signalbox attach returns", .text)],
            [
                ("d  ", .accent),
                ("drain, then stop: no new request, the gateway ends after the last stream", .text),
            ],
            [
                ("x  ", .accent),
                (
                    "stop now: \(active == 0 ? "no stream is cut" : "\(active) streams are cut")",
                    active == 0 ? .text : .alarm
                ),
            ],
        ]
    }

    private var nameLines: [Line] {
        guard dialog.needsName else { return [] }
        let refusal: [Line] = dialog.refusal.map { [[("Refused: ", .alarm), ($0, .text)]] } ?? []
        return [[("", .text)]] + refusal + [
            [
                (
                    "To \(dialog.refusal == nil ? "cut" : "force it"), type the node's name and Enter: ",
                    .label
                ), (dialog.typed, .title),
                ("_", .accent),
            ]
        ]
    }
}
