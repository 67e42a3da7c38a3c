import Foundation
import GatewayCore
import TestSupport
import Testing

@testable import Console

/// Screens as text, ANSI and SVG.
struct PictureTests {
    private static let dark = ThemeLibrary.load(environment: [:]).themes.first { $0.name == "dark" }
    private static let sizes = [Size(1, 1), Size(80, 24), Size(200, 50)]

    /// A line with everything that could go wrong in it.
    private var awkward: Canvas {
        var canvas = Canvas(Size(30, 2))
        canvas.put("<a> & \"b\"", 0, 0, Style(.alarm, on: .selected, .bold))
        canvas.put("漢字e\u{301}x", 12, 0, Style(.good, on: .base, .reverse))
        canvas.put("under", 2, 1, Style(.text, on: .base, .underline))
        return canvas
    }

    private func lines(_ svg: String) -> [String] { svg.split(separator: "\n").map(String.init) }

    @Test func `SVG escapes what XML needs and keeps every column in its place`() throws {
        let theme = try #require(Self.dark)
        let svg = PictureFormat.svg.picture(of: awkward, theme)
        #expect(svg.contains(">&lt;a&gt; &amp; \"b\"</text>"))
        // A wide character begins and ends its own text, two cells wide; a mark stays on its letter.
        #expect(svg.contains("x=\"117\" y=\"32\" textLength=\"18\"") && svg.contains(">漢</text>"))
        #expect(svg.contains("x=\"135\"") && svg.contains(">e\u{301}x</text>"))
        #expect(svg.contains("font-weight=\"bold\"") && svg.contains("text-decoration=\"underline\""))
        #expect(svg.contains("fill=\"#ff8787\""), "the theme's alarm")
        #expect(svg.contains("fill=\"#3a3a3a\""), "the theme's selected surface")
        #expect(
            svg.contains("<rect x=\"117\" y=\"18\" width=\"18\" height=\"18\" fill=\"#87d787\"/>"), "reversed"
        )
    }

    @Test(arguments: sizes, ["dark", "light", "color-blind", "monochrome"])
    func `every SVG is well-formed XML with all of the screen's text`(_ size: Size, _ name: String) throws {
        let theme = try #require(ThemeLibrary.load(environment: [:]).themes.first { $0.name == name })
        let canvas = Screen(size, SampleFleet.troubled(second: 60)).canvas
        let svg = PictureFormat.svg.picture(of: canvas, theme)
        var texts = svg
        for (entity, character) in [("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")] {
            let plain = svg.replacing(/&(lt|gt|amp);/, with: "")
            #expect(!plain.contains("&"), "an & that is no entity")
            texts = texts.replacing(entity, with: character)
        }
        let opened = svg.matches(of: /<(svg|text)[ >]/).count
        #expect(opened == svg.matches(of: /<\/(svg|text)>/).count)
        #expect(svg.matches(of: /<rect [^<>]*\/>/).count == svg.matches(of: /<rect/).count)
        for y in 0..<canvas.size.rows {
            let runs = CellRun.runs(of: canvas, row: y)
            #expect(runs.map(\.columns).reduce(0, +) == canvas.size.columns)
            for run in runs where !run.isBlank { #expect(texts.contains(">\(run.text)</text>")) }
        }
    }

    @Test func `ANSI has the theme's colours and, without its codes, the screen's text`() throws {
        let theme = try #require(Self.dark)
        let ansi = PictureFormat.ansi.picture(of: awkward, theme)
        #expect(ansi.contains("\u{1B}[1;38;2;255;135;135;48;2;58;58;58m<a> & \"b\"\u{1B}[0m"))
        let screen = Screen(Size(120, 40), SampleFleet.troubled(second: 60)).canvas
        let colored = PictureFormat.ansi.picture(of: screen, theme)
        let plain = colored.replacing(/\u{1B}\[[0-9;]*m/, with: "")
        let rows = plain.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        #expect(rows.count == 40)
        for (y, row) in rows.enumerated() {
            var trimmed = String(row)
            while trimmed.last == " " { trimmed.removeLast() }
            #expect(trimmed == screen.row(y))
        }
        #expect(PictureFormat.text.picture(of: screen, theme) == screen.text)
    }

    @Test func `a theme without colours gives black on white and emphasis only`() throws {
        let theme = try #require(ThemeLibrary.load(environment: [:]).themes.first { !$0.isColored })
        #expect(!PictureFormat.ansi.picture(of: awkward, theme).contains("38;2"))
        let svg = PictureFormat.svg.picture(of: awkward, theme)
        let colors = Set(svg.matches(of: /fill="(#[0-9a-f]{6})"/).map { String($0.output.1) })
        #expect(colors == ["#000000", "#ffffff"])
    }

    @Test func `P writes the screen and the palette chooses the form`() {
        var screen = Screen()
        screen.type("P")
        screen.type(":picture ansi")
        screen.press(.enter)
        screen.type(":picture jpeg")
        screen.press(.enter)
        #expect(screen.effects == [.export(.svg), .export(.ansi)])
        #expect(screen.text.contains("picture takes svg, ansi or text"))
    }

    @Test func `a picture's file is its owner's alone, and a second one replaces none`() throws {
        let folder = try TemporaryFolder()
        let environment = ["XDG_STATE_HOME": folder.path]
        let written = (1...2).map { number in
            PictureFile.write("\(number)", .svg, time: SampleFleet.start, environment: environment)
        }
        let paths = try written.map { try $0.get() }
        let stem = folder.path + "/signalbox/pictures/screen-20261124T140320Z"
        #expect(paths == [stem + ".svg", stem + "-2.svg"])
        #expect(try String(contentsOfFile: paths[0], encoding: .utf8) == "1")
        let mode = try FileManager.default.attributesOfItem(atPath: paths[0])[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let nowhere = PictureFile.write("", .svg, time: 1, environment: ["XDG_STATE_HOME": paths[0]])
        #expect(throws: PictureFile.Problem.self) { try nowhere.get() }
    }

    @Test(arguments: ["120", "0x10", "120x", "301x10", "10x101", "axb", "1x1x1"])
    func `a size that is none is refused`(_ text: String) {
        #expect(throws: UsageError.self) { try ScreenPicture.size(text) }
    }
}
