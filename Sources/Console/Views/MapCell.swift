import GatewayCore

/// A node as one character of a map: its value as a level, or its state's letter where it does not serve.
struct MapCell: FleetCell {
    /// What a map shows of a node.
    struct Measure {
        var title: String
        var threshold: Threshold
        /// What fills a level to the top.
        var top: Double
        var value: @Sendable (NodeStatus) -> Double?
        var label: @Sendable (Double?) -> String

        static let kv = Measure(
            title: "KV %", threshold: .kv, top: 1, value: \.kvUsage, label: { NumberText.percent($0) })
        static let queue = Measure(
            title: "QUEUE", threshold: .queue, top: Threshold.queue.alarm, value: { SortKey.queue.value($0) },
            label: { NumberText.short($0) })
    }

    /// Columns of a cell, the roomiest first: with the number, apart from the next, and as narrow as can be.
    static let widths = [4, 2, 1]

    /// What stands where an engine does not tell the value.
    private static let unknown = "×"

    var measure: Measure
    var grid: FleetGrid
    var isOld: Bool

    /// The levels and from which value on each stands.
    func drawTitles(_ canvas: inout Canvas, _ rect: Rect, cells: Int) {
        canvas.fill(rect, Style(.label, on: .bar))
        var x = rect.x + 1
        x += canvas.put(measure.title, x, rect.y, Style(.label, on: .bar, .bold)) + 2
        let step = measure.top / Double(Bars.mapLevels.count - 1)
        for (level, character) in Bars.mapLevels.enumerated() {
            // The second level is for all that is above 0.
            let least = level < 2 ? "\(level)" : measure.label(Double(level - 1) * step)
            let text = "\(character) \(least)"
            guard x + DisplayWidth.of(text) < rect.maxX else { return }
            x += canvas.put(text, x, rect.y, Style(.text, on: .bar)) + 2
        }
        let rest = "\(Self.unknown) not told  letter: not serving"
        let room = max(rect.maxX - x - 1, 0)
        canvas.put(DisplayWidth.clipped(rest, to: room), x, rect.y, Style(.label, on: .bar))
    }

    func draw(_ node: NodeStatus, isSelected: Bool, isMarked: Bool, _ canvas: inout Canvas, _ rect: Rect) {
        let value = measure.value(node)
        var style = Style(measure.threshold.role(value, normal: .trend))
        var text = value.map { String(Bars.mapLevel($0 / measure.top)) } ?? Self.unknown
        if value == nil { style.role = .label }
        let state = StateWord(node)
        if StateWord.rank(node) > 0 { (text, style.role) = (state.letter, state.role) }
        if measure.threshold.level(value) == .alarm { style.emphasis.insert(.reverse) }
        if isMarked { style.emphasis.insert(.underline) }
        if isOld { style.role = .faint }
        if isSelected { style.surface = .selected }
        canvas.put(text, rect.x, rect.y, style)
        guard rect.width >= 4 else { return }
        style.emphasis.remove(.reverse)
        if measure.threshold.level(value) == .normal || isOld { style.role = isOld ? .faint : .text }
        canvas.put(measure.label(value), rect.x + 1, rect.y, style, limit: 2)
    }
}
