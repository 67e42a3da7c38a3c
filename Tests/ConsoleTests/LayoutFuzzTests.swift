import GatewayCore
import Testing

@testable import Console

/// Every size, every number of nodes, every order of keys: no trap, nothing outside.
struct LayoutFuzzTests {
    private static let fleets = [0, 1, 2, 8, 40, 1_000, 4_096].map {
        SampleFleet.snapshot(nodes: $0, second: 5)
    }

    @Test func `every view is drawn at every size and for every number of nodes`() {
        var dice = Dice(11)
        let history = SampleFleet.history(nodes: 8, seconds: 0..<3)
        for _ in 0..<250 {
            var size = Size(dice.roll(1...300), dice.roll(1...100))
            if dice.roll(0...3) == 0 { size = Size(dice.roll(1...60), dice.roll(1...14)) }
            var screen = Screen(size, Self.fleets[dice.roll(0...Self.fleets.count - 1)], history: history)
            screen.state.view = ViewName.allCases[dice.roll(0...ViewName.allCases.count - 1)]
            screen.state.grouping.key = GroupKey.allCases[dice.roll(0...GroupKey.allCases.count - 1)]
            screen.state.costBy = CostDimension.allCases[dice.roll(0...CostDimension.allCases.count - 1)]
            screen.state.shape = ([nil] + FleetShape.allCases)[dice.roll(0...FleetShape.allCases.count)]
            let openers: [Key?] = [
                nil, nil, .character("?"), .character(":"), .character("d"), .character("w"), .character("o"),
                .character("s"), .character("/"), .character("e"), .character("!"), .character("q"),
                .enter,
            ]
            if let key = openers[dice.roll(0...openers.count - 1)] { screen.press(key) }
            let canvas = screen.canvas
            #expect(canvas.size == size)
            #expect(canvas.cells.count == size.columns * size.rows)
        }
    }

    @Test func `random keys, pastes, resizes and fleets never trap and never send without y or a name`() {
        var dice = Dice(23)
        for round in 0..<12 {
            var screen = Screen(Size(dice.roll(40...160), dice.roll(8...50)), Self.fleets[round % 5])
            for _ in 0..<150 {
                switch dice.roll(0...20) {
                case 0: screen.take(.resize(Size(dice.roll(1...200), dice.roll(1...60))))
                case 1: screen.take(.paste("dy"))
                case 2: screen.show(Self.fleets[dice.roll(0...4)])
                case 3: screen.take(.tick(screen.state.now + Double(dice.roll(0...9))))
                default:
                    let key = everyKey[dice.roll(0...everyKey.count - 1)]
                    if key != .character("y") { screen.press(key) }
                }
            }
            _ = screen.canvas
            #expect(screen.submitted.allSatisfy { if case .stop = $0.command { true } else { false } })
        }
    }

    @Test(arguments: [8, 1_000])
    func `at 80x24 header, rows, status and hints are all there`(_ nodes: Int) {
        let screen = Screen(Size(80, 24), SampleFleet.snapshot(nodes: nodes, second: 5))
        let rows = screen.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(rows[0].contains("of"))
        #expect(rows[2].contains("NODE") && rows[2].contains("KV"))
        #expect(rows[3].contains("ALL"))
        #expect(rows[4...21].filter { $0.contains("engine-") && !$0.contains(":") }.count >= min(nodes, 18))
        #expect(rows[22].contains("1 Fleet"))
        #expect(rows[23].contains("d drain"))
    }

    @Test(arguments: [ViewName.fleet, .system, .queues, .gpu], GroupKey.allCases)
    func `at 80x24 a view of nodes has twelve rows of them`(_ view: ViewName, _ grouping: GroupKey) {
        var snapshot = SampleFleet.snapshot(nodes: 40, second: 5)
        for index in snapshot.nodes.indices {
            snapshot.nodes[index].models = ["model-\(index % 4)"]
            snapshot.nodes[index].role = NodeRole.allCases[index % 3]
            if index % 3 == 0 { snapshot.nodes[index].state = .draining }
        }
        var screen = Screen(Size(80, 24), snapshot)
        screen.state.grouping.key = grouping
        screen.state.grouping.folds = ["serving": false, "draining": false, "a": false, "b": false]
        screen.type("\(view.key)")
        let rows = screen.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(rows[2...21].filter { $0.contains("engine-") }.count >= 12)
        #expect(rows[22].contains("\(view.key) \(view.title)"))
    }

    @Test(arguments: ViewName.allCases)
    func `at 200x50 no view leaves its right half blank`(_ view: ViewName) {
        let history = SampleFleet.history(nodes: 8, seconds: -240..<61)
        var screen = Screen(Size(200, 50), SampleFleet.troubled(second: 60), history: history)
        screen.type("\(view.key)")
        let rows = screen.text.split(separator: "\n", omittingEmptySubsequences: false)[2...47]
        #expect(rows.filter { $0.count > 110 }.count >= 6)
    }

    @Test func `at 200 columns the right half is used`() {
        let screen = Screen(Size(200, 50), SampleFleet.snapshot(nodes: 8, second: 5))
        let rows = screen.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(rows[4...11].allSatisfy { $0.count > 185 })
    }

    @Test func `a list of a thousand keeps the selection in sight`() {
        var screen = Screen(Size(80, 24), SampleFleet.snapshot(nodes: 1_000, second: 5))
        for _ in 0..<30 {
            screen.press(.down)
            #expect(screen.text.contains("▸"))
        }
        screen.press(.end)
        #expect(screen.text.contains("▸"))
        #expect(screen.state.selectedNode == "engine-1000")
    }

    @Test func `below the usable size the screen says what it needs and q still works`() {
        var screen = Screen(Size(30, 5), ownership: .attached)
        #expect(screen.text.contains("needs 50x10"))
        screen.press(.character("q"))
        #expect(screen.effects == [.quit])
    }
}
