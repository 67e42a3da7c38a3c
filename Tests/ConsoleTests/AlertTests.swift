import GatewayCore
import Testing

@testable import Console

/// What lasts is told, and what flickers isn't.
struct AlertTests {
    /// The sample fleet at a second, engine-3 with so much of its KV cache in use.
    private static func fleet(_ second: Int, kv: Double, change: (inout NodeStatus) -> Void = { _ in })
        -> Snapshot
    {
        var snapshot = SampleFleet.snapshot(nodes: 8, second: 0)
        snapshot.time = SampleFleet.start + Double(second)
        snapshot.nodes[2].kvUsage = kv
        change(&snapshot.nodes[2])
        return snapshot
    }

    private static func taking(_ pictures: [(Range<Int>, Double)]) -> Alerts {
        var alerts = Alerts()
        for (seconds, kv) in pictures { for second in seconds { alerts.take(fleet(second, kv: kv)) } }
        return alerts
    }

    private static func ofKV(_ alerts: Alerts) -> [Alerts.Alert] {
        alerts.all.filter { $0.finding == .kvTight }
    }

    @Test func `a value above its threshold is told when it has lasted, not before`() {
        #expect(Self.ofKV(Self.taking([(0..<10, 0.9)])).isEmpty)
        let told = Self.ofKV(Self.taking([(0..<11, 0.9)]))
        #expect(told.count == 1 && told[0].node == "engine-3" && told[0].ended == nil)
        #expect(told[0].began == SampleFleet.start && told[0].words.contains("90 %"))
        let flickering = (0..<40).map { ($0..<($0 + 1), $0 % 2 == 0 ? 0.9 : 0.5) }
        #expect(Self.ofKV(Self.taking(flickering)).isEmpty)
    }

    @Test func `it is over when it has been under a lower threshold for longer`() {
        // 85 % is the threshold: 80 % is under it but not far enough.
        #expect(Self.ofKV(Self.taking([(0..<11, 0.9), (11..<200, 0.8)])).first?.ended == nil)
        #expect(Self.ofKV(Self.taking([(0..<11, 0.9), (11..<41, 0.7)])).first?.ended == nil)
        let over = Self.ofKV(Self.taking([(0..<11, 0.9), (11..<42, 0.7)]))
        #expect(over.count == 1 && over[0].ended == SampleFleet.start + 11)
        #expect(
            Self.ofKV(Self.taking([(0..<11, 0.9), (11..<30, 0.7), (30..<31, 0.8), (31..<60, 0.7)]))[0].ended
                == nil)
        let again = Self.ofKV(Self.taking([(0..<11, 0.9), (11..<50, 0.7), (50..<61, 0.9)]))
        #expect(again.map { $0.ended == nil } == [true, false])
    }

    @Test
    func `what an operator does is no alert, a node that is gone has none, and a stale one keeps its own`() {
        var alerts = Alerts()
        for second in 0..<20 { alerts.take(Self.fleet(second, kv: 0.5) { $0.state = .maintenance }) }
        #expect(!alerts.all.contains { $0.node == "engine-3" })
        alerts = Self.taking([(0..<11, 0.9)])
        for second in 11..<60 { alerts.take(Self.fleet(second, kv: 0.5) { $0.isStale = true }) }
        #expect(Self.ofKV(alerts).first?.ended == nil)
        for second in 60..<91 {
            var snapshot = Self.fleet(second, kv: 0.5)
            snapshot.nodes.remove(at: 2)
            alerts.take(snapshot)
        }
        #expect(Self.ofKV(alerts).first?.ended != nil)
    }

    @Test func `the history is bounded`() {
        var alerts = Alerts()
        for round in 0..<300 {
            for second in 0..<11 { alerts.take(Self.fleet(round * 60 + second, kv: 0.9)) }
            for second in 11..<60 where second % 10 == 1 {
                alerts.take(Self.fleet(round * 60 + second, kv: 0.5))
            }
        }
        #expect(alerts.all.count <= Alerts.limit)
        #expect(Self.ofKV(alerts).count > 100)
    }

    @Test func `alerts are a number and a history, take no focus and cover no row`() {
        var screen = Screen(Size(120, 40), Self.fleet(0, kv: 0.9))
        screen.press(.down, .character("d"))
        let before = screen.state
        let rows = screen.text.split(separator: "\n").dropLast(2)
        for second in 1..<12 { screen.show(Self.fleet(second, kv: 0.9)) }
        #expect(screen.state.overlay == before.overlay && screen.state.selectedNode == before.selectedNode)
        #expect(screen.state.notice == before.notice)
        #expect(rows.dropFirst() == screen.text.split(separator: "\n").dropLast(2).dropFirst())
        screen.press(.escape)
        screen.state.notice = nil
        #expect(screen.text.contains("▲ \(screen.state.alerts.lasting) alert"))
        screen.press(.character("7"))
        #expect(screen.text.contains("engine-3  KV cache 90 % in use"))
        #expect(screen.text.contains("Alerts, \(screen.state.alerts.lasting) last"))
    }

    @Test func `looking at the past tells nothing`() {
        var screen = Screen(Size(120, 40), Self.fleet(0, kv: 0.9))
        screen.state.moment = .past(at: SampleFleet.start, isPlaying: false)
        for second in 1..<30 { screen.show(Self.fleet(second, kv: 0.9)) }
        #expect(screen.state.alerts.all.isEmpty)
    }
}
