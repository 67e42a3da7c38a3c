/// Small pictures made of block characters.
package enum Bars {
    private static let eighths: [Character] = [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"]
    private static let levels: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// The filled part of a bar of `width` columns, in eighths of a column; blanks are left out.
    package static func filled(_ ratio: Double, width: Int) -> String {
        guard width > 0, ratio.isFinite else { return "" }
        let steps = Int((min(max(ratio, 0), 1) * Double(width * 8)).rounded())
        let part = ratio > 0 && steps == 0 ? 1 : steps
        return String(repeating: "█", count: part / 8) + (part % 8 > 0 ? String(eighths[part % 8]) : "")
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
        let index = Int((min(value / ceiling, 1) * Double(levels.count)).rounded(.up)) - 1
        return levels[min(max(index, 0), levels.count - 1)]
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
