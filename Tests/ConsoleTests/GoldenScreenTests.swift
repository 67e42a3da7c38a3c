import Foundation
import GatewayCore
import Testing

@testable import Console

/// Screens as text, compared with Golden/*.txt; UPDATE_GOLDEN=1 writes them anew.
struct GoldenScreenTests {
    private static let sizes = [Size(80, 24), Size(120, 40), Size(200, 50)]
    private static let history = SampleFleet.history(nodes: 8, seconds: -240..<61)

    @Test(arguments: sizes)
    func `the fleet at rest looks as it did`(_ size: Size) throws {
        try compare(Screen(size, history: Self.history), "fleet-\(size.columns)x\(size.rows)")
    }

    @Test(arguments: sizes)
    func `a fleet in every state looks as it did`(_ size: Size) throws {
        let screen = Screen(size, SampleFleet.troubled(second: 60), history: Self.history)
        try compare(screen, "troubled-\(size.columns)x\(size.rows)")
    }

    @Test(arguments: ViewName.allCases.filter { $0 != .fleet }, sizes)
    func `every other view looks as it did`(_ view: ViewName, _ size: Size) throws {
        var screen = Screen(size, history: Self.history)
        screen.type("\(view.key)")
        screen.press(.down)
        try compare(screen, "\(view.title.lowercased())-\(size.columns)x\(size.rows)")
    }

    @Test(arguments: [
        ("drain", "d"), ("weight", "w---"), ("limit", "l24"), ("policy", "o"), ("policy-try", "okt"),
        ("weight-try", "w---t"),
        ("help", "?"), ("palette", ":dr"), ("sort", "s"),
        ("filter", "/kv>45"), ("gpus", "e"), ("drain-migrate", "dtxxm"), ("cancel-stream", "3jc"),
        ("cancel-session", "3jcs"),
        ("cost-model", "0b"), ("cost-node", "0bb"), ("cost-session", "0bbb"), ("cancel-of-sessions", "Sjc"),
        ("pin", "Sjr"),
    ])
    func `what lies over the fleet looks as it did`(_ name: String, _ keys: String) throws {
        var screen = Screen(history: Self.history)
        screen.type(keys)
        try compare(screen, "\(name)-80x24")
    }

    @Test(arguments: sizes)
    func `nodes whose traffic ails look as they did`(_ size: Size) throws {
        var screen = Screen(size, SampleFleet.ailing(second: 60), history: Self.history)
        try compare(screen, "ailing-\(size.columns)x\(size.rows)")
        screen.type("6")
        try compare(screen, "ailing-system-\(size.columns)x\(size.rows)")
        screen.type("2")
        screen.press(.down, .down, .down)
        try compare(screen, "ailing-node-\(size.columns)x\(size.rows)")
    }

    @Test(arguments: sizes)
    func `an incident looks as it did`(_ size: Size) throws {
        var snapshot = SampleFleet.troubled(second: 60)
        snapshot.nodes[3].ttft = LatencySummary(p50: 1.31, p99: 2.6, count: 400)
        var screen = Screen(size, snapshot, history: Self.history)
        screen.type("7")
        try compare(screen, "troubled-incident-\(size.columns)x\(size.rows)")
    }

    @Test(arguments: sizes)
    func `nodes grouped by state look as they did`(_ size: Size) throws {
        var screen = Screen(size, SampleFleet.troubled(second: 60), history: Self.history)
        screen.type("bbb")
        screen.press(.home, .enter, .down)
        try compare(screen, "grouped-\(size.columns)x\(size.rows)")
    }

    @Test(arguments: FleetShape.allCases, [Size(80, 24), Size(200, 50)])
    func `a thousand nodes by zone look as they did in every shape`(_ shape: FleetShape, _ size: Size) throws
    {
        var snapshot = SampleFleet.snapshot(nodes: 1_000, second: 60)
        for (index, node) in SampleFleet.troubled(second: 60).nodes.enumerated() {
            let name = snapshot.nodes[index * 13].name
            snapshot.nodes[index * 13] = node
            snapshot.nodes[index * 13].name = name
        }
        snapshot.nodes[700].prefillQueue = 44
        var screen = Screen(size, snapshot, history: Self.history)
        screen.type(":group zone")
        screen.press(.enter)
        screen.state.shape = shape
        screen.press(.down, .down)
        try compare(screen, "thousand-\(shape)-\(size.columns)x\(size.rows)")
    }

