import Foundation
import GatewayCore
import TestSupport
import Testing

/// Minutes of mixed faults under load; at the end nothing has leaked and the books are right to the token.
///
/// `SIGNALBOX_SOAK_SECONDS` sets how long (600).
@Suite(.serialized)
struct SoakSlowTests {
    private static let limits = "firstTokenSeconds: 3, stallSeconds: 1, queueSeconds: 20"
    private static let tokens = 48
    private static let seconds =
        ProcessInfo.processInfo.environment["SIGNALBOX_SOAK_SECONDS"].flatMap { Double($0) } ?? 600

    /// What may happen to the next completions of an engine.
    private static let faults = [
        "cut=3&at=request", "cut=3&at=answer", "cut=3&at=head", "cut=3&at=frame&after=9",
        "cut=3&at=event&after=9",
        "cut=3&at=between&after=20", "cut=3&at=done", "cut=3&at=end", "rst=3&at=answer",
        "rst=3&at=between&after=20",
        "hang=1", "mute=1", "stall=2&after=12", "slow=3&ms=20", "error=3&after=5", "abort=3&after=5",
        "truncate=3&after=5", "chunk=2&after=5", "fail=3&status=429", "fail=3&status=500",
        "fail=3&status=503",
        "health=1", "garbage=2",
    ]

    /// The gateway's memory and descriptors.
    private struct Footprint {
        let bytes: Int
        let descriptors: Int

        init(_ process: Int32) throws {
            let pages = try String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8).split(
                separator: " ")
            bytes = (pages.count > 1 ? Int(pages[1]) ?? 0 : 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
            descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count
        }
    }

    @Test func `ten minutes of faults leak nothing, lose nothing and are booked to the token`() async throws {
        let scene = try await FaultScene(
            engines: 3, speed: 4, limits: Self.limits, streams: "migrations: 8", policy: "least-requests")
        let questions = Question.mixed(96, tokens: Self.tokens)
        let load = try await ClosedLoop(scene, questions, concurrency: 30)
        let gateway = scene.gateway.program.processID
        let atRest = try Footprint(gateway)
        var random = SplitMix64(seed: 4)
        var sizes: [Int] = []
        let end = ContinuousClock.now + .seconds(Self.seconds)
        while ContinuousClock.now < end {
            let engine = Int(random.next() % UInt64(scene.engines.count))
            let roll = Int(random.next() % 20)
            let until = ContinuousClock.now + .seconds(0.5)
            if roll == 0 {
                try freeze(scene.engines[engine], load)
            } else if roll < 16 {
                try await scene.tell(engine, Self.faults[Int(random.next() % UInt64(Self.faults.count))])
            }
            for _ in 0..<(random.next() % 4) { load.vanish(byReset: random.next() % 2 == 0) }
            try load.run(until: "half a second") { ContinuousClock.now >= until }
            sizes.append(try Footprint(gateway).bytes)
        }
        for index in scene.engines.indices { try await scene.tell(index, "cut=0&fail=0") }
        try load.end()
        try await expectNothingLeft(scene, atRest)
        try await expectBooks(scene, load)
        expectSteady(sizes)
    }

    /// An engine stops for longer than the stall limit.
    private func freeze(_ engine: Engine, _ load: ClosedLoop) throws {
        engine.program.signal(SIGSTOP)
        defer { engine.program.signal(SIGCONT) }
        let until = ContinuousClock.now + .seconds(1.5)
        try load.run(until: "the end of the freeze") { ContinuousClock.now >= until }
    }

    private func expectNothingLeft(_ scene: FaultScene, _ atRest: Footprint) async throws {
        var last = 0
        // Kept connections to engines are closed within 5 s.
        try await expectEventually(
            "the gateway has as few descriptors as before", within: 30,
            seen: { "\(last) and \(atRest.descriptors)" }
        ) {
            last = try Footprint(scene.gateway.program.processID).descriptors
            return last <= atRest.descriptors
        }
        for index in scene.engines.indices {
            try await expectEventually("engine \(index) works for nobody") {
                try await scene.account(index).unfinished == 0
            }
        }
    }

    /// Tokens of completed requests are those that clients have; all tokens are those that engines wrote, but for what was
    /// under way to a stream that had ended.
    private func expectBooks(_ scene: FaultScene, _ load: ClosedLoop) async throws {
        let status = try await scene.settled(load.sent)
        let totals = try #require(status.object["totals"] as? [String: Any])
        let tokens = try #require(totals["tokens"] as? [String: Int])
        let output = tokens["output"] ?? 0
        let wasted = tokens["wasted"] ?? 0
        var written = 0
        for index in scene.engines.indices { written += try await scene.account(index).written_tokens }
        print(
            "soak: \(load.sent) requests, \(load.whole) whole, \(load.vanished) vanished, \(load.others.count) others; "
                + "tokens: clients \(load.wholeTokens), ledger \(output) of which \(wasted) wasted, engines \(written); "
                + "\(status.requests)")
        let lies = load.others.filter { if case .lie = $0 { true } else { false } }
        #expect(lies.isEmpty, "\(lies.count), such as \(lies.prefix(3))")
        let completed = status.requests["completed"] ?? 0
        let cancelled = status.requests["cancelled"] ?? 0
        let failed = (status.requests["failed"] ?? 0) + (status.requests["refused"] ?? 0)
        #expect(failed == load.others.count)
        // A client may go away when all of its answer is already on its way to it: such a request is completed.
        let tooLate = completed - load.whole
        #expect(cancelled + tooLate == load.vanished)
        // What a node had said of a stream that failed or was cancelled on the next one is no waste in the ledger.
        let handedOn = output - wasted - load.wholeTokens - tooLate * Self.tokens
        #expect((0...(cancelled + failed) * Self.tokens).contains(handedOn), "\(handedOn)")
        #expect(output <= written)
        #expect(Double(written - output) < 0.01 * Double(written))
        #expect(
            load.others.count * 100 < load.sent,
            "\(load.others.count) of \(load.sent): \(load.others.prefix(5))")
    }

    /// The second half of the run needs no more memory than the first, but for noise.
    private func expectSteady(_ sizes: [Int]) {
        let quarter = sizes.count / 4
        guard quarter > 0 else { return }
        let third = sizes[(2 * quarter)..<(3 * quarter)].reduce(0, +) / quarter
        let last = sizes[(3 * quarter)..<(4 * quarter)].reduce(0, +) / quarter
        print(
            "soak: resident \(sizes[0] >> 20) MiB at first, third quarter \(third >> 10) KiB, last \(last >> 10) KiB"
        )
        #expect(Double(last) < 1.03 * Double(third) + 1_048_576)
    }
}
