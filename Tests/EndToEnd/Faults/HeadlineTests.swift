import Foundation
import TestSupport
import Testing

/// The promise, at its size.
@Suite(.serialized)
struct HeadlineTests {
    private static let limits = "firstTokenSeconds: 20, stallSeconds: 5, queueSeconds: 20"

    @Test func `500 streams over four engines lose no byte when one is killed`() async throws {
        let scene = try await FaultScene(engines: 4, speed: 1, limits: Self.limits)
        let questions = Question.mixed(500, tokens: 120)
        let wanted = try await Question.undisturbed(questions, scene.signalbox)
        let crowd = try Crowd(scene.gateway.url)
        for question in questions { try crowd.add(question.request) }
        try crowd.serve(until: "every stream has begun", within: 60) { crowd.clients.allSatisfy(\.hasText) }
        #expect(crowd.openCount == questions.count, "none may have ended yet")
        let before = crowd.clients.map(\.longestGap).max() ?? 0
        scene.engines[1].program.signal(SIGKILL)
        try crowd.serveAll(within: 90)
        let verdicts = scene.verdicts(crowd, questions, wanted)
        let others = verdicts.filter { $0 != .whole }
        #expect(others.isEmpty, "\(others.count) of \(verdicts.count): \(others.prefix(3))")
        let status = try await scene.settled(questions.count)
        #expect(status.requests["completed"] == questions.count)
        let longest = crowd.clients.map(\.longestGap).max() ?? 0
        print(
            "headline: \(questions.count) streams, \(verdicts.count { $0 == .whole }) whole; longest gap that a client saw: "
                + "\(longest / 1_000_000) ms, before the kill \(before / 1_000_000) ms")
        #expect(longest < 5_000_000_000)
    }
}
