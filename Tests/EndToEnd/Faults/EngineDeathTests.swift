import Foundation
import TestSupport
import Testing

/// Real processes that end or freeze in the middle of streams.
@Suite(.serialized)
struct EngineDeathTests {
    private static let limits = "firstTokenSeconds: 3, stallSeconds: 1, queueSeconds: 10"

    /// Streams through two engines; something happens to one when each has said something.
    private func run(
        _ flags: [String] = [], tokens: Int = 96, _ happen: (Engine) throws -> Void
    ) async throws -> (verdicts: [Told.Verdict], scene: FaultScene, crowd: Crowd) {
        let scene = try await FaultScene(engines: 2, speed: 2, flags: flags, limits: Self.limits)
        let questions = Question.mixed(20, tokens: tokens)
        let wanted = try await Question.undisturbed(questions, scene.signalbox)
        let crowd = try Crowd(scene.gateway.url)
        for question in questions { try crowd.add(question.request) }
        try crowd.serve(until: "every stream has begun", within: 20) { crowd.clients.allSatisfy(\.hasText) }
        #expect(crowd.openCount == questions.count, "none may have ended yet")
        try happen(scene.engines[0])
        try crowd.serveAll(within: 40)
        return (scene.verdicts(crowd, questions, wanted), scene, crowd)
    }

    private func expectWhole(_ verdicts: [Told.Verdict]) {
        let others = verdicts.filter { $0 != .whole }
        #expect(others.isEmpty, "\(others.count) of \(verdicts.count): \(others.prefix(3))")
    }

    @Test func `kill -9 of an engine costs no stream a byte`() async throws {
        let (verdicts, scene, _) = try await run { $0.program.signal(SIGKILL) }
        expectWhole(verdicts)
        let status = try await scene.settled(verdicts.count)
        #expect(status.requests["completed"] == verdicts.count)
        try await expectEventually("the dead one is seen") {
            let state = try await scene.signalbox.status(scene.gateway.admin).state(scene.names[0])
            return state != "serving" && state != nil
        }
    }

    @Test func `an engine that freezes costs no stream a byte`() async throws {
        let (verdicts, scene, _) = try await run { $0.program.signal(SIGSTOP) }
        defer { scene.engines[0].program.signal(SIGCONT) }
        expectWhole(verdicts)
    }

    @Test(arguments: ["vllm", "shutdown-timeout", "llamacpp"])
    func `TERM ends an engine as real ones end, and no stream loses a byte`(ending: String) async throws {
        let (verdicts, scene, _) = try await run(["--term", ending]) { $0.program.signal(SIGTERM) }
        expectWhole(verdicts)
        #expect(try await scene.engines[0].program.result().status == 0)
        let status = try await scene.settled(verdicts.count)
        #expect(status.requests["completed"] == verdicts.count)
    }

    @Test func `requests that come while an engine shuts down are served elsewhere`() async throws {
        let scene = try await FaultScene(
            engines: 2, speed: 0.5, flags: ["--term", "shutdown-timeout"], limits: Self.limits)
        let questions = Question.mixed(4, tokens: 96)
        let more = Question.mixed(12, tokens: 8, from: 100)
        let wanted = try await Question.undisturbed(questions + more, scene.signalbox)
        let crowd = try Crowd(scene.gateway.url)
        for question in questions { try crowd.add(question.request) }
        try crowd.serve(until: "every stream has begun", within: 20) { crowd.clients.allSatisfy(\.hasText) }
        scene.engines[0].program.signal(SIGTERM)
        for question in more { try crowd.add(question.request) }
        try crowd.serveAll(within: 60)
        expectWhole(scene.verdicts(crowd, questions + more, wanted))
    }
}
