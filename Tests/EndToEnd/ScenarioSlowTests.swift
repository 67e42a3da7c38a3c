import TestSupport
import Testing

/// Stories whose figures are of queues and caches in real time: what each promises happens.
@Suite(.serialized)
struct ScenarioSlowTests {
    @Test func `hot-prefix: one node does nearly all, and its tokens come slowly`() async throws {
        let story = try await ToldStory("hot-prefix", seconds: 20)
        #expect(story.status == 0)
        #expect(story.fleet?.policy == "longest-prefix")
        #expect(story.number("tpotP50", 2) > story.number("tpotP50", 0) * 1.3, "\(story.rows)")
        #expect(story.completed[0] > story.completed[1] * 2, "\(story.completed)")
    }

    @Test func `cache-storm: hits fall with the batch job and rise when it is over`() async throws {
        let story = try await ToldStory("cache-storm", seconds: 32)
        #expect(story.status == 0)
        #expect(story.number("hitRate", 1) < story.number("hitRate", 0) - 0.1, "\(story.rows)")
        #expect(story.number("hitRate", 2) > story.number("hitRate", 1), "\(story.rows)")
    }

    @Test func `long-context: first tokens wait behind long prompts`() async throws {
        let story = try await ToldStory("long-context", seconds: 24)
        #expect(story.number("ttftP99", 2) > story.number("ttftP99", 0) * 3, "\(story.rows)")
    }

    @Test func `overload: requests wait in the gateway, and first tokens with them`() async throws {
        let story = try await ToldStory("overload", seconds: 24)
        #expect(story.number("ttftP50", 1) > story.number("ttftP50", 0) * 1.5, "\(story.rows)")
    }
}
