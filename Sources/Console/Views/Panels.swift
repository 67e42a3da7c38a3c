import GatewayCore

/// Small parts with a heading that several views use.
struct Panels {
    var snapshot: Snapshot

    /// A heading with a rule to the right edge.
    static func heading(_ text: String, _ canvas: inout Canvas, _ rect: Rect) {
        let used = canvas.put(text, rect.x, rect.y, Style(.title, on: .base, .bold), limit: rect.width)
        let rest = rect.width - used - 1
        guard rest > 0 else { return }
        canvas.put(String(repeating: "─", count: rest), rect.x + used + 1, rect.y, Style(.faint), limit: rest)
    }

    /// Values over time with the scale's top on the left and the newest value in the heading.
    ///
    /// - secondsPerColumn: 0: how long its width is stands elsewhere.
    static func chart(
        _ title: String, _ values: [Double?], _ canvas: inout Canvas, _ rect: Rect,
        secondsPerColumn: Int = Timeline.secondsPerColumn, label: (Double) -> String
    ) {
        guard rect.height >= 2 else { return }
        let newest = values.last.flatMap { $0 }.map(label) ?? NumberText.unknown
        heading("\(title)  \(newest)", &canvas, rect)
        let ceiling = Bars.ceiling(of: values)
        let top = label(ceiling)
        let gutter = max(DisplayWidth.of(top), 3) + 1
        if secondsPerColumn > 0 {
            let seconds = Double((rect.width - gutter) * secondsPerColumn)
            canvas.putRight(
                " \(NumberText.span(seconds))", endingAt: rect.maxX, rect.y, Style(.label), width: 8)
        }
        let lines = Bars.chart(values, ceiling: ceiling, width: rect.width - gutter, height: rect.height - 1)
        for (offset, line) in lines.enumerated() {
            draw(
                line, &canvas, rect.x + gutter, rect.y + 1 + offset,
                below: offset > 0 ? lines[offset - 1] : nil)
        }
        canvas.putRight(top, endingAt: rect.x + gutter - 1, rect.y + 1, Style(.label), width: gutter - 1)
        if rect.height > 3 {
            canvas.putRight(
                "0", endingAt: rect.x + gutter - 1, rect.maxY - 1, Style(.label), width: gutter - 1)
        }
    }

    /// One row of a chart: the top of each column stands out from what is below it.
    private static func draw(_ line: String, _ canvas: inout Canvas, _ x: Int, _ y: Int, below above: String?)
    {
        let covered = above.map { Array($0).map { $0 != " " } } ?? []
        for (offset, character) in line.enumerated() where character != " " {
            let isTop = !covered.indices.contains(offset) || !covered[offset]
            canvas.put(String(character), x + offset, y, Style(isTop ? .trend : .fill))
        }
    }

    func events(_ canvas: inout Canvas, _ rect: Rect, of node: String? = nil) {
        let events = snapshot.events.filter { node == nil || $0.node == node }
        Self.heading("Events", &canvas, rect)
        guard !events.isEmpty else { return Self.quiet("nothing happened yet", &canvas, rect) }
        for (offset, event) in events.prefix(rect.height - 1).enumerated() {
            let y = rect.y + 1 + offset
            canvas.put(NumberText.clock(event.time), rect.x, y, Style(.label), limit: rect.width)
            canvas.put(event.severity.letter, rect.x + 9, y, Style(event.severity.role, on: .base, .bold))
            let names = event.node.map { event.text.contains($0) ? "" : "\($0) " } ?? ""
            let used = canvas.put(names, rect.x + 11, y, Style(.title), limit: rect.width - 11)
            let room = rect.width - 11 - used
            canvas.put(
                DisplayWidth.clipped(event.text, to: max(room, 0)), rect.x + 11 + used, y, Style(.text))
        }
    }

    func streams(
        _ canvas: inout Canvas, _ rect: Rect, of node: String? = nil, title: String = "Oldest streams"
    ) {
        let streams = snapshot.streams.filter { node == nil || $0.node == node }
            .sorted { $0.ageSeconds > $1.ageSeconds }
        Self.heading(title, &canvas, rect)
        guard !streams.isEmpty else { return Self.quiet("none", &canvas, rect) }
        for (offset, stream) in streams.prefix(rect.height - 1).enumerated() {
            let y = rect.y + 1 + offset
            let end = rect.x + 7
            canvas.putRight(NumberText.span(stream.ageSeconds), endingAt: end, y, Style(.text), width: 7)
            let node = DisplayWidth.shortened(stream.node ?? "no node", to: 12)
            canvas.put(node, rect.x + 9, y, Style(.text), limit: rect.width - 9)
            let tokens = "\(stream.phase.rawValue)  \(NumberText.count(Double(stream.outputTokens))) tok"
            canvas.put(tokens, rect.x + 22, y, Style(.text), limit: rect.width - 22)
            canvas.put(stream.client, rect.x + 40, y, Style(.label), limit: rect.width - 40)
        }
    }

    static func quiet(_ text: String, _ canvas: inout Canvas, _ rect: Rect) {
        guard rect.height > 1 else { return }
        canvas.put(text, rect.x, rect.y + 1, Style(.label), limit: rect.width)
    }
}

extension EventSeverity {
    var letter: String {
        switch self {
        case .info: "i"
        case .warning: "!"
        case .alarm: "X"
        }
    }

    var role: Role {
        switch self {
        case .info: .label
        case .warning: .warning
        case .alarm: .alarm
        }
    }
}
