/// What a screen can be exported as, for tickets, chats and pages.
package enum PictureFormat: String, CaseIterable, Sendable {
    /// The characters alone.
    case text
    /// For a terminal: 24-bit colours of the theme, `cat FILE` shows it.
    case ansi
    /// For a page or a ticket: a drawing that needs no fonts of its own.
    case svg

    package var fileEnding: String { self == .text ? "txt" : rawValue }

    package func picture(of canvas: Canvas, _ theme: Theme) -> String {
        switch self {
        case .text: canvas.text
        case .ansi: ANSIPicture(canvas: canvas, theme: theme).text
        case .svg: SVGPicture(canvas: canvas, theme: theme).text
        }
    }
}

/// Neighbouring cells of one row in one style.
struct CellRun: Equatable {
    /// The first cell's column.
    var x: Int
    /// Columns that it takes; a wide character takes two.
    var columns: Int
    var text: String
    var style: Style

    var isBlank: Bool { text.allSatisfy { $0 == " " } }

    /// A row from left to right, nothing left out. A wide character is alone, so that what follows stays in its column
    /// whatever the font makes of it.
    static func runs(of canvas: Canvas, row y: Int) -> [CellRun] {
        var runs: [CellRun] = []
        var wasWide = false
        for x in 0..<canvas.size.columns where !canvas[x, y].isTail {
            let cell = canvas[x, y]
            let isWide = x + 1 < canvas.size.columns && canvas[x + 1, y].isTail
            let text = String(Character(cell.scalar)) + cell.marks
            if let last = runs.last, last.style == cell.style, !isWide, !wasWide {
                runs[runs.count - 1].text += text
                runs[runs.count - 1].columns += 1
            } else {
                runs.append(CellRun(x: x, columns: isWide ? 2 : 1, text: text, style: cell.style))
            }
            wasWide = isWide
        }
        return runs
    }
}
