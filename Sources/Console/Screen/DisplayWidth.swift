import CNcurses

/// How many columns text takes on a terminal, and which scalars may go there at all.
package enum DisplayWidth {
    /// Columns of one scalar: 0 for a combining mark, 1 or 2; nil for one that must not reach a terminal:
    /// control characters, and marks that turn the writing direction.
    package static func of(_ scalar: Unicode.Scalar) -> Int? {
        let value = scalar.value
        if value < 0x7F { return value >= 0x20 ? 1 : nil }
        if (0x2500...0x259F).contains(value) || (0x2800...0x28FF).contains(value) { return 1 }
        switch value {
        case 0x7F...0x9F, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFFF9...0xFFFB: return nil
        default: break
        }
        let width = sb_display_width(value)
        return width < 0 ? nil : Int(width)
    }

    /// Columns of a text as `Canvas.put` draws it: a refused scalar becomes one replacement character.
    package static func of(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + (of($1) ?? 1) }
    }

    /// A text of at most `columns` columns; a longer one loses its middle and keeps its end, where the ordinal is.
    package static func shortened(_ text: String, to columns: Int) -> String {
        guard of(text) > columns else { return text }
        guard columns > 2 else { return String(prefix(text, columns: columns)) }
        let tail = min(max(2, columns / 3), columns - 2)
        let head = prefix(text, columns: columns - 1 - tail)
        let end = String(prefix(String(text.reversed()), columns: tail).reversed())
        return head + "…" + end
    }

    /// A text of at most `columns` columns; a longer one loses its end.
    package static func clipped(_ text: String, to columns: Int) -> String {
        guard of(text) > columns else { return text }
        guard columns > 1 else { return prefix(text, columns: columns) }
        return prefix(text, columns: columns - 1) + "…"
    }

    private static func prefix(_ text: String, columns: Int) -> String {
        var left = columns
        var result = ""
        for character in text {
            let width = of(String(character))
            guard width <= left else { break }
            left -= width
            result.append(character)
        }
        return result
    }
}