    @Test(arguments: sizes)
    func `sessions of which two are pinned look as they did`(_ size: Size) throws {
        var snapshot = SampleFleet.snapshot(nodes: 8, second: 60)
        snapshot.pins = [("agent-1", "engine-6", false), ("agent-4", "engine-2", true)].map {
            SessionPin(session: $0, node: $1, actor: "bob", since: snapshot.time - 180, isSetAside: $2)
        }
        var screen = Screen(size, snapshot, history: Self.history)
        screen.type("Sj")
        try compare(screen, "pinned-\(size.columns)x\(size.rows)")
    }

    @Test(arguments: sizes)
    func `sessions in trees look as they did`(_ size: Size) throws {
        var snapshot = SampleFleet.snapshot(nodes: 8, second: 60)
        for (child, parent) in [(2, 0), (3, 2), (5, 0), (6, 1), (7, 1)] {
            snapshot.sessions[child].parent = snapshot.sessions[parent].id
        }
        var screen = Screen(size, snapshot, history: Self.history)
        screen.state.sessionFolds = ["agent-1": true]
        screen.type("Sj")
        try compare(screen, "trees-\(size.columns)x\(size.rows)")
    }

    @Test func `the question before a cut looks as it did`() throws {
        var screen = Screen(SampleFleet.troubled(second: 60), history: Self.history)
        screen.press(.down)
        screen.type("Xengi")
        try compare(screen, "cut-80x24")
    }

    @Test func `before the first picture the screen says what it waits for`() throws {
        try compare(Screen(Size(80, 24), nil), "connecting-80x24")
    }

    @Test func `a lost gateway leaves the last picture, said to be old`() throws {
        var screen = Screen(history: Self.history)
        screen.take(.connection(.lost(since: screen.state.now, reason: "connection reset")))
        screen.take(.tick(screen.state.now + 17))
        try compare(screen, "lost-80x24")
    }

    @Test func `without UTF-8 the screen is pure ASCII`() throws {
        let canvas = Screen(SampleFleet.troubled(second: 60), history: Self.history).canvas.foldedToASCII()
        let text = canvas.text
        let isASCII = text.allSatisfy { $0.isASCII }
        #expect(isASCII)
        #expect(!text.contains("_engine"))
        try compare(text, "ascii-80x24")
    }

    /// The letters of the looks that the theme gives at a depth, and what they stand for.
    @Test(arguments: ColorDepth.allCases, ["dark", "production"])
    func `the colours of a fleet in every state are what they were`(_ depth: ColorDepth, _ name: String)
        throws
    {
        let theme = try #require(ThemeLibrary.load(environment: [:]).themes.first { $0.name == name })
        let canvas = Screen(SampleFleet.troubled(second: 60), history: Self.history).canvas
        var looks: [Theme.Look] = []
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
        var text = ""
        for (index, cell) in canvas.cells.enumerated() {
            let look = theme.look(of: cell.style, depth: depth)
            if !looks.contains(look) { looks.append(look) }
            text += String(letters[looks.firstIndex(of: look) ?? 0])
            if (index + 1) % canvas.size.columns == 0 { text += "\n" }
        }
        for (letter, look) in zip(letters, looks) {
            let colors = [look.foreground, look.background].map { $0.map { "\($0)" } ?? "own" }
            let emphasis = [
                (look.isBold, " bold"), (look.isReverse, " reverse"), (look.isUnderlined, " underlined"),
            ].filter(\.0).map(\.1).joined()
            text += "\(letter) \(colors[0]) on \(colors[1])\(emphasis)\n"
        }
        try compare(text, "colours-\(name)-\(depth)")
    }

    private func compare(_ screen: Screen, _ name: String) throws { try compare(screen.text, name) }

    private func compare(_ text: String, _ name: String) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "Golden")
        let file = folder.appendingPathComponent("\(name).txt")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try text.write(to: file, atomically: true, encoding: .utf8)
            return
        }
        let golden = try String(contentsOf: file, encoding: .utf8)
        #expect(
            text == golden,
            "\(name) differs; if it is right, UPDATE_GOLDEN=1 swift test --filter GoldenScreen")
    }
}

extension Screen {
    fileprivate init(_ snapshot: Snapshot, history: History) {
        self.init(Size(80, 24), snapshot, history: history)
    }
}
