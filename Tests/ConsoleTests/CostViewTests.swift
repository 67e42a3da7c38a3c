import GatewayCore
import Testing

@testable import Console

/// Who spends, read off the screen and steered by keys.
struct CostViewTests {
    private func screen(
        _ keys: String, size: Size = Size(120, 40), _ change: (inout Snapshot) -> Void = { _ in }
    ) -> Screen {
        var snapshot = SampleFleet.snapshot(nodes: 8, second: 60)
        change(&snapshot)
        var screen = Screen(size, snapshot)
        screen.type(keys)
        return screen
    }

    @Test func `b goes on to the next of tenant, model, node and session, and the palette takes each`() {
        var screen = screen("0")
        for title in ["TENANT", "MODEL", "NODE", "SESSION", "TENANT"] {
            #expect(screen.canvas.row(4).contains(" \(title) "), "\(title)")
            screen.type("b")
        }
        screen.type(":by node")
        screen.press(.enter)
        #expect(screen.state.costBy == .node && screen.text.contains("engine-1"))
        screen.type(":by colour")
        screen.press(.enter)
        #expect(screen.text.contains("no cost by colour; there is cost by tenant, model, node, session"))
    }

    @Test(arguments: [Size(80, 24), Size(120, 40), Size(200, 50)])
    func `the screen says who spends, the window, the forecast's and where the price is from`(_ size: Size) {
        let text = screen("0", size: size).text
        #expect(text.contains("acme spends 61%: $25.13/h, 4% of it wasted"))
        #expect(text.contains("Nodes cost $63.68/h, requests take $41.20/h of it: 35% idle."))
        #expect(text.contains("$/H: last 60 s") && text.contains("24H: last hour's rate"))
        #expect(text.contains("each node's dollarsPerHour"))
    }

    @Test func `without a price dollars are not told, tokens are, and what to set is said`() {
        let screen = screen("0") { snapshot in
            snapshot.totals.dollarsPerHour = nil
            for index in snapshot.spending.indices {
                snapshot.spending[index].ended.pricedAttempts = 0
                snapshot.spending[index].ended.unpricedAttempts = 7
                snapshot.spending[index].ended.dollars = 0
                snapshot.spending[index].ended.waste = WastedDollars()
                snapshot.spending[index].liveDollars = 0
                snapshot.spending[index].dollarsPerHour = 0
            }
        }
        #expect(screen.text.contains("No node has a price: set dollarsPerHour of the nodes."))
        let acme = screen.text.split(separator: "\n").first { $0.contains("acme") } ?? ""
        let words = acme.split(separator: " ")
        #expect(words.filter { $0 == "--" }.count >= 6, "\(acme)")
        #expect(acme.contains("2.94M") && !acme.contains("0.00"), "\(acme)")
    }

    @Test func `what nodes without a price had a part in is told as the least`() {
        let screen = screen("0") { $0.spending[1].ended.unpricedAttempts = 12 }
        #expect(screen.text.contains(">8.25") && screen.text.contains(">$8.25 in 13m34s"))
        #expect(screen.text.contains("no price  12 requests"))
    }

    @Test func `those that are not listed stand as one row at the end`() {
        let text = screen("0bbb").text
        #expect(text.contains("37 others") && text.contains("(no session)"))
    }

    @Test func `nobody has spent before the first request`() {
        let screen = screen("0") {
            $0.spending = []
            $0.sessions = []
        }
        #expect(screen.text.contains("No request has come to a node yet"))
    }

    @Test func `Enter on a tenant shows its sessions, on a node the node, and Esc leads back`() {
        var screen = screen("0")
        screen.press(.down, .enter)
        #expect(screen.state.view == .sessions && screen.text.contains("filter globex"))
        #expect(screen.text.contains("agent-1") && !screen.text.contains("▸agent-0"))
        screen.press(.escape)
        #expect(screen.state.filter.isEmpty)
        screen.type("0bb")
        screen.press(.down, .enter)
        #expect(screen.state.view == .node)
        #expect(screen.state.selectedNode == screen.snapshot?.spending.filter { $0.kind == .node }[1].name)
    }

    @Test func `a session tells where it is warm and what moving it takes, and c asks to cancel it`() {
        var screen = screen("S")
        #expect(screen.text.contains("46 sessions, 6 with open streams; agent-0 spends most: $4.53/h"))
        screen.press(.down)
        #expect(screen.text.contains("11.5k tok, 3.0s ago, 9000 hit"))
        #expect(screen.text.contains("11.5k, ~0.5s on engine-4"))
        screen.press(.character("c"))
        #expect(screen.state.dialog?.kind == .cancelSession("agent-1"))
        screen.press(.escape, .enter)
        #expect(screen.state.view == .node && screen.state.selectedNode == "engine-3")
    }

    @Test func `names from outside reach the terminal without what commands it`() {
        let screen = screen("0") { $0.spending[1].name = "a\u{1B}[2Jb" }
        #expect(!screen.text.contains("\u{1B}") && screen.text.contains("a"))
    }
}
