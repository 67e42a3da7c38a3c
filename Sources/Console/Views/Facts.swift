import GatewayCore

/// One value with its name.
struct Fact {
    var name: String
    var value: String
    var role = Role.text
    init(_ name: String, _ value: String, _ role: Role = .text) {
        self.name = name
        self.value = value.isEmpty ? NumberText.unknown : value
        self.role = role
    }
}

/// Facts under a heading.
struct FactGroup {
    var title: String
    var facts: [Fact]

    func draw(_ canvas: inout Canvas, _ rect: Rect) {
        Panels.heading(title, &canvas, rect)
        let label = facts.map { DisplayWidth.of($0.name) }.max() ?? 0
        for (offset, fact) in facts.enumerated() where offset + 1 < rect.height {
            let y = rect.y + 1 + offset
            canvas.put(fact.name, rect.x, y, Style(.label), limit: rect.width)
            let room = rect.width - label - 1
            let style = Style(fact.value == NumberText.unknown ? .faint : fact.role)
            canvas.put(DisplayWidth.clipped(fact.value, to: max(room, 0)), rect.x + label + 1, y, style)
        }
    }

    /// Groups beside each other, as many as fit, then below.
    /// - Returns: the first row that is free.
    static func draw(_ groups: [FactGroup], _ canvas: inout Canvas, _ rect: Rect) -> Int {
        let columns = rect.width >= 160 ? 4 : rect.width >= 110 ? 3 : 2
        let width = (rect.width - 2 - (columns - 1) * 2) / columns
        var y = rect.y
        for start in stride(from: 0, to: groups.count, by: columns) {
            let line = groups[start..<min(start + columns, groups.count)]
            for (offset, group) in line.enumerated() {
                group.draw(&canvas, Rect(rect.x + 1 + offset * (width + 2), y, width, rect.maxY - y))
            }
            y += (line.map(\.facts.count).max() ?? 0) + (rect.height > 22 ? 2 : 1)
            guard y < rect.maxY else { break }
        }
        return y
    }
}
