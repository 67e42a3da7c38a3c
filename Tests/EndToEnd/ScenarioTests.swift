import Foundation
import TestSupport
import Testing

/// Stories that come out the same every time, told in a short time without a screen; and one on a screen, with the operator in it.
/// Those that hang on how fast the machine is are in `ScenarioSlowTests`.
@Suite(.serialized)
struct ScenarioTests {
    @Test func `node-loss: its streams move, none fails, and it comes back`() async throws {
        let story = try await ToldStory("node-loss", seconds: 24)
        #expect(story.status == 0)
        #expect(story.number("moved", 1) > 0 && story.number("failed", 1) == 0, "\(story.rows)")
        #expect(story.fleet?.isEverybody("serving") == true)
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
        let story = try await ToldStory("rolling-update", seconds: 30)
        #expect(story.status == 0)
        #expect(story.rows.allSatisfy { ($0["failed"] as? Double ?? 1) == 0 }, "\(story.rows)")
        let moved = (0..<story.rows.count).reduce(0) { $0 + story.number("moved", $1) }
        #expect(moved > 0)
        #expect(story.fleet?.isEverybody("serving") == true)
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
        // A question takes no yes in its first moment, nor one that comes again at once.
        var pressed = ContinuousClock.now - .seconds(2)
        try await expectEventually("the trial to begin", within: 20) {
            if try await terminal.screen().contains(where: { $0.contains("then policy longest-prefix") }) {
                return true
            }
            if ContinuousClock.now - pressed > .seconds(2) {
                try await terminal.press("y")
                pressed = .now
            }
            return false
        }
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
