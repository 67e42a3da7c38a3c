/// A screen as SVG 1.1.
///
/// Fonts: the first there is of DejaVu Sans Mono, Menlo, Consolas and the reader's own monospaced one; every run of text says
/// how wide it is (`textLength`), so that columns stand whatever the font. Colours: those of the theme; where it leaves one to
/// the terminal, black on white, or white on a dark surface. Texts: `&`, `<` and `>` are escaped, and what XML forbids is
/// U+FFFD. A cell is 9 by 18 pixels, with a margin of one cell around all.
struct SVGPicture {
    var canvas: Canvas
    var theme: Theme

    private static let cellWidth = 9
    private static let cellHeight = 18
    /// From the top of a cell to the line on which letters stand.
    private static let baseline = 14

    private struct Paint {
        var ink: RGB
        var paper: RGB
        var isBold: Bool
        var isUnderlined: Bool
    }

    var text: String {
        let width = (canvas.size.columns + 2) * Self.cellWidth
        let height = (canvas.size.rows + 2) * Self.cellHeight
        let rows = (0..<canvas.size.rows).flatMap { y in
            CellRun.runs(of: canvas, row: y).flatMap { elements(of: $0, row: y) }
        }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
            viewBox="0 0 \(width) \(height)" font-size="15" \
            font-family="'DejaVu Sans Mono', Menlo, Consolas, monospace">
            <rect width="\(width)" height="\(height)" fill="\(paper(.base).hex)"/>
            \(rows.joined(separator: "\n"))
            </svg>

            """
    }

    private func elements(of run: CellRun, row: Int) -> [String] {
        let paint = paint(run.style)
        let x = (run.x + 1) * Self.cellWidth
        let y = (row + 1) * Self.cellHeight
        let width = run.columns * Self.cellWidth
        var elements: [String] = []
        if paint.paper != paper(.base) {
            elements.append(
                "<rect x=\"\(x)\" y=\"\(y)\" width=\"\(width)\" height=\"\(Self.cellHeight)\""
                    + " fill=\"\(paint.paper.hex)\"/>")
        }
        guard !run.isBlank else { return elements }
        let bold = paint.isBold ? " font-weight=\"bold\"" : ""
        let underline = paint.isUnderlined ? " text-decoration=\"underline\"" : ""
        elements.append(
            "<text x=\"\(x)\" y=\"\(y + Self.baseline)\" textLength=\"\(width)\""
                + " lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\""
                + " fill=\"\(paint.ink.hex)\"\(bold)\(underline)>\(Self.escaped(run.text))</text>")
        return elements
    }

    private func paint(_ style: Style) -> Paint {
        let look = theme.look(of: style, depth: .full)
        let paper = paper(style.surface)
        let ink =
            (theme.isColored ? theme.roles[style.role] : nil)
            ?? (paper.luminance > 0.4 ? RGB(0, 0, 0) : RGB(255, 255, 255))
        return Paint(
            ink: look.isReverse ? paper : ink, paper: look.isReverse ? ink : paper, isBold: look.isBold,
            isUnderlined: look.isUnderlined)
    }

    private func paper(_ surface: Surface) -> RGB {
        guard theme.isColored else { return RGB(255, 255, 255) }
        return theme.surfaces[surface] ?? theme.surfaces[.base] ?? RGB(255, 255, 255)
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\u{0}"..<" ", "\u{FFFE}", "\u{FFFF}": escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

extension RGB {
    /// "#rrggbb".
    var hex: String {
        "#" + [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
