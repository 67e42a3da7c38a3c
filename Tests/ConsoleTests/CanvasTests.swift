import Testing

@testable import Console

struct CanvasTests {
    @Test func `text is clipped at every edge`() {
        var canvas = Canvas(Size(4, 2))
        canvas.put("abcdef", -2, 0)
        canvas.put("xyz", 3, 1)
        canvas.put("no", 0, 2)
        canvas.put("no", 0, -1)
        #expect(canvas.text == "cdef\n   x\n")
    }

    @Test func `a wide letter takes two cells and loses both when half is overwritten`() {
        var canvas = Canvas(Size(6, 1))
        #expect(canvas.put("漢字", 0, 0) == 4)
        #expect(canvas[1, 0].isTail)
        canvas.put("x", 1, 0)
        #expect(canvas.row(0) == " x字")
        canvas.put("y", 2, 0)
        #expect(canvas.row(0) == " xy")
    }

    @Test func `a wide letter that does not fit is left out`() {
        var canvas = Canvas(Size(3, 1))
        canvas.put("a漢b", 1, 0, limit: 2)
        #expect(canvas.row(0) == " a")
        canvas.put("漢", 2, 0)
        #expect(canvas.row(0) == " a")
    }

    @Test func `combining marks stay on their letter, three at most`() {
        var canvas = Canvas(Size(3, 1))
        let marks = String(repeating: "\u{301}", count: 9)
        #expect(canvas.put("e\(marks)x", 0, 0) == 2)
        #expect(canvas[0, 0].marks.unicodeScalars.count == 3)
        #expect(canvas[1, 0].scalar == "x")
    }

    @Test(arguments: ["\u{1B}", "\u{7}", "\u{9B}", "\u{202E}", "\u{7F}", "\n", "\u{2028}"])
    func `what commands a terminal is replaced`(_ bad: String) {
        var canvas = Canvas(Size(3, 1))
        canvas.put("a\(bad)b", 0, 0)
        #expect(canvas.row(0) == "a\u{FFFD}b")
    }

    @Test func `shortening keeps the end, where the number is`() {
        #expect(DisplayWidth.shortened("engine-with-a-long-name-17", to: 10) == "engine…-17")
        #expect(DisplayWidth.shortened("short", to: 10) == "short")
        for width in 0...12 {
            #expect(DisplayWidth.of(DisplayWidth.shortened("漢字漢字漢字漢字", to: width)) <= width)
        }
        for width in 0...12 { #expect(DisplayWidth.of(DisplayWidth.clipped("漢字漢字漢字漢字", to: width)) <= width) }
    }

    @Test(arguments: [
        (0.0, "0.0s"), (12.4, "12s"), (184, "3m04s"), (7_800, "2h10m"), (180_000, "2d02h"), (-3, "-3.0s"),
    ])
    func `spans are short`(_ seconds: Double, _ text: String) { #expect(NumberText.span(seconds) == text) }

    @Test(arguments: [
        (0.0, "0"), (999.6, "1,000"), (12_345, "12,345"), (12_345_678, "12.3M"), (-1_234, "-1,234"),
        (.infinity, "--"),
        (.nan, "--"),
    ])
    func `counts are grouped`(_ value: Double, _ text: String) { #expect(NumberText.count(value) == text) }

    @Test func `a bar shows whatever is above nothing and never more than its width`() {
        #expect(Bars.filled(0, width: 4) == "")
        #expect(Bars.filled(0.001, width: 4) == "╸")
        #expect(Bars.filled(0.5, width: 4) == "━━")
        #expect(Bars.filled(7, width: 4) == "━━━━")
        #expect(Bars.filled(.nan, width: 4) == "")
    }

    @Test func `a trend leaves a gap where nothing is known and shares one scale`() {
        #expect(Bars.trend([nil, 0, 50, 100], ceiling: 100, width: 5) == "  ▁▄▇")
        #expect(Bars.ceiling(of: [nil, 12, 430]) == 500)
        #expect(Bars.ceiling(of: []) == 1)
    }
}
