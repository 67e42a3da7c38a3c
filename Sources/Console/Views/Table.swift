/// What stands in one cell of a table.
package enum CellContent {
    case text(String, Role = .text, Style.Emphasis = [])
    /// A text that keeps its role where the rest of the row is dim.
    case state(String, Role, Style.Emphasis = [])
    /// A bar with its number on the right; nil: unknown.
    case bar(Double?, label: String, role: Role, labelRole: Role)
    /// Parts of a whole beside each other, each in its own character.
    case parts([(share: Double, part: HBMPart)])
    /// The last values, oldest first, on the scale of the whole column.
    case trend([Double?], ceiling: Double)
    case empty
}

/// One column of a table: what it is called, how wide it may be and what it shows of a row.
package struct Column<Row> {
    package enum Alignment { case left, right }

    /// From the longest to the shortest; the longest that fits is drawn.
    package var titles: [String]
    package var minimum: Int
    package var ideal: Int
    /// The lowest are kept when there is little room.
    package var priority: Int
    package var alignment: Alignment
    /// Takes room that is left over, up to this; 0: none.
    package var largest: Int
    /// Draws the content; gets the row and the width.
    package var content: (Row, Int) -> CellContent

    package init(
        _ titles: [String], _ minimum: Int, ideal: Int? = nil, priority: Int,
        _ alignment: Alignment = .right, largest: Int = 0, content: @escaping (Row, Int) -> CellContent
    ) {
        self.titles = titles
        self.minimum = minimum
        self.ideal = ideal ?? minimum
        self.priority = priority
        self.alignment = alignment
        self.largest = largest
        self.content = content
    }
}

package struct Table<Row> {
    package var columns: [Column<Row>]
    /// Columns from this priority on come in only when the others have all the room they like.
    private static var extraPriority: Int { 16 }

    /// Columns left free at the left edge, for a mark.
    package var gutter = 1

    package init(columns: [Column<Row>], gutter: Int = 1) {
        self.columns = columns
        self.gutter = gutter
    }

    /// Which columns fit into `width`, where each begins and how wide it is.
    package func layout(width: Int) -> [(column: Int, x: Int, width: Int)] {
        var widths: [Int: Int] = [:]
        var left = width - gutter
        let byPriority = columns.indices.sorted { columns[$0].priority < columns[$1].priority }
        let extras = byPriority.firstIndex { columns[$0].priority >= Self.extraPriority } ?? byPriority.count
        place(byPriority[..<extras], &widths, &left)
        place(byPriority[extras...], &widths, &left)
        stretch(&widths, left)
        var x = gutter
        return columns.indices.compactMap { index in
            guard let width = widths[index] else { return nil }
            defer { x += width + 1 }
            return (index, x, width)
        }
    }

    /// Lets columns in at their smallest, then grows them while there is room.
    private func place(_ indices: ArraySlice<Int>, _ widths: inout [Int: Int], _ left: inout Int) {
        for index in indices {
            let needed = columns[index].minimum + (widths.isEmpty ? 0 : 1)
            guard needed <= left || widths.isEmpty else { continue }
            widths[index] = min(columns[index].minimum, max(left, 1))
            left -= needed
        }
        for index in indices {
            guard left > 0, let have = widths[index], have < columns[index].ideal else { continue }
            let more = min(columns[index].ideal - have, left)
            widths[index] = have + more
            left -= more
        }
    }

    /// Gives what is left over evenly to the columns that can use it.
    private func stretch(_ widths: inout [Int: Int], _ left: Int) {
        var left = left
        while left > 0 {
            let growing = columns.indices.filter { (widths[$0] ?? .max) < columns[$0].largest }
            guard !growing.isEmpty else { return }
            for index in growing where left > 0 {
                widths[index, default: 0] += 1
                left -= 1
            }
        }
    }

    package func drawTitles(
        _ canvas: inout Canvas, _ rect: Rect, sorted: String? = nil,
        layout: [(column: Int, x: Int, width: Int)]
    ) {
        canvas.fill(Rect(rect.x, rect.y, rect.width, 1), Style(.label, on: .bar))
        for place in layout {
            let column = columns[place.column]
            let title = column.titles.first { DisplayWidth.of($0) <= place.width } ?? column.titles.last ?? ""
            let isSorted = sorted.map { column.titles.contains($0) } ?? false
            let style = Style(isSorted ? .accent : .label, on: .bar, .bold)
            if column.alignment == .right {
                canvas.putRight(
                    title, endingAt: rect.x + place.x + place.width, rect.y, style, width: place.width)
            } else {
                canvas.put(title, rect.x + place.x, rect.y, style, limit: place.width)
            }
        }
    }

    package func draw(
        _ row: Row, _ canvas: inout Canvas, _ rect: Rect, isDim: Bool = false, isBold: Bool = false,
        layout: [(column: Int, x: Int, width: Int)]
    ) {
        for place in layout {
            let column = columns[place.column]
            let drawing = CellDrawing(
                x: rect.x + place.x, y: rect.y, width: place.width, isRight: column.alignment == .right,
                isDim: isDim, isBold: isBold)
            drawing.draw(column.content(row, place.width), &canvas)
        }
    }
}

/// How one cell gets on the canvas.
private struct CellDrawing {
    var x: Int
    var y: Int
    var width: Int
    var isRight: Bool
    var isDim: Bool
    var isBold: Bool

    func draw(_ content: CellContent, _ canvas: inout Canvas) {
        switch content {
        case .empty: break
        case .state(let text, let role, let emphasis):
            canvas.put(DisplayWidth.clipped(text, to: width), x, y, Style(role, on: .base, emphasis))
        case .text(let text, let role, let emphasis):
            let isUnknown = text == NumberText.unknown
            var style = Style(isDim || isUnknown ? .faint : role, on: .base, emphasis)
            if isBold, !isUnknown { style.emphasis.insert(.bold) }
            if isRight {
                canvas.putRight(text, endingAt: x + width, y, style, width: width)
            } else {
                canvas.put(DisplayWidth.shortened(text, to: width), x, y, style, limit: width)
            }
        case .bar(let ratio, let label, let role, let labelRole):
            bar(ratio, label, role, labelRole, &canvas)
        case .parts(let parts):
            canvas.put(String(repeating: "·", count: width), x, y, Style(.track), limit: width)
            var left = x
            for (text, part) in zip(Bars.parts(parts.map(\.share), width: width), parts) {
                let style = Style(isDim ? .faint : part.part.role)
                left += canvas.put(String(repeating: part.part.character, count: text), left, y, style)
            }
        case .trend(let values, let ceiling):
            let line = Bars.trend(values, ceiling: ceiling, width: width)
            canvas.put(line, x, y, Style(isDim ? .faint : .trend), limit: width)
        }
    }

    private func bar(
        _ ratio: Double?, _ label: String, _ role: Role, _ labelRole: Role, _ canvas: inout Canvas
    ) {
        let room = max(4, DisplayWidth.of(label))
        draw(.text(label, labelRole), &canvas)
        let columns = width - room - (room > 4 ? 1 : 0)
        guard columns > 0, let ratio else { return }
        Bars.draw(ratio, &canvas, x, y, width: columns, Style(isDim ? .faint : role))
    }
}
