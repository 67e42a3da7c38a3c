/// Small pictures made of block characters.
package enum Bars {
    private static let levels: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    /// A trend keeps the top eighth free, so that lines below each other stay apart.
    private static let trendLevels = levels.dropLast()

    /// The filled part of a bar of `width` columns, in halves of a column; what is above 0 shows.
    package static func filled(_ ratio: Double, width: Int) -> String {
        guard width > 0, ratio.isFinite else { return "" }
        let steps = Int((min(max(ratio, 0), 1) * Double(width * 2)).rounded())
        let halves = ratio > 0 ? max(steps, 1) : 0
        return String(repeating: "━", count: halves / 2) + (halves % 2 > 0 ? "╸" : "")
    }

    /// Draws a bar: heavy where filled, light where not, so that it needs no colour.
    package static func draw(
        _ ratio: Double, _ canvas: inout Canvas, _ x: Int, _ y: Int, width: Int, _ style: Style
    ) {
        guard width > 0 else { return }
        let rest = String(repeating: "─", count: width)
        canvas.put(rest, x, y, Style(.track, on: style.surface), limit: width)
        canvas.put(filled(ratio, width: width), x, y, style, limit: width)
    }

    /// How many of `width` columns each share of a whole takes: where it ends less where the one before ends, so that
    /// rounding never adds up to more than the whole.
    package static func parts(_ shares: [Double], width: Int) -> [Int] {
        var end = 0.0
        var used = 0
        return shares.map { share in
            end += share.isFinite ? max(share, 0) : 0
            let columns = max(Int((min(end, 1) * Double(max(width, 0))).rounded()) - used, 0)
            used += columns
            return columns
        }
    }

    /// One column for each value, the last ones; a blank where there is none. All share `ceiling`.
    package static func trend(_ values: [Double?], ceiling: Double, width: Int) -> String {
        guard width > 0 else { return "" }
        let shown = values.suffix(width)
        let padding = String(repeating: " ", count: width - shown.count)
        return padding + String(shown.map { level($0, ceiling: ceiling) })
    }

    private static func level(_ value: Double?, ceiling: Double) -> Character {
        guard let value, value.isFinite, ceiling > 0 else { return " " }
        if value <= 0 { return "▁" }
        let index = Int((min(value / ceiling, 1) * Double(trendLevels.count)).rounded(.up)) - 1
        return trendLevels[min(max(index, 0), trendLevels.count - 1)]
    }

    /// Levels of a map: the first is nothing, the others share the rest evenly.
    static let mapLevels = levels

    /// The level of a share of the whole; what is above 0 is above nothing.
    static func mapLevel(_ share: Double) -> Character {
        let steps = levels.count - 1
        return share > 0 ? levels[min(1 + Int(min(share, 1) * Double(steps)), steps)] : levels[0]
    }

    /// A chart of `height` rows, the top row first; one column for each value.
    package static func chart(_ values: [Double?], ceiling: Double, width: Int, height: Int) -> [String] {
        guard width > 0, height > 0 else { return [] }
        let shown = Array(repeating: Double?.none, count: max(width - values.count, 0)) + values.suffix(width)
        return (0..<height).reversed().map { row in
            String(
                shown.map { value -> Character in
                    guard let value, value.isFinite, ceiling > 0 else { return " " }
                    let filled = Int((min(max(value / ceiling, 0), 1) * Double(height * 8)).rounded(.up))
                    let here = min(max(filled - row * 8, 0), 8)
                    if here == 0 { return row == 0 ? "▁" : " " }
                    return levels[here - 1]
                })
        }
    }

    /// The next of 1, 2, 5, 10 ... above the values, so that a scale stands still.
    package static func ceiling(of values: [Double?]) -> Double {
        let highest = values.compactMap { $0 }.filter(\.isFinite).max() ?? 0
        guard highest > 0 else { return 1 }
        var step = 1e-6
        while step < highest {
            for factor in [1.0, 2, 3, 5, 7] where step * factor >= highest { return step * factor }
            step *= 10
        }
        return step
    }
}
