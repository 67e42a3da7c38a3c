import Foundation
import GatewayCore
import Testing

@testable import Console

struct ThemeTests {
    private static let themes = ThemeLibrary.load(environment: ["XDG_CONFIG_HOME": "/nonexistent"]).themes

    @Test func `every file of Themes is in the binary and has no mistakes`() throws {
        let library = ThemeLibrary.load(environment: ["XDG_CONFIG_HOME": "/nonexistent"])
        #expect(library.problems.isEmpty)
        let folder = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../Themes/themes")
            .standardized
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(Set(library.themes.map { "\($0.name).json5" }) == Set(files))
        #expect(files.count >= 10)
    }

    @Test(arguments: themes.filter(\.isColored))
    func `text stands out 4.5 to 1 on every surface, and still does in 256 colours`(_ theme: Theme) throws {
        let least = theme.name.hasPrefix("high-contrast") ? 7 : 4.5
        let texts: [Role] = [.text, .label, .title, .accent, .good, .warning, .alarm]
        for surface in Surface.allCases {
            let background = try #require(theme.surfaces[surface])
            for role in texts {
                let foreground = try #require(theme.roles[role])
                let ratio = foreground.contrast(with: background)
                #expect(ratio >= least, "\(theme.name): \(role) on \(surface) is \(ratio)")
                let quantised = Self.palette(foreground.index(in: .full, isText: true))
                    .contrast(with: Self.palette(background.index(in: .full, isText: false)))
                #expect(
                    quantised >= 4.5, "\(theme.name): \(role) on \(surface) in 256 colours is \(quantised)")
            }
        }
        let base = try #require(theme.surfaces[.base])
        #expect(try #require(theme.roles[.faint]).contrast(with: base) >= 4.5)
    }

    @Test(arguments: themes.filter { $0.name.hasPrefix("color-blind") }, ColorBlindness.allCases)
    func `good, warning and alarm stay apart for who can't tell colours`(
        _ theme: Theme, _ blindness: ColorBlindness
    ) throws {
        let roles: [Role] = [.good, .warning, .alarm]
        for (index, role) in roles.enumerated() {
            for other in roles.dropFirst(index + 1) {
                let distance = blindness.distance(
                    try #require(theme.roles[role]), try #require(theme.roles[other]))
                #expect(distance > 25, "\(theme.name): \(role) and \(other) are \(distance) apart")
            }
        }
    }

    /// xterm's colour of an index above 15.
    private static func palette(_ index: Int?) -> RGB {
        guard let index, index >= 16 else { return RGB(0, 0, 0) }
        if index >= 232 {
            return RGB(
                UInt8(8 + (index - 232) * 10), UInt8(8 + (index - 232) * 10), UInt8(8 + (index - 232) * 10))
        }
        let levels: [UInt8] = [0, 95, 135, 175, 215, 255]
        return RGB(levels[(index - 16) / 36], levels[(index - 16) / 6 % 6], levels[(index - 16) % 6])
    }

    @Test func `contrast is that of WCAG`() {
        #expect(abs(RGB(0, 0, 0).contrast(with: RGB(255, 255, 255)) - 21) < 0.01)
        #expect(abs(RGB(0x77, 0x77, 0x77).contrast(with: RGB(255, 255, 255)) - 4.48) < 0.01)
    }

    @Test func `colours become the nearest of 256, 16 and 8, and none in monochrome`() {
        let red = RGB(0xFF, 0x87, 0x87)
        #expect(red.index(in: .full, isText: true) == 210)
        #expect(RGB(0x12, 0x12, 0x12).index(in: .full, isText: false) == 233)
        #expect(RGB(250, 10, 10).index(in: .sixteen, isText: true) == 9)
        let states = ["#ff8787", "#ffd75f", "#87d787", "#af0000"].map {
            RGB(hex: $0)?.index(in: .sixteen, isText: true)
        }
        #expect(states == [9, 3, 2, 1], "red, yellow and green keep their hue")
        #expect(RGB(0, 0x5F, 0).index(in: .sixteen, isText: true) == 0, "no green is as dark")
        #expect(RGB(250, 10, 10).index(in: .eight, isText: true) == 1)
        #expect(RGB(200, 200, 200).index(in: .eight, isText: true) == nil)
        #expect(red.index(in: .mono, isText: true) == nil)
        #expect(red.index(in: .direct, isText: true) == 0xFF8787)
        #expect(
            [8, 16, 88, 256, 1 << 24].map(ColorDepth.init(colors:)) == [
                .eight, .sixteen, .sixteen, .full, .direct,
            ])
    }

    @Test(arguments: ColorDepth.allCases, themes)
    func `the selected row and the bars stand out at every depth`(_ depth: ColorDepth, _ theme: Theme) {
        let base = theme.look(of: Style(.text), depth: depth)
        #expect(theme.look(of: Style(.text, on: .selected), depth: depth) != base)
        #expect(theme.look(of: Style(.text, on: .bar), depth: depth) != base)
    }

    @Test func `a theme file's mistakes are all named with their place`() {
        let text = "{ name: 'x',\n  roles: { txet: '#ffffff', text: 'red' },\n  colour: 1 }"
        let reading = ThemeFile.read(Array(text.utf8))
        #expect(reading.theme == nil)
        #expect(reading.errors.map(\.position.line) == [2, 2, 3])
        #expect(reading.errors[0].message == "unknown key txet")
    }

    @Test func `an operator's theme replaces one of the same name and joins the others`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "signalbox-themes-\(UUID().uuidString)")
        let themes = folder.appendingPathComponent("signalbox/themes")
        try FileManager.default.createDirectory(at: themes, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try "{ name: 'dark', roles: { text: '#123456' } }".write(
            to: themes.appendingPathComponent("a.json5"), atomically: true, encoding: .utf8)
        try "{ name: 'mine', }".write(
            to: themes.appendingPathComponent("b.json5"), atomically: true, encoding: .utf8)
        try "{ name: ".write(to: themes.appendingPathComponent("c.json5"), atomically: true, encoding: .utf8)
        let library = ThemeLibrary.load(environment: ["XDG_CONFIG_HOME": folder.path])
        #expect(library.themes.map(\.name).suffix(2) == ["dark", "mine"])
        #expect(library.themes.filter { $0.name == "dark" }.count == 1)
        #expect(library.themes.first { $0.name == "dark" }?.roles[.text] == RGB(0x12, 0x34, 0x56))
        #expect(library.problems.contains { $0.contains("c.json5:1:") })
    }

    @Test func `a broken file that may be the theme asked for leaves the usual one and is named`() throws {
        let broken = (themes: Self.themes, problems: ["/home/ann/mine.json5:3:5: unknown key txet; use text"])
        let chosen = try ThemeLibrary.choose("mine", isColored: true, from: broken)
        #expect(chosen.theme.name == "dark")
        #expect(chosen.problem == broken.problems[0])
        #expect(try ThemeLibrary.choose(nil, isColored: false, from: broken).theme.name == "monochrome")
        #expect(throws: ThemeLibrary.Unknown.self) {
            try ThemeLibrary.choose("mine", isColored: true, from: (Self.themes, []))
        }
    }

    @Test func `one key changes the theme at once`() {
        var screen = Screen()
        screen.press(.character("T"))
        #expect(screen.state.theme == "light" && screen.effects == [.repaint])
        screen.press(.character("T"))
        #expect(screen.state.theme == "dark")
    }

    @Test func `the clipboard's base64 is right`() {
        #expect(
            ["", "f", "fo", "foo", "foob"].map { Base64Text.encode(Array($0.utf8)) } == [
                "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==",
            ])
    }
}
