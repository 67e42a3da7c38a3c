import Foundation
import GatewayCore
import TestSupport
import Testing

/// Tuning over real sockets: a price of prefill that is too low for the engines' caches.
@Suite(.serialized)
struct AutotuneTests {
    private let signalbox: Signalbox
    private let engines: [Engine]
    private let gateway: Serving

    init() async throws {
        signalbox = try Signalbox()
        var started: [Engine] = []
        for _ in 0..<2 { started.append(try await Engine(signalbox, "--kv-tokens", "30000")) }
        engines = started
        let nodes = engines.enumerated().map { "{name: 'e\($0)', url: '\($1.url)'}" }.joined(separator: ", ")
        let file = try signalbox.folder.write(
            """
            {nodes: [\(nodes)], policy: {name: 'foresight', w: 0.5}, routing: {autotune: 5}}
            """, to: "fleet.json5")
        gateway = try await Serving(signalbox, ["--config", file])
    }

    /// Twelve prompts for two nodes that hold seven of them each: whoever spreads them empties both caches.
    /// - Parameter first: tells these requests' own text from that of others.
    private func send(_ count: Int, from first: Int = 0) async throws {
        let model = try await signalbox.waitForServing(gateway.admin).firstModel
        let prompts = (0..<12).map { text(tokens: 4000, seed: $0 + 1) }
        var random = SplitMix64(seed: 3 + UInt64(first))
        var sent: [TextRequest] = []
        let start = ContinuousClock.now
        for place in 0..<count {
            try await expectEventually("the time of request \(place)") {
                for request in sent { request.look() }
                return ContinuousClock.now >= start + .milliseconds(place * 100)
            }
            let own = text(tokens: 352, seed: UInt64(1000 + first + place))
            sent.append(
                try TextRequest(gateway.url, model, prompt: prompts[Int(random.next() % 12)] + own))
        }
        try sent.finish()
    }

    private func snapshot() throws -> Snapshot {
        var client = try AdminClient(path: gateway.admin)
        return try client.snapshot()
    }

    private func isTuned() throws -> Bool {
        try snapshot().gateway.policySettings.standard.named["w"] ?? 0 > 0.5
    }

    private func isTuned(within seconds: Double) async -> Bool {
        (try? await expectEventually("a higher w", within: seconds) { try isTuned() }) != nil
    }

    @Test func `w is changed by a command of its own, and an undo brings it back for good`() async throws {
        try await send(200)
        // Of the same requests each look says the same: where it finds no gain, more of them come.
        for round in 1...4 where await !isTuned(within: 15) { try await send(100, from: 200 * round) }
        try await expectEventually(
            "a higher w", within: 60, seen: { "\(String(describing: try snapshot().gateway.autotune))" }
        ) { try isTuned() }
        let tuned = try snapshot()
        let event = try #require(tuned.events.first { $0.actor == "autotune" })
        #expect(event.text.contains("policy: foresight w=0.5 → foresight w="))
        #expect(event.text.contains("in virtual time mean TTFT"))
        let undo = try #require(tuned.gateway.autotune?.undo)
        var client = try AdminClient(path: gateway.admin)
        #expect(try client.perform(CommandRequest(command: undo, actor: "ann")).accepted)
        #expect(try !isTuned())
        // It looks again five seconds after the verdict on the change, and keeps its hands off.
        try await expectEventually("that it says so", within: 100) {
            try snapshot().gateway.autotune?.words.hasPrefix("off for all models since ann") == true
        }
        #expect(try !isTuned())
        #expect(try await signalbox.run("autotune", "off").output.contains("autotune off"))
        #expect(try snapshot().gateway.autotune == nil)
    }
}
