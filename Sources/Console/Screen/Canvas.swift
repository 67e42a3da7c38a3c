package struct Size: Equatable, Hashable, Sendable {
    package var columns: Int
    package var rows: Int
    package init(_ columns: Int, _ rows: Int) {
        self.columns = max(columns, 1)
        self.rows = max(rows, 1)
    }
}

/// A rectangle of a canvas; never negative.
package struct Rect: Equatable, Sendable {
    package var x: Int
    package var y: Int
    package var width: Int
    package var height: Int
    package init(_ x: Int, _ y: Int, _ width: Int, _ height: Int) {
        self.x = x
        self.y = y
        self.width = max(width, 0)
        self.height = max(height, 0)
    }

    package var maxX: Int { x + width }
    package var maxY: Int { y + height }

    package func inset(left: Int = 0, top: Int = 0, right: Int = 0, bottom: Int = 0) -> Rect {
        Rect(x + left, y + top, width - left - right, height - top - bottom)
    }
}

/// One place of the grid. A wide character has a tail cell on its right.
package struct Cell: Equatable, Sendable {
    package var scalar: Unicode.Scalar = " "
    /// Combining marks on `scalar`, at most 3.
    package var marks = ""
    package var style = Style()
    package var isTail = false
    package init() {}
}

/// A grid of cells that everything is drawn on before a terminal sees it.
///
/// Drawing outside is clipped. Scalars that must not reach a terminal become U+FFFD.
package struct Canvas: Equatable, Sendable {
    package let size: Size
    package private(set) var cells: [Cell]
    /// Rows that a click can select, and where they stand.
    package private(set) var targets: [(place: Rect, row: RowTarget)] = []

    package init(_ size: Size) {
        self.size = size
        cells = Array(repeating: Cell(), count: size.columns * size.rows)
    }

    /// Targets are for clicks: what is seen is equal without them.
    package static func == (one: Canvas, other: Canvas) -> Bool {
        one.size == other.size && one.cells == other.cells
    }

    package mutating func aim(_ place: Rect, at row: RowTarget) { targets.append((place, row)) }

    /// What stands at a place; nil: nothing that can be selected.
    package func target(_ x: Int, _ y: Int) -> RowTarget? {
        targets.last { $0.place.y == y && ($0.place.x..<$0.place.maxX).contains(x) }?.row
    }

    /// The same with other scalars of one column, where there is one for what stands there.
    func replacing(_ likeness: (Unicode.Scalar) -> Unicode.Scalar?) -> Canvas {
        var other = self
        for index in cells.indices {
            if let scalar = likeness(cells[index].scalar) { other.cells[index].scalar = scalar }
        }
        return other
    }

    package subscript(x: Int, y: Int) -> Cell { cells[y * size.columns + x] }

    package var bounds: Rect { Rect(0, 0, size.columns, size.rows) }

    /// Draws one line of text and returns how many columns it took.
    ///
    /// - limit: columns that the text may take; a wide character that does not fit is left out.
    @discardableResult
    package mutating func put(
        _ text: String, _ x: Int, _ y: Int, _ style: Style = Style(), limit: Int = .max
    ) -> Int {
        guard y >= 0, y < size.rows, limit > 0 else { return 0 }
        var used = 0
        var last = -1
        for scalar in text.unicodeScalars {
            let width = DisplayWidth.of(scalar)
            if width == 0 {
                mark(scalar, at: last, y)
                continue
            }
            let columns = width ?? 1
            guard used + columns <= limit else { break }
            let column = x + used
            if column >= 0, column + columns <= size.columns {
                set(width == nil ? "\u{FFFD}" : scalar, columns, column, y, style)
                last = column
            } else {
                last = -1
            }
            used += columns
        }
        return used
    }

    /// Draws text so that it ends just before column `end`; what is too long loses its end.
    package mutating func putRight(
        _ text: String, endingAt end: Int, _ y: Int, _ style: Style, width: Int
    ) {
        let fitting = DisplayWidth.clipped(text, to: width)
        put(fitting, end - DisplayWidth.of(fitting), y, style)
    }

    /// Blanks a rectangle in a style.
    package mutating func fill(_ rect: Rect, _ style: Style) {
        for y in max(rect.y, 0)..<max(min(rect.maxY, size.rows), max(rect.y, 0)) {
            for x in max(rect.x, 0)..<max(min(rect.maxX, size.columns), max(rect.x, 0)) {
                set(" ", 1, x, y, style)
            }
        }
    }

    /// The same cells on another surface, where they were on the base.
    package mutating func lift(_ rect: Rect, to surface: Surface) {
        for y in max(rect.y, 0)..<max(min(rect.maxY, size.rows), max(rect.y, 0)) {
            for x in max(rect.x, 0)..<max(min(rect.maxX, size.columns), max(rect.x, 0)) {
                let index = y * size.columns + x
                if cells[index].style.surface == .base { cells[index].style.surface = surface }
            }
        }
    }

    private mutating func set(
        _ scalar: Unicode.Scalar, _ columns: Int, _ x: Int, _ y: Int, _ style: Style
    ) {
        clear(x, y)
        let index = y * size.columns + x
        cells[index] = Cell()
        cells[index].scalar = scalar
        cells[index].style = style
        guard columns == 2 else { return }
        clear(x + 1, y)
        cells[index + 1] = Cell()
        cells[index + 1].style = style
        cells[index + 1].isTail = true
    }

    /// A wide character that loses one half loses the other too.
    private mutating func clear(_ x: Int, _ y: Int) {
        let index = y * size.columns + x
        if cells[index].isTail, x > 0 {
            cells[index - 1].scalar = " "
            cells[index - 1].marks = ""
            cells[index].isTail = false
        } else if x + 1 < size.columns, cells[index + 1].isTail {
            cells[index + 1].isTail = false
        }
    }

    private mutating func mark(_ scalar: Unicode.Scalar, at x: Int, _ y: Int) {
        guard x >= 0 else { return }
        let index = y * size.columns + x
        if cells[index].marks.unicodeScalars.count < 3 { cells[index].marks.unicodeScalars.append(scalar) }
    }

    /// The screen as text, a line for each row, without the blanks at the ends.
    package var text: String {
        (0..<size.rows).map(row).joined(separator: "\n") + "\n"
    }

    /// One row as text, without the blanks at its end.
    package func row(_ y: Int) -> String {
        var line = ""
        for x in 0..<size.columns where !self[x, y].isTail {
            line.unicodeScalars.append(self[x, y].scalar)
            line += self[x, y].marks
        }
        while line.last == " " { line.removeLast() }
        return line
    }
}
