import GatewayCore
import Testing

@testable import Console

/// Graphs of blocks, braille or ASCII.
struct GraphStyleTests {
    private static func characters(_ screen: Screen) -> Set<Unicode.Scalar> {
        Set(screen.text.unicodeScalars)
    }

    private static let blocks = Set(GraphStyle.blocks.levels)
    private static let braille = Set(GraphStyle.braille.levels)

    @Test(arguments: [Size(80, 24), Size(200, 50)])
    func `a key draws graphs with braille, ASCII and blocks again, and their numbers stay`(_ size: Size) {
        var screen = Screen(size, history: SampleFleet.history(nodes: 8, seconds: 0..<120))
        let numbers = { (screen: Screen) in
            screen.text.split(separator: "\n").dropLast(2).map { $0.filter { $0.isNumber || $0.isLetter } }
        }
        let shown = numbers(screen)
        let first = Self.characters(screen)
        #expect(!first.isDisjoint(with: Self.blocks) && first.isDisjoint(with: Self.braille))
        screen.press(.character("f"))
        let second = Self.characters(screen)
        #expect(second.isDisjoint(with: Self.blocks) && !second.isDisjoint(with: Self.braille))
        #expect(numbers(screen) == shown)
        screen.press(.character("f"))
        let third = Self.characters(screen)
        #expect(third.isDisjoint(with: Self.blocks) && third.isDisjoint(with: Self.braille))
        #expect(numbers(screen) == shown)
        screen.press(.character("f"))
        #expect(Self.characters(screen).isSuperset(of: first.intersection(Self.blocks)))
    }

    @Test func `every style has eight levels that are told apart, and braille is ASCII where it must be`() {
        for style in GraphStyle.allCases { #expect(Set(style.levels).count == 8) }
        var canvas = Canvas(Size(8, 1))
        canvas.put("▁▂▃▄▅▆▇█", 0, 0)
        let folded = canvas.foldedToASCII().text
        #expect(canvas.drawn(with: .braille).foldedToASCII().text == folded)
        #expect(canvas.drawn(with: .ascii).text == folded)
    }

    @Test func `the palette takes a style by name`() {
        var screen = Screen()
        screen.type(":graphs braille")
        screen.press(.enter)
        #expect(screen.state.graphs == .braille)
        screen.type(":graphs crayon")
        screen.press(.enter)
        #expect(screen.state.graphs == .braille)
        #expect(screen.text.contains("graphs can't be drawn with crayon; there are blocks, braille, ascii"))
    }
}
