import GatewayCore
import Testing

@testable import Console

/// Rows under headers: what is folded, what is selected, what a verb is about.
struct GroupingTests {
    /// Twenty nodes of one model and four of another, in three pools.
    static func fleet(second: Int = 60) -> Snapshot {
        var snapshot = SampleFleet.snapshot(nodes: 24, second: second)
        for index in snapshot.nodes.indices {
            if index >= 20 { snapshot.nodes[index].models = ["Qwen/Qwen3-32B"] }
            snapshot.nodes[index].role = index < 4 ? .prefill : index < 20 ? .decode : .mixed
        }
        return snapshot
    }

    private func screen(_ keys: String, _ size: Size = Size(80, 24)) -> Screen {
        var screen = Screen(size, Self.fleet())
        screen.type(keys)
        return screen
    }

    private func headers(_ screen: Screen) -> [String] {
        fleetLines(screen.snapshot ?? Snapshot(), screen.state).compactMap { $0.group?.name }
    }

    @Test func `one key goes from no groups over model, pool and state to zone and back`() {
        var screen = screen("b")
        #expect(headers(screen) == ["llama-3.3-70b-instruct", "Qwen/Qwen3-32B"])
        screen.type("b")
        #expect(headers(screen) == ["prefill", "decode", "mixed"])
        screen.type("b")
        #expect(headers(screen) == ["serving"])
        screen.type("b")
        #expect(headers(screen) == ["a", "b"])
        screen.type("b")
        #expect(headers(screen) == [])
        screen.type(":group pool")
        screen.press(.enter)
        #expect(headers(screen) == ["prefill", "decode", "mixed"])
    }

    @Test func `groups by state begin with the worst`() {
        var screen = Screen(Size(80, 24), SampleFleet.troubled(second: 60))
        screen.type("bbb")
        #expect(headers(screen) == ["unhealthy", "stale", "draining", "starting", "drained", "serving"])
    }

    @Test func `a group of more than 16 rows is folded, Enter opens and folds it`() {
        var screen = screen("bb", Size(80, 40))
        #expect(screen.text.contains("engine-20"))
        screen.type(":group model")
        screen.press(.enter)
        #expect(!screen.text.contains("S engine-2 ") && screen.text.contains("S engine-22"))
        screen.press(.home, .enter)
        #expect(screen.text.contains("S engine-2 "))
        screen.press(.enter)
        #expect(!screen.text.contains("S engine-2 "))
        screen.press(.down, .enter)
        #expect(!screen.text.contains("S engine-22"))
    }

    @Test func `a header has the sums of its group and says how many of it serve`() throws {
        var snapshot = Self.fleet()
        snapshot.nodes[1].state = .unhealthy
        var screen = Screen(Size(80, 24), snapshot)
        screen.type("b")
        let header = try #require(screen.text.split(separator: "\n").first { $0.contains("llama") })
        #expect(header.contains("+!") && header.contains("19/20"))
        let members = snapshot.nodes.prefix(20).filter { $0.state == .serving }
        let running = members.compactMap(\.running).reduce(0, +)
        let waiting = members.compactMap(\.waiting).reduce(0, +)
        #expect(header.contains("run \(Int(running)) wait \(Int(waiting))"))
        let tokens = members.compactMap(\.tokensPerSecond).reduce(0, +)
        #expect(header.contains(NumberText.count(tokens)))
    }

    @Test func `what no member tells stays unknown in the header`() throws {
        var snapshot = SampleFleet.snapshot(nodes: 1, second: 5)
        snapshot.nodes[0] = SampleFleet.unknown(snapshot.nodes[0])
        var screen = Screen(Size(80, 24), snapshot)
        screen.type("b")
        let header = try #require(screen.text.split(separator: "\n").first { $0.contains("no model") })
        #expect(header.contains("run -- wait --"))
        #expect(!header.split(separator: " ").contains("0"))
    }

    @Test func `the selection goes over headers and nodes and is always in sight`() {
        var screen = screen("b")
        screen.press(.home)
        #expect(screen.state.grouping.selected == "llama-3.3-70b-instruct")
        screen.press(.down, .down)
        #expect(screen.state.grouping.selected == nil)
        #expect(screen.state.selectedNode == "engine-21")
        screen.press(.up, .up, .enter)
        for _ in 0..<30 {
            screen.press(.down)
            #expect(screen.text.contains("▸"))
        }
    }

    @Test func `sorting orders the rows inside their groups`() {
        var screen = screen("b:sort name")
        screen.press(.enter, .character("I"))
        let names = fleetLines(screen.snapshot ?? Snapshot(), screen.state).compactMap { line -> String? in
            if case .node(let node) = line { return node.name }
            return nil
        }
        #expect(headers(screen).first == "llama-3.3-70b-instruct")
        #expect(names == ["engine-24", "engine-23", "engine-22", "engine-21"])
    }

    @Test func `a filter leaves the groups of what it shows`() {
        let screen = screen("b/engine-23")
        #expect(headers(screen) == ["Qwen/Qwen3-32B"])
        #expect(screen.text.contains("1/1"))
    }

    @Test func `a verb on a header is about the members that it shows, caught when it opened`() throws {
        var screen = screen("bb")
        screen.press(.home, .character("w"), .character("-"))
        let targets = (1...4).map { "engine-\($0)" }
        #expect(screen.state.dialog?.targets == targets)
        #expect(screen.text.contains(targets.joined(separator: ", ")))
        var later = Self.fleet(second: 61)
        for index in later.nodes.indices { later.nodes[index].role = .mixed }
        screen.show(later)
        screen.press(.character("y"))
        #expect(screen.submitted.map(\.command.node) == ["engine-1"])
        #expect(screen.state.pending.map(\.command.node) == ["engine-2", "engine-3", "engine-4"])
    }

    @Test func `a group that folds over the selected node does not widen what a verb is about`() {
        var snapshot = Self.fleet()
        snapshot.nodes[16].state = .draining
        snapshot.nodes[17].state = .draining
        snapshot.nodes = Array(snapshot.nodes.prefix(18))
        var screen = Screen(Size(80, 24), snapshot)
        screen.type("bbb")
        screen.press(.end)
        #expect(screen.state.selectedNode == "engine-16")
        snapshot.nodes[16].state = .serving
        screen.show(snapshot)
        #expect(!screen.text.contains("S engine-16"))
        screen.press(.character("d"))
        #expect(screen.state.dialog == nil)
        #expect(screen.text.contains("select a node first"))
    }

    @Test func `Space on a header marks its members, and again takes the marks off`() {
        var screen = screen("bb")
        screen.press(.home, .character(" "))
        #expect(screen.state.marks == Set((1...4).map { "engine-\($0)" }))
        screen.press(.home, .character(" "))
        #expect(screen.state.marks.isEmpty)
    }

    @Test func `a header whose group has gone lets the selection go`() {
        var screen = Screen(Size(80, 24), SampleFleet.troubled(second: 60))
        screen.type("bbb")
        screen.press(.home)
        #expect(screen.state.grouping.selected == "unhealthy")
        screen.show(SampleFleet.snapshot(nodes: 8, second: 62))
        #expect(screen.state.grouping.selected == nil)
        #expect(screen.text.contains("▸"))
    }
}
