import Foundation
import TestSupport
import Testing

/// Each story, told in a short time without a screen: what it promises happens. And one on a screen, with the operator in it.
@Suite(.serialized)
struct ScenarioTests {
    private struct Story {
        let status: Int32
        let report: Status
        /// In order: the scenes and what operators did.
        let rows: [[String: Any]]

        init(_ name: String, seconds: Int, nodes: Int = 3) async throws {
            let result = try await Signalbox().run(
                ["demo", "--scenario", name, "--for", "\(seconds)s", "--nodes", "\(nodes)", "--json"],
                within: 120)
            status = result.status
            report = try Status(result.output)
            rows = report.object["story"] as? [[String: Any]] ?? []
            #expect(report.object["scenario"] as? String == name)
            #expect(rows.count >= 3 && rows.allSatisfy { $0["title"] is String }, "\(result.errors)")
        }

        func number(_ key: String, _ row: Int) -> Double { rows[row][key] as? Double ?? .nan }
        var fleet: Status? {
            (report.object["status"] as? [String: Any]).flatMap { object in
                (try? JSONSerialization.data(withJSONObject: object)).flatMap {
                    try? Status(String(decoding: $0, as: UTF8.self))
                }
            }
        }
        /// Requests that went to each node, the most first.
        var completed: [Int] {
            (fleet?.nodes ?? []).compactMap { $0["completed"] as? Int }.sorted(by: >)
        }
    }

    @Test func `hot-prefix: one node does nearly all, and its tokens come slowly`() async throws {
        let story = try await Story("hot-prefix", seconds: 20)
        #expect(story.status == 0)
        #expect(story.fleet?.policy == "longest-prefix")
        #expect(story.number("tpotP50", 2) > story.number("tpotP50", 0) * 1.3, "\(story.rows)")
        #expect(story.completed[0] > story.completed[1] * 2, "\(story.completed)")
    }

    @Test func `node-loss: its streams move, none fails, and it comes back`() async throws {
        let story = try await Story("node-loss", seconds: 24)
        #expect(story.status == 0)
        #expect(story.number("moved", 1) > 0 && story.number("failed", 1) == 0, "\(story.rows)")
        #expect(story.fleet?.isEverybody("serving") == true)
    }

    @Test func `cache-storm: hits fall with the batch job and rise when it is over`() async throws {
        let story = try await Story("cache-storm", seconds: 32)
        #expect(story.status == 0)
        #expect(story.number("hitRate", 1) < story.number("hitRate", 0) - 0.1, "\(story.rows)")
        #expect(story.number("hitRate", 2) > story.number("hitRate", 1), "\(story.rows)")
    }

    @Test func `long-context: first tokens wait behind long prompts`() async throws {
        let story = try await Story("long-context", seconds: 24)
        #expect(story.number("ttftP99", 2) > story.number("ttftP99", 0) * 3, "\(story.rows)")
    }

    @Test func `agents: one runs away and is seen by its session's name`() async throws {
        let result = try await Signalbox().run(
            [
                "demo", "--scenario", "agents", "--for", "14s", "--nodes", "2", "--screen", "text", "--view",
                "streams", "--size", "120x60",
            ], within: 120)
        #expect(result.output.contains("runaway"), "\(result.output)")
    }

    @Test func `rolling-update: every engine is started anew and no stream fails`() async throws {
        let story = try await Story("rolling-update", seconds: 30)
        #expect(story.status == 0)
        #expect(story.rows.allSatisfy { ($0["failed"] as? Double ?? 1) == 0 }, "\(story.rows)")
        let moved = (0..<story.rows.count).reduce(0) { $0 + story.number("moved", $1) }
        #expect(moved > 0)
        #expect(story.fleet?.isEverybody("serving") == true)
    }

    @Test func `overload: requests wait in the gateway, and first tokens with them`() async throws {
        let story = try await Story("overload", seconds: 24)
        #expect(story.number("ttftP50", 1) > story.number("ttftP50", 0) * 1.5, "\(story.rows)")
    }

    @Test(.enabled(if: Tmux.isInstalled, "tmux is not installed"))
    func `an operator reads the captions, acts, and finds it in the report`() async throws {
        let signalbox = try Signalbox()
        let terminal = try await signalbox.terminal(columns: 80, rows: 24)
        try await terminal.enter(
            signalbox.line(["demo", "--scenario", "hot-prefix", "--for", "12s", "--nodes", "2"]))
        try await terminal.waitFor(text: "longest-prefix routes to who")
        try await terminal.waitFor(text: "Switch: o, choose foresight")
        try await terminal.press("o")
        try await terminal.waitFor(text: "Routing policy")
        for _ in 0..<40 { try await terminal.press("k") }
        try await terminal.press("t")
        try await terminal.waitFor(text: "Tried for 5m00s")
        try await Task.sleep(for: .milliseconds(400))
        try await terminal.press("y")
        try await terminal.waitFor(text: "then policy longest-prefix")
        try await terminal.press("q")
        let screen = try await terminal.waitFor(text: "In shadow")
        #expect(screen.contains { $0.contains("one prompt is everybody's") })
        #expect(screen.contains { $0.contains("* tester") && $0.contains("foresight") }, "\(screen)")
        #expect(try await terminal.disorders() == [])
    }

    @Test func `a story that is not there is told with those that are`() async throws {
        let result = try await Signalbox().run("demo", "--scenario", "hot-prefi")
        #expect(result.status == 2 && result.errors.contains("did you mean hot-prefix?"))
    }
}
