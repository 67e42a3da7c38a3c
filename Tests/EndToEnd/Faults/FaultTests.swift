import Foundation
import TestSupport
import Testing

/// Each fault at each moment, in one of two engines: clients get all of their text or an error that says so.
@Suite(.serialized)
struct FaultTests {
    /// What may come of it.
    enum Hope: Sendable {
        /// Every client gets all of its text.
        case whole
        /// A true status or an error event will do.
        case honest
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let query: String
        var hope = Hope.whole
        var testDescription: String { query }

        init(_ query: String, _ hope: Hope = .whole) {
            self.query = query
            self.hope = hope
        }
    }

    private static let tokens = 40
    private static let limits = "firstTokenSeconds: 2, stallSeconds: 1, queueSeconds: 5"
    /// No case may take longer than the limits and a few tries of them.
    private static let patience = 20.0

    /// Streamed chats and completions.
    private static let streams = Question.mixed(8, tokens: tokens)
    /// The same in one piece.
    private static let pieces = Question.mixed(8, tokens: tokens).map { question in
        var piece = question
        piece.isStreamed = false
        return piece
    }

    private func run(_ fault: Case, _ questions: [Question] = streams, sick: Range<Int> = 0..<1) async throws
    {
        let scene = try await FaultScene(engines: 2, limits: Self.limits)
        let wanted = try await Question.undisturbed(questions, scene.signalbox)
        for engine in sick { try await scene.tell(engine, fault.query) }
        let verdicts = try scene.ask(questions, wanted, within: Self.patience)
        expectHonesty(verdicts, fault.hope)
        try await expectBooks(scene, verdicts)
        for engine in sick { try await scene.tell(engine, "cut=0&fail=0&pause=0") }
        try await expectService(scene, questions, wanted)
    }

    private func expectHonesty(_ verdicts: [Told.Verdict], _ hope: Hope) {
        let bad = verdicts.filter {
            switch $0 {
            case .whole: false
            case .refused, .brokenOff, .torn: hope == .whole
            case .lie: true
            }
        }
        #expect(
            bad.isEmpty, "\(bad.count) of \(verdicts.count), the first: \(bad.first.map { "\($0)" } ?? "")")
    }

    /// The books say what the clients saw.
    private func expectBooks(_ scene: FaultScene, _ verdicts: [Told.Verdict]) async throws {
        let requests = try await scene.settled(verdicts.count).requests
        #expect(requests["completed"] == verdicts.count { $0 == .whole })
        #expect(
            (requests["failed"] ?? 0) + (requests["refused"] ?? 0) == verdicts.count { $0 != .whole },
            "\(requests)")
        #expect(requests["cancelled"] == 0)
    }

    /// The gateway still serves, and no engine works for nobody.
    private func expectService(_ scene: FaultScene, _ questions: [Question], _ wanted: [String]) async throws
    {
        // An ejected node comes back by a request that goes well, so that nobody waits for it here.
        try await expectEventually("a node serves") {
            try await scene.signalbox.status(scene.gateway.admin).nodes.contains {
                $0["state"] as? String == "serving"
            }
        }
        let verdicts = try scene.ask(questions, wanted, within: Self.patience)
        #expect(verdicts.allSatisfy { $0 == .whole }, "afterwards: \(verdicts)")
        for index in scene.engines.indices {
            try await expectEventually("engine \(index) works for nobody") {
                try await scene.account(index).unfinished == 0
            }
        }
        #expect(scene.gateway.program.status == nil)
    }

    // MARK: one engine of two

    @Test(
        arguments: ["cut", "rst"],
        ["request", "answer", "head", "frame", "event", "between", "done", "end"])
    func `an engine's connection ends, at any moment`(kind: String, moment: String) async throws {
        try await run(Case("\(kind)=100&at=\(moment)&after=7"))
    }

    @Test(
        arguments: ["cut", "rst"], ["request", "answer", "head", "frame", "between"])
    func `an engine's connection ends before all of an answer in one piece is there`(
        kind: String, moment: String
    ) async throws {
        try await run(
            Case("\(kind)=100&at=\(moment)&after=7", moment == "frame" ? .honest : .whole), Self.pieces)
    }

    @Test(arguments: [
        Case("hang=100"), Case("mute=100"), Case("stall=100&after=0"), Case("stall=100&after=7"),
        Case("slow=100&ms=50"), Case("pause=1"),
    ])
    func `an engine falls silent or slow`(fault: Case) async throws { try await run(fault) }

    @Test(arguments: [
        Case("truncate=100&after=0"), Case("truncate=100&after=7"), Case("error=100&after=0"),
        Case("error=100&after=7"), Case("abort=100&after=0"), Case("abort=100&after=7"),
    ])
    func `an engine ends a stream as if all were well`(fault: Case) async throws { try await run(fault) }

    @Test(arguments: [Case("chunk=100&after=0"), Case("chunk=100&after=7")])
    func `an engine's framing breaks`(fault: Case) async throws { try await run(fault) }

    /// By default such events are reported, not acted on: the client gets what the engine sent.
    @Test(arguments: ["nojson=100&after=7", "utf8=100&after=7"])
    func `garbage inside an event reaches the client as the engine sent it`(query: String) async throws {
        let scene = try await FaultScene(engines: 2, limits: Self.limits)
        let question = Question(number: 1, tokens: Self.tokens)
        func body(_ url: String) throws -> String {
            let crowd = try Crowd(url)
            let client = try crowd.add(question.request)
            try crowd.serveAll(within: Self.patience)
            let answer = try #require(RawAnswer(client.bytes))
            #expect(answer.status == 200 && answer.isWhole)
            return answer.text.replacing(/"id":"[^"]*"|"created":[0-9]*/, with: "")
        }
        for engine in 0..<2 { try await scene.tell(engine, query) }
        #expect(try body(scene.gateway.url) == body(scene.engines[0].url))
    }

    @Test(arguments: [
        Case("fail=100&status=429&retry-after=1"), Case("fail=100&status=429"), Case("fail=100&status=500"),
        Case("fail=100&status=503&retry-after=1"),
    ])
    func `an engine refuses`(fault: Case) async throws {
        try await run(fault)
        try await run(fault, Self.pieces)
    }

    // MARK: both

    @Test(arguments: [
        Case("cut=10000&at=request", .honest), Case("cut=10000&at=head", .honest),
        Case("cut=10000&after=7", .honest), Case("hang=10000", .honest), Case("mute=10000", .honest),
        Case("stall=10000&after=7", .honest), Case("error=10000&after=0", .honest),
        Case("error=10000&after=7", .honest), Case("truncate=10000&after=7", .honest),
        Case("abort=10000&after=7", .honest), Case("chunk=10000&after=7", .honest),
        Case("fail=10000&status=500", .honest),
    ])
    func `when every engine is sick, clients are told and nobody waits for ever`(fault: Case) async throws {
        try await run(fault, sick: 0..<2)
    }
}
