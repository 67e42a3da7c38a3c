import GatewayCore
import Testing

@testable import Console

/// What the numbers of the screen say and what they don't.
struct FleetViewTests {
    @Test func `what an engine does not tell is -- and never 0`() {
        var snapshot = SampleFleet.snapshot(nodes: 1, second: 5)
        snapshot.nodes[0] = SampleFleet.unknown(snapshot.nodes[0])
        for size in [Size(80, 24), Size(200, 50)] {
            let rows = Screen(size, snapshot).text.split(separator: "\n", omittingEmptySubsequences: false)
            let row = rows[4].dropFirst(12)
            #expect(row.contains("--"))
            let words = row.split(separator: " ")
            #expect(!words.contains("0") && !words.contains("0.00"), "\(row)")
        }
    }

    @Test func `states are told by a letter and a word, not by colour alone`() {
        let text = Screen(Size(120, 40), SampleFleet.troubled(second: 60)).text
        for words in [
            "S engine-1 serving", "D engine-2 draining 5 left", "d engine-3 drained", "! engine-5 unhealthy",
            "? engine-6 stale 9.0s", "s engine-8 starting",
        ] {
            #expect(text.contains(words), "\(words)")
        }
    }

    @Test func `the verdict counts and names, the worst first`() {
        let verdict = Verdict(SampleFleet.troubled(second: 60), Screen().state)
        #expect(verdict.badge == "ALARM")
        #expect(
            verdict.text.hasPrefix("3 of 8 nodes serving · 1 unhealthy: engine-5 · 1 stale: engine-6 (9.0s)"))
        #expect(verdict.text.contains("1 drained: engine-3 (safe to delete)"))
        #expect(Verdict(SampleFleet.snapshot(nodes: 8), Screen().state).badge == "OK")
    }

    @Test func `stale values are dim and left out of the total, which says so`() {
        let screen = Screen(Size(80, 24), SampleFleet.troubled(second: 60))
        let canvas = screen.canvas
        #expect(canvas.row(3).contains("ALL 6/8"))
        let row = (4..<12).first { canvas.row($0).contains("engine-6") }
        #expect(row.map { canvas[78, $0].style.role } == .faint)
    }

    @Test func `estimates carry a tilde`() {
        let text = Screen(Size(120, 40), SampleFleet.troubled(second: 60)).text
        let row = text.split(separator: "\n").first { $0.contains("S engine-7") }
        #expect(row?.contains("~") == true)
    }

    @Test func `rows stay in order until sorted, and sort again only after five seconds`() {
        var screen = Screen(Size(120, 40))
        screen.type(":sort kv")
        screen.press(.enter)
        let first = screen.state.order
        var later = SampleFleet.snapshot(nodes: 8, second: 61)
        for index in later.nodes.indices { later.nodes[index].kvUsage = Double(index) / 10 }
        later.time = screen.state.now + 1
        screen.show(later)
        #expect(screen.state.order == first)
        later.time = screen.state.now + 6
        screen.show(later)
        #expect(screen.state.order.first == "engine-8")
        #expect(screen.text.contains("by KV use"))
    }

    @Test func `sorting freezes while a dialog is open`() {
        var screen = Screen(Size(120, 40))
        screen.type(":sort kv")
        screen.press(.enter, .character("d"))
        let order = screen.state.order
        var later = SampleFleet.snapshot(nodes: 8, second: 90)
        for index in later.nodes.indices { later.nodes[index].kvUsage = Double(index) / 10 }
        screen.show(later)
        #expect(screen.state.order == order)
    }

    @Test(arguments: [
        ("kv>60", ["b"]), ("kv>=50 & role=decode", ["c"]), ("role!=decode", ["a", "b"]), ("B", ["b"]),
        ("", ["a", "b", "c"]),
        ("hit>10", []), ("state=serving", ["a", "b", "c"]),
    ])
    func `a filter takes text and typed comparisons`(_ text: String, _ expected: [String]) {
        let nodes = [("a", 0.2, NodeRole.mixed), ("b", 0.7, .mixed), ("c", 0.5, .decode)].map {
            name, kv, role in
            var node = NodeStatus()
            (node.name, node.kvUsage, node.role, node.state) = (name, kv, role, .serving)
            return node
        }
        let filter = NodeFilter(text)
        #expect(nodes.filter(filter.matches).map(\.name) == expected)
    }

    @Test func `a filter that can't be understood says so and Esc brings the old one back`() {
        #expect(NodeFilter("speed>3").problem?.contains("no field speed") == true)
        #expect(NodeFilter("kv>high").problem?.contains("number") == true)
        var screen = Screen()
        screen.type("/engine-1")
        screen.press(.enter)
        screen.type("/")
        screen.type("234")
        screen.press(.escape)
        #expect(screen.state.filter == "engine-1")
        screen.press(.escape)
        #expect(screen.state.filter.isEmpty)
        #expect(screen.effects.isEmpty)
    }

    @Test func `a filter that hides the selected node selects the first that it leaves`() {
        var screen = Screen(Size(120, 40), SampleFleet.troubled(second: 60))
        screen.type("/engine-7")
        screen.press(.enter)
        #expect(screen.state.selectedNode == "engine-7")
        screen.press(.escape, .home, .character("!"))
        #expect(screen.state.selectedNode == "engine-2")
    }

    @Test func `faults only leaves what needs eyes`() {
        var screen = Screen(Size(120, 40), SampleFleet.troubled(second: 60))
        screen.press(.character("!"))
        let names = visibleNodes(screen.snapshot ?? Snapshot(), screen.state).map(\.name)
        #expect(names == ["engine-2", "engine-3", "engine-5", "engine-6", "engine-7", "engine-8"])
        #expect(screen.text.contains("faults only"))
    }

    @Test func `a chart of first tokens shows the slowest node, never a mean of percentiles`() {
        #expect(
            FleetCharts.ttft.join([0.1, 0.9, 0.2]) == 0.9 && FleetCharts.temperature.join([1, 3, 2]) == 3)
        for chart in [FleetCharts.tokens, FleetCharts.running, FleetCharts.waiting, FleetCharts.power] {
            #expect(chart.join([1, 2, 3]) == 6)
        }
        #expect(FleetCharts.kv.join([0.2, 0.4]) == 0.30000000000000004)
        let history = SampleFleet.history(nodes: 8, seconds: 0..<61)
        for view in ViewName.allCases {
            var screen = Screen(Size(200, 50), SampleFleet.snapshot(nodes: 8, second: 60), history: history)
            screen.type("\(view.key)")
            #expect(!screen.text.contains("TTFT p50, mean"))
        }
    }

    @Test func `requests are counted by why they went where they went, and by where, the most first`() {
        let shares = RouteReasons.shares(["b", "a", "c", "a"])
        #expect(shares.map(\.name) == ["a", "b", "c"] && shares.map(\.share) == [0.5, 0.25, 0.25])
        var snapshot = SampleFleet.snapshot(nodes: 8, second: 60)
        for index in snapshot.decisions.indices {
            snapshot.decisions[index].reason = index % 4 == 0 ? "its turn" : "drawn by weight"
            snapshot.decisions[index].node = index % 3 == 0 ? "engine-5" : "engine-2"
        }
        let text = Screen(Size(200, 50), snapshot).text
        for words in [
            "foresight, last 60 requests", "75%  drawn by weight", "25%  its turn", " 0%  engine-1     ─",
            "67%  engine-2     ━", "33%  engine-5     ━",
        ] {
            #expect(text.contains(words), "\(words)")
        }
        snapshot.decisions = []
        #expect(Screen(Size(200, 50), snapshot).text.contains("no request was routed yet"))
    }

    @Test func `a chart moves by one column in five seconds and keeps what it has shown`() {
        func steps(_ seconds: Int) -> [Double?] {
            let history = SampleFleet.history(nodes: 1, seconds: 0..<seconds)
            return Timeline(history: history).values(.tokensPerSecond, node: "engine-1", columns: 8)
        }
        // The first picture begins a step, so that 50 pictures end with a whole one.
        #expect(steps(50).count == 8)
        for more in 1...5 { #expect(steps(50 + more).dropLast() == steps(50).dropFirst()) }
        #expect(steps(56).dropLast() == steps(55).dropFirst())
        #expect(steps(0).isEmpty)
    }

    @Test func `control characters and wide letters in a name neither reach the terminal nor shift columns`()
    {
        var snapshot = SampleFleet.snapshot(nodes: 3, second: 5)
        snapshot.nodes[0].name = "a\u{1B}[31mb"
        snapshot.nodes[1].name = "漢字漢字漢字"
        let screen = Screen(Size(80, 24), snapshot)
        let canvas = screen.canvas
        #expect(!screen.text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
        for y in 4...6 { #expect(canvas[79, y].scalar != " ", "row \(y)") }
    }

    @Test func `at 80x24 the gateway's own view leaves twelve rows of nodes`() {
        var screen = Screen(Size(80, 24), SampleFleet.snapshot(nodes: 40, second: 5))
        screen.type("6")
        let text = screen.text
        #expect(text.split(separator: "\n").filter { $0.contains(" engine-") }.count >= 12)
        for fact in ["resident 178 MiB of 3.73 GiB", "failed 0", "policy foresight"] {
            #expect(text.contains(fact), "\(fact)")
        }
    }

    @Test func `the clock of one unchanged second changes few cells`() {
        let first = Screen(Size(200, 50), SampleFleet.snapshot(nodes: 8, second: 5))
        var snapshot = first.snapshot ?? Snapshot()
        snapshot.time += 1
        var second = first
        second.show(snapshot)
        let changed = zip(first.canvas.cells, second.canvas.cells).filter { $0 != $1 }.count
        #expect(changed <= 8)
    }
}
