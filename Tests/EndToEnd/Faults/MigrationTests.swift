import Foundation
import TestSupport
import Testing

/// A stream that is carried on elsewhere is the undisturbed one, or it says that it could not be.
@Suite(.serialized)
struct MigrationTests {
    private static let limits = "firstTokenSeconds: 3, stallSeconds: 1, queueSeconds: 5"
    private static let tokens = 96

    private func run(
        _ query: String, _ questions: [Question], engines: Int = 2, sick: [Int] = [0]
    ) async throws -> (verdicts: [Told.Verdict], scene: FaultScene) {
        let scene = try await FaultScene(engines: engines, speed: 20, limits: Self.limits)
        let wanted = try await Question.undisturbed(questions, scene.signalbox)
        for engine in sick { try await scene.tell(engine, query) }
        let verdicts = try scene.ask(questions, wanted, within: 30)
        return (verdicts, scene)
    }

    /// The cuts of the measurement on real engines.
    @Test(arguments: [1, 5, 32, 33, 70])
    func `chats and completions that are cut go on to the byte`(after: Int) async throws {
        let (verdicts, _) = try await run("cut=100&after=\(after)", Question.mixed(12, tokens: Self.tokens))
        #expect(verdicts.allSatisfy { $0 == .whole }, "\(verdicts.filter { $0 != .whole })")
    }

    @Test func `a stream that is cut again and again goes on until the third engine`() async throws {
        let (verdicts, _) = try await run(
            "cut=100&after=9", Question.mixed(6, tokens: Self.tokens), engines: 3, sick: [0, 1])
        #expect(verdicts.allSatisfy { $0 == .whole }, "\(verdicts.filter { $0 != .whole })")
    }

    @Test(arguments: [
        #","stream_options":{"include_usage":true}"#,
        #","stream_options":{"include_usage":true,"continuous_usage_stats":true}"#,
    ])
    func `usage is that of the undisturbed answer`(more: String) async throws {
        let questions = Question.mixed(4, tokens: Self.tokens).map { question in
            var asking = question
            asking.more = more
            return asking
        }
        let scene = try await FaultScene(engines: 2, speed: 20, limits: Self.limits)
        func usages(_ url: String) throws -> [[String: Int]] {
            let crowd = try Crowd(url)
            for question in questions { try crowd.add(question.request) }
            try crowd.serveAll(within: 30)
            return crowd.clients.map { Told($0).usage }
        }
        let direct = try usages(scene.engines[1].url)
        try await scene.tell(0, "cut=100&after=9")
        let ours = try usages(scene.gateway.url)
        for (one, other) in zip(direct, ours) {
            #expect(one["completion_tokens"] == Self.tokens)
            #expect(one == other)
        }
    }

    @Test func `a client that asked for token ids gets all of them`() async throws {
        let question = #""return_token_ids":true"#
        let questions = Question.mixed(4, tokens: Self.tokens).map { each in
            var asking = each
            asking.more = "," + question
            return asking
        }
        let scene = try await FaultScene(engines: 2, speed: 20, limits: Self.limits)
        func ids(_ url: String) throws -> [[Double]] {
            let crowd = try Crowd(url)
            for question in questions { try crowd.add(question.request) }
            try crowd.serveAll(within: 30)
            return crowd.clients.map { client in
                (RawAnswer(client.bytes)?.events ?? []).flatMap { event in
                    let json = try? JSONDecoder().decode(JSON.self, from: Data(event.dropFirst(6).utf8))
                    return json?.choices?[0]?.token_ids?.list?.compactMap(\.number) ?? []
                }
            }
        }
        let direct = try ids(scene.engines[1].url)
        #expect(direct.allSatisfy { $0.count == Self.tokens })
        try await scene.tell(0, "cut=100&after=9")
        #expect(try ids(scene.gateway.url) == direct)
    }

    @Test(arguments: [
        #","tools":[{"type":"function","function":{"name":"f"}}]"#, #","stop":["no such text"]"#,
        #","min_tokens":50"#,
    ])
    func `tools, stop strings and a minimum of tokens keep no stream from going on`(more: String) async throws
    {
        let questions = (0..<4).map { Question(number: $0, tokens: Self.tokens, more: more) }
        let (verdicts, _) = try await run("cut=100&after=9", questions)
        #expect(verdicts.allSatisfy { $0 == .whole }, "\(verdicts)")
    }

    /// What no token ids can carry on exactly: ended with an error that says why.
    @Test(arguments: [
        ("logprobs", Question(number: 0, more: #","logprobs":true"#)),
        ("structured", Question(number: 0, more: #","response_format":{"type":"json_object"}"#)),
        ("temperature", Question(number: 0, temperature: 0.7)),
        ("temperature", Question(number: 0, temperature: 0.7, more: #","seed":1"#)),
        ("penalties", Question(number: 0, more: #","frequency_penalty":1.5"#)),
    ])
    func `what cannot be carried on exactly is broken off with the reason`(why: String, question: Question)
        async throws
    {
        let questions = (0..<4).map { number in
            var each = question
            each.number = number
            return each
        }
        let (verdicts, _) = try await run("cut=100&after=9", questions)
        let reasons = verdicts.compactMap { if case .brokenOff(let reason) = $0 { reason } else { nil } }
        #expect(reasons.count == 2 && verdicts.count { $0 == .whole } == 2, "\(verdicts)")
        #expect(reasons.allSatisfy { $0.contains(why) }, "\(reasons)")
    }

    @Test func `a client that opts out is not carried on`() async throws {
        let questions = (0..<4).map {
            Question(number: $0, tokens: Self.tokens, headers: "x-signalbox-migration: off\r\n")
        }
        let (verdicts, _) = try await run("cut=100&after=9", questions)
        #expect(verdicts.count { if case .brokenOff = $0 { true } else { false } } == 2, "\(verdicts)")
    }
}
