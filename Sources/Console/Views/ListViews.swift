import GatewayCore

/// A table of rows with one selected: what the streams, routing and events views share.
struct ListDrawing<Row> {
    var table: Table<Row>
    var rows: [Row]
    var selected: Int?
    var empty: String
    /// What a click on a row selects.
    var target: (Row) -> RowTarget? = { _ in nil }

    /// - below: rows that are left free between the titles and the rows.
    func draw(
        _ canvas: inout Canvas, _ rect: Rect, below: Int = 0, isDim: (Row) -> Bool = { _ in false }
    ) {
        let layout = table.layout(width: rect.width)
        table.drawTitles(&canvas, rect, layout: layout)
        let body = rect.inset(top: 1 + below)
        guard !rows.isEmpty else {
            canvas.put(empty, body.x + 2, body.y + 1, Style(.label), limit: body.width - 3)
            return
        }
        let first = Scrolling.first(selected: selected ?? 0, count: rows.count, height: body.height)
        for (offset, row) in rows.dropFirst(first).prefix(body.height).enumerated() {
            let line = Rect(body.x, body.y + offset, body.width, 1)
            table.draw(row, &canvas, line, isDim: isDim(row), layout: layout)
            if let target = target(row) { canvas.aim(line, at: target) }
            if first + offset == selected {
                canvas.lift(line, to: .selected)
                canvas.put("▸", line.x, line.y, Style(.accent, on: .selected, .bold))
            }
        }
    }
}

/// What is being relayed now, the oldest first.
struct StreamsView {
    var snapshot: Snapshot
    var state: ScreenState

    func draw(_ canvas: inout Canvas, _ rect: Rect) {
        let streams = visibleStreams(snapshot, state)
        let list = ListDrawing(
            table: Table(columns: columns), rows: streams,
            selected: streams.firstIndex { $0.id == state.selectedStream },
            empty: snapshot.streams.isEmpty
                ? "No stream is open." : "No stream matches; Esc clears the filter.",
            target: { .stream($0.id) })
        let hidden = snapshot.streamsTotal - snapshot.streams.count
        list.draw(&canvas, rect.inset(bottom: hidden > 0 ? 1 : 0))
        if hidden > 0 {
            let text = "and \(NumberText.count(hidden)) more streams that are not in the picture"
            canvas.put(text, rect.x + 1, rect.maxY - 1, Style(.label), limit: rect.width - 2)
        }
    }

    private var columns: [Column<StreamStatus>] {
        [
            Column(["AGE"], 6, priority: 0) { stream, _ in .text(NumberText.span(stream.ageSeconds)) },
            Column(["PHASE"], 7, priority: 1, .left) { stream, _ in
                .text(stream.phase.rawValue, stream.phase.role)
            },
            Column(["NODE"], 8, ideal: 14, priority: 2, .left, largest: 20) { stream, _ in
                .text(stream.node ?? NumberText.unknown, .title)
            },
            Column(["PROMPT"], 7, priority: 3) { stream, _ in
                guard let tokens = stream.promptTokens else { return .text(NumberText.unknown) }
                return .text((stream.promptTokensEstimated ? "~" : "") + NumberText.short(Double(tokens)))
            },
            Column(["CACHED"], 6, priority: 9) { stream, _ in
                .text(NumberText.short(stream.cachedTokens.map(Double.init)), .label)
            },
            Column(["OUT"], 6, priority: 4) { stream, _ in
                .text(NumberText.short(Double(stream.outputTokens)))
            },
            Column(["OF MAX", "MAX"], 6, priority: 14) { stream, _ in
                .text(NumberText.short(stream.maxTokens.map(Double.init)), .label)
            },
            Column(["TTFT ms"], 7, priority: 5) { stream, _ in
                .text(NumberText.milliseconds(stream.ttftSeconds), Threshold.ttft.role(stream.ttftSeconds))
            },
            Column(["TOK/S"], 6, priority: 7) { stream, _ in .text(NumberText.rate(stream.tokensPerSecond)) },
            Column(["$"], 7, priority: 8) { stream, _ in .text(NumberText.smallDollars(stream.dollars)) },
            Column(["TRIES"], 5, priority: 13) { stream, _ in
                .text("\(stream.attempts)", stream.attempts > 1 ? .warning : .label)
            },
            Column(["CLIENT"], 14, ideal: 21, priority: 10, .left, largest: 24) { stream, _ in
                .text(stream.client, .label)
            },
            Column(["TENANT"], 8, ideal: 10, priority: 12, .left, largest: 16) { stream, _ in
                .text(stream.tenant ?? NumberText.unknown, .label)
            },
            Column(["SESSION"], 8, ideal: 13, priority: 6, .left, largest: 24) { stream, _ in
                .text(stream.session ?? NumberText.unknown, .label)
            },
            Column(["MODEL"], 10, ideal: 16, priority: 11, .left, largest: 40) { stream, _ in
                .text(FleetRow.shortModel(stream.model), .label)
            },
            Column(["ID"], 6, priority: 15) { stream, _ in .text(String(stream.id), .label) },
        ]
    }
}

extension StreamPhase {
    var role: Role {
        switch self {
        case .queued: .warning
        case .prefill: .accent
        case .decode: .good
        }
    }
}

/// What operators and the system did, the newest first.
struct EventsView {
    var snapshot: Snapshot
    var state: ScreenState

    func draw(_ canvas: inout Canvas, _ rect: Rect) {
        let events = visibleEvents(snapshot, state)
        let list = ListDrawing(
            table: Table(columns: columns), rows: events,
            selected: events.firstIndex { $0.sequence == state.selectedEvent },
            empty: snapshot.events.isEmpty
                ? "Nothing has happened yet." : "No event matches; Esc clears the filter.",
            target: { .event($0.sequence) })
        list.draw(&canvas, rect)
    }

    private var columns: [Column<EventRecord>] {
        [
            Column(["TIME"], 8, priority: 0, .left) { event, _ in .text(NumberText.clock(event.time), .label)
            },
            Column(["LEVEL"], 7, priority: 1, .left) { event, _ in
                .text(event.severity.rawValue, event.severity.role)
            },
            Column(["NODE"], 8, ideal: 12, priority: 3, .left, largest: 20) { event, _ in
                event.node.map { .text($0, .title) } ?? .empty
            },
            Column(["WHAT"], 20, ideal: 40, priority: 2, .left, largest: 400) { event, width in
                .text(DisplayWidth.clipped(event.text, to: width))
            },
            Column(["WHO"], 12, ideal: 24, priority: 4, .left, largest: 40) { event, width in
                .text(DisplayWidth.clipped(event.actor, to: width), .label)
            },
        ]
    }
}
