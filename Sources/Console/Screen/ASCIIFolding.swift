/// The same picture in ASCII, for a terminal or a locale without UTF-8.
///
/// Views draw Unicode only; what they draw with has its likeness here. Letters of a foreign name become `_`, column by column.
extension Canvas {
    package func foldedToASCII() -> Canvas {
        var folded = Canvas(size)
        for y in 0..<size.rows {
            for x in 0..<size.columns {
                let cell = self[x, y]
                let scalar = cell.isTail ? "_" : Self.likeness(of: cell.scalar)
                folded.put(String(Character(scalar)), x, y, cell.style)
            }
        }
        return folded
    }

    private static func likeness(of scalar: Unicode.Scalar) -> Unicode.Scalar {
        if scalar.isASCII { return scalar }
        return likenesses[scalar] ?? dots[scalar] ?? "_"
    }

    private static let dots = Dictionary(
        uniqueKeysWithValues: zip(GraphStyle.braille.levels, GraphStyle.ascii.levels))

    private static let likenesses: [Unicode.Scalar: Unicode.Scalar] = [
        "▁": "_", "▂": ".", "▃": ",", "▄": "-", "▅": "=", "▆": "+", "▇": "*", "█": "#",
        "▓": "%", "▒": ":", "░": "o", "━": "#", "╸": "+", "─": "-", "│": "|", "┌": "+", "┐": "+", "└": "+",
        "┘": "+", "├": "+", "┤": "+",
        "╭": "+", "╮": "+", "╰": "+", "╯": "+",
        "▸": ">", "•": "*", "·": ".", "…": ".", "→": ">", "←": "<", "↑": "^", "↓": "v", "×": "x", "–": "-",
        "▲": "^", "▼": "v", "✓": "*", "\u{B0}": " ",
    ]
}
