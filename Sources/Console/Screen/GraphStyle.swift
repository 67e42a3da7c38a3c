/// What graphs are made of. Views draw with blocks; another style takes their places on the finished canvas, level by level.
package enum GraphStyle: String, CaseIterable, Sendable {
    case blocks, braille, ascii

    /// From nearly nothing to full.
    var levels: [Unicode.Scalar] {
        switch self {
        case .blocks: Array("▁▂▃▄▅▆▇█".unicodeScalars)
        case .braille: Array("⡀⣀⣄⣤⣦⣶⣷⣿".unicodeScalars)
        case .ascii: Array("_.,-=+*#".unicodeScalars)
        }
    }
}

extension Canvas {
    /// The same screen with its graphs in a style.
    package func drawn(with style: GraphStyle) -> Canvas {
        guard style != .blocks else { return self }
        let likeness = Dictionary(uniqueKeysWithValues: zip(GraphStyle.blocks.levels, style.levels))
        return replacing { likeness[$0] }
    }
}
