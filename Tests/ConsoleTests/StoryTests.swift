import FleetSim
import Foundation
import GatewayCore
import Testing

@testable import Console

/// What a demo's story says on the screen while it goes on, and what it reports at its end.
struct StoryTests {
    @Test(arguments: Scenario.all.flatMap(\.scenes).map(\.caption))
    func `each caption stands whole on the narrowest screen, over every view`(_ caption: String) {
        for view in ViewName.allCases {
            var screen = Screen(Size(80, 24))
            screen.state.view = view
            let before = screen.text.split(separator: "\n", omittingEmptySubsequences: false)
            screen.take(.caption(caption))
            let lines = screen.text.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines[21].contains(caption), "\(view)")
            #expect(lines.suffix(2) == before.suffix(2), "status and keys stay where they are")
        }
    }

    @Test func `names of scenarios are unique, each tells of at least three scenes, and the flag knows them`()
    {
        #expect(Set(Scenario.all.map(\.name)).count == Scenario.all.count)
        let help = DemoCommand.entry.help
        for scenario in Scenario.all {
            #expect(scenario.scenes.count >= 3 && scenario.scenes[0].load != nil, "\(scenario.name)")
            #expect(help.contains("\(scenario.name): \(scenario.summary)"))
            #expect(Policies.names.contains(scenario.policy))
            #expect(scenario.scenes.allSatisfy { DisplayWidth.of($0.caption) <= Scenario.captionColumns })
        }
    }

    @Test func `README has each scenario as the table has it`() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
        for scenario in Scenario.all {
            #expect(text.contains("| `\(scenario.name)` | \(scenario.summary) |"))
        }
    }

    private func load(_ completed: Int, ttft: [Double]) -> LoadReport {
        var report = LoadReport()
        report.completed = completed
        for seconds in ttft { report.timeToFirstToken.record(nanoseconds: UInt64(seconds * 1e9)) }
        return report
    }

    private func snapshot(prompt: UInt64, cached: UInt64, output: UInt64, events: [EventRecord] = [])
        -> Snapshot
    {
        var snapshot = Snapshot()
        snapshot.totals.promptTokens = prompt
        snapshot.totals.cachedTokens = cached
        snapshot.totals.outputTokens = output
        snapshot.totals.dollarsPerHour = 36
        snapshot.events = events
        return snapshot
    }

    @Test func `the report tells what was measured from each scene and action to the next`() throws {
        var action = EventRecord()
        (action.sequence, action.actor, action.text) = (2, "ann (uid 7)", "policy: random → foresight")
        var own = EventRecord()
        (own.sequence, own.actor, own.text) = (1, "system", "starting → serving")
        var report = StoryReport()
        report.note("all is well", snapshot(prompt: 100, cached: 50, output: 10), load(1, ttft: [9]), at: 0)
        report.take(
            snapshot(prompt: 1_100, cached: 150, output: 1_010, events: [action, own]),
            load(11, ttft: [9] + Array(repeating: 2, count: 10)), at: 10)
        report.end(
            at: 20, snapshot(prompt: 2_100, cached: 1_050, output: 2_010, events: [action, own]),
            load(41, ttft: [9] + Array(repeating: 2, count: 10) + Array(repeating: 0.5, count: 30)))
        let rows = report.rows
        #expect(rows.map(\.title) == ["all is well", "policy: random → foresight"])
        #expect(rows.map(\.actor) == [nil, "ann (uid 7)"] && rows.map(\.completed) == [10, 30])
        #expect(rows.map(\.hitRate) == [0.1, 0.9])
        #expect(
            rows.compactMap { $0.ttft?.p50.rounded(.toNearestOrAwayFromZero) } == [2, 1]
                || rows[1].ttft.map { $0.p50 < 0.6 } == true)
        #expect(rows.map(\.dollarsPerMillionTokens) == [100, 100])
        let text = report.text
        #expect(text.contains("* ann (uid 7): policy: random → foresight") && text.contains("90%"))
    }
}
