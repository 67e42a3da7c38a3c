import Foundation
import TestSupport
import Testing

/// Every engine is restarted, one after the other, while clients ask and ask: none of them notices.
@Suite(.serialized)
struct RollingRestartTests {
    private static let limits = "firstTokenSeconds: 20, stallSeconds: 5, queueSeconds: 20"
    private static let concurrency = 40

    private func restart(
        _ engine: Engine, _ load: ClosedLoop, _ scene: FaultScene, by number: Int32
    ) throws -> Program {
        engine.program.signal(number)
        try load.run(until: "the engine's end") { engine.program.status != nil }
        let program = try scene.signalbox.start(FaultScene.words(speed: 4, port: try engine.port))
        try load.run(until: "the engine's return") { program.output.contains("ready") }
        return program
    }

    private func expectNothingLost(_ load: ClosedLoop, _ scene: FaultScene, _ what: String) async throws {
        try load.end()
        #expect(load.others.isEmpty, "\(load.others.count) of \(load.ended): \(load.others.prefix(3))")
        let requests = try await scene.settled(load.sent).requests
        #expect(requests["completed"] == load.sent, "\(requests)")
        print(
            "rolling restart, \(what): \(load.whole) of \(load.sent) whole; longest gap that a client saw: "
                + "\(load.longestGap / 1_000_000) ms")
    }

    private func run(_ what: String, drain: [String]?, by number: Int32) async throws {
        let scene = try await FaultScene(engines: 3, speed: 4, limits: Self.limits)
        let load = try await ClosedLoop(scene, Question.mixed(64, tokens: 64), concurrency: Self.concurrency)
        var restarted: [Program] = []
        try load.run(until: "a full load") { load.ended >= Self.concurrency }
        for (index, engine) in scene.engines.enumerated() {
            let name = scene.names[index]
            if let drain { try load.run(["drain", name] + drain) }
            restarted.append(try restart(engine, load, scene, by: number))
            if drain != nil { try load.run(["undrain", name]) }
            let before = load.ended
            let node = scene
            var isServing = false
            while !isServing {
                let status = try node.signalbox.start(["status", "--json", "--admin", scene.gateway.admin])
                try load.run(until: "a status") { status.status != nil }
                isServing = try Status(status.output).state(name) == "serving"
            }
            try load.run(until: "answers after its return") { load.ended >= before + 2 * Self.concurrency }
        }
        try await expectNothingLost(load, scene, what)
        #expect(restarted.allSatisfy { $0.status == nil })
    }

    @Test func `drained first, so that streams finish`() async throws {
        try await run("drained", drain: ["--wait"], by: SIGTERM)
    }

    @Test func `drained with --migrate, so that streams go on elsewhere at once`() async throws {
        try await run("migrated", drain: ["--migrate", "--wait"], by: SIGTERM)
    }

    @Test func `without a drain, by kill -9`() async throws {
        try await run("killed", drain: nil, by: SIGKILL)
    }
}
