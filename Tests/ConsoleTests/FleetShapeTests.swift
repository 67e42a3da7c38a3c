import GatewayCore
import Testing

@testable import Console

/// Many nodes on one screen: narrow rows, maps, and how the selection goes about in them.
struct FleetShapeTests {
    private static let thousand = SampleFleet.snapshot(nodes: 1_000, second: 5)

    /// Three nodes of known values and one of none.
    private static var four: Snapshot {
        var snapshot = SampleFleet.snapshot(nodes: 4, second: 5)
        let values = [(0.0, 0.0), (0.5, 3.0), (0.97, 40.0)]
        for (index, value) in values.enumerated() {
            snapshot.nodes[index].kvUsage = value.0
            (snapshot.nodes[index].prefillQueue, snapshot.nodes[index].waiting) = (value.1, 0)
        }
        (snapshot.nodes[3].kvUsage, snapshot.nodes[3].prefillQueue, snapshot.nodes[3].waiting) = (
            nil, nil, nil
        )
        return snapshot
    }

    private func shape(_ screen: Screen) -> FleetShape {
        FleetGrid(screen.snapshot ?? Snapshot(), screen.state).shape
    }

    private func rows(_ screen: Screen) -> [Substring] {
        screen.text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    @Test func `rows become narrow ones as soon as they don't fit, and are rows again when they do`() {
        var screen = Screen(Size(80, 24), SampleFleet.snapshot(nodes: 18, second: 5))
        #expect(shape(screen) == .rows)
        screen.show(SampleFleet.snapshot(nodes: 19, second: 6))
        #expect(shape(screen) == .compact)
        screen.take(.resize(Size(80, 25)))
        #expect(shape(screen) == .rows)
    }

    @Test func `where each GPU has a row nothing is said of a shape`() {
        var screen = Screen(Size(80, 24), SampleFleet.snapshot(nodes: 8, second: 5))
        screen.type("v")
        #expect(rows(screen)[22].hasSuffix("compact"))
        screen.type("e")
        #expect(rows(screen)[22].hasSuffix("S Ses"))
    }

    @Test func `what ails the selected node stands whole, what its row tells as well only where it fits`() {
        var snapshot = SampleFleet.snapshot(nodes: 8, second: 5)
        var screen = Screen(Size(80, 24), snapshot)
        #expect(rows(screen)[22].contains("2 Nod 3 Str") && rows(screen)[22].hasSuffix("S Ses"))
        snapshot.nodes[0].problem = "connection refused, 3 times in a row"
        screen.show(snapshot)
        #expect(rows(screen)[22].hasSuffix("  connection refused, 3 times in a row"))
        snapshot.nodes[0].problem = nil
        screen.show(snapshot)
        screen.take(.resize(Size(200, 50)))
        #expect(rows(screen)[48].contains("engine-1 serving, "))
    }

    @Test func `one key goes from shape to shape and back to what fits, the palette names them`() {
        var screen = Screen(Size(80, 24), Self.thousand)
        var seen: [FleetShape] = []
        for _ in 0..<4 {
            screen.type("v")
            seen.append(shape(screen))
        }
        #expect(seen == [.kv, .queue, .rows, .compact])
        #expect(screen.state.shape == nil)
        screen.type(":shape queue")
        screen.press(.enter)
        #expect(shape(screen) == .queue && rows(screen)[22].contains("queue map"))
        screen.type(":shape auto")
        screen.press(.enter)
        #expect(screen.state.shape == nil)
        screen.type(":shape pie")
        screen.press(.enter)
        #expect(screen.text.contains("there are rows, compact, kv, queue, auto"))
    }

    @Test func `each GPU below its node needs rows`() {
        var screen = Screen(Size(80, 24), Self.thousand)
        screen.type("ve")
        #expect(shape(screen) == .rows && screen.text.contains("GPU 0"))
        screen.type("e")
        #expect(shape(screen) == .kv)
    }

    @Test func `narrow rows show several times as many nodes, each with its name, KV and queue`() {
        let screen = Screen(Size(80, 24), Self.thousand)
        let body = rows(screen)[4...21]
        #expect(body.allSatisfy { $0.split(separator: "engine-").count == 4 })
        let node = Self.thousand.nodes[1]
        #expect(body.first?.contains("S engine-2") == true)
        let numbers = "\(NumberText.percent(node.kvUsage))   \(NumberText.short(node.prefillQueue))"
        #expect(body.first?.contains(numbers) == true)
    }

    @Test(arguments: [FleetShape.kv, .queue], [Size(80, 24), Size(200, 50)])
    func `a map shows a thousand nodes on one screen`(_ shape: FleetShape, _ size: Size) {
        var screen = Screen(size, Self.thousand)
        screen.state.shape = shape
        let grid = FleetGrid(Self.thousand, screen.state)
        #expect(grid.rows.count <= ScreenLayout.body(screen.state).height - shape.headHeight)
        let levels = Set(Bars.mapLevels)
        #expect(rows(screen)[5...].joined().filter { levels.contains($0) }.count >= 1_000)
    }

    @Test func `a map tells nothing, much, too much, unknown and not serving without colour, in ASCII too`() {
        var snapshot = Self.four
        snapshot.nodes.append(SampleFleet.troubled().nodes[1])
        var screen = Screen(Size(80, 24), snapshot)
        screen.state.shape = .kv
        #expect(rows(screen)[5].hasPrefix(" ▁0  ▅50 █97 ×-- D"))
        let folded = screen.canvas.foldedToASCII()
        #expect(folded.row(5).hasPrefix(" _0  =50 #97 x-- D"))
        #expect(
            folded[9, 5].style.emphasis.contains(.reverse) && !folded[5, 5].style.emphasis.contains(.reverse))
        screen.state.shape = .queue
        #expect(rows(screen)[5].hasPrefix(" ▁0  ▂3  █40 ×--"))
        #expect(rows(screen)[2].contains("▁ 0  ▂ 1  ▃ 5") && rows(screen)[2].contains("× not told"))
    }

    @Test func `arrows go in four directions over a map, and Enter opens what stands above it`() {
        var screen = Screen(Size(80, 24), Self.thousand)
        screen.type("v")
        screen.press(.right, .right, .down)
        #expect(screen.state.selectedNode == "engine-81")
        #expect(rows(screen)[4].contains("engine-81 serving"))
        screen.press(.left, .up)
        #expect(screen.state.selectedNode == "engine-2")
        screen.press(.up, .left, .left)
        #expect(screen.state.selectedNode == "engine-1")
        screen.press(.end)
        #expect(screen.state.selectedNode == "engine-1000")
        screen.press(.enter)
        #expect(screen.state.view == .node)
    }

    @Test func `zones stand together, under headers with their sums, in rows and in a map`() {
        var screen = Screen(Size(120, 40), Self.thousand)
        screen.type(":group zone")
        screen.press(.enter)
        #expect(fleetLines(Self.thousand, screen.state).compactMap { $0.group?.name } == ["a", "b"])
        screen.type("vv")
        let headers = rows(screen).filter { $0.contains("500/500") }
        #expect(headers.count == 2)
        #expect(headers.allSatisfy { $0.contains("-S") && $0.contains("KV ") && $0.contains("tok/s") })
        screen.press(.home, .enter)
        #expect(rows(screen).filter { $0.contains("+S a 500/500") }.count == 1)
        #expect(fleetLines(Self.thousand, screen.state).count == 502)
    }
}
