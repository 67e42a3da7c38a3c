import Foundation
import GatewayCore
import TestSupport
import Testing

/// The gateway's hold over real sockets: engines that are slow enough for a burst to be more than they take at once.
@Suite(.serialized)
struct HoldTests {
    /// A quarter of the hardware's speed: some 5,500 tokens of prefill a second.
    private struct Fleet {
        let signalbox: Signalbox
        let engines: [Engine]
        let gateway: Serving
        let model: String

        init(engines count: Int) async throws {
            let signalbox = try Signalbox()
            self.signalbox = signalbox
            var started: [Engine] = []
            for _ in 0..<count { started.append(try await Engine(signalbox, "--speed", "0.25")) }
            engines = started
            gateway = try await Serving(signalbox, engines.map(\.url))
            model = try await signalbox.waitForServing(gateway.admin).firstModel
            // What a prefill takes is learned from those that were alone; one that is left out is learned by the next.
            for (seed, tokens) in [500, 1000, 2000, 4000, 8000, 250].enumerated() {
                for node in engines.indices {
                    try [ask(tokens: tokens, seed: UInt64(seed * 10 + node + 1))].finish()
                }
            }
        }

        func ask(prefix: String = "", tokens: Int, seed: UInt64) throws -> TextRequest {
            try TextRequest(gateway.url, model, prompt: prefix + text(tokens: tokens, seed: seed))
        }

        func policy(_ words: String...) async throws {
            let result = try await signalbox.run(["policy", "foresight"] + words)
            #expect(result.status == 0, "\(result.errors)")
        }

        /// Requests on nodes and requests in the gateway's queue. Asked without a process: a node may be done within a second.
        func active() throws -> (sent: Int, held: Int) {
            var admin = try AdminClient(path: gateway.admin)
            let snapshot = try admin.snapshot()
            return (snapshot.nodes.reduce(0) { $0 + $1.active }, snapshot.gateway.queued)
        }

        /// A prompt that keeps a node busy for two seconds, then four in the order that is the worst for the mean. The
        /// third has nearly all of its prompt cached.
        func burst(behind prefix: String) async throws -> [TextRequest] {
            [
                try await first(tokens: 10_000, seed: 900), try ask(tokens: 2000, seed: 901),
                try ask(tokens: 1200, seed: 902), try ask(prefix: prefix, tokens: 100, seed: 903),
                try ask(tokens: 600, seed: 904),
            ]
        }

        /// One that is on the node before any other is sent: a short prompt sent behind a long one may be read whole before it.
        func first(tokens: Int, seed: UInt64) async throws -> TextRequest {
            let request = try ask(tokens: tokens, seed: seed)
            try await expectEventually("on the node", within: 5) { try active().sent == 1 }
            return request
        }
    }

    private static let prefix = text(tokens: 3000, seed: 77)

    @Test func `a burst waits at the gateway and leaves by least uncached work`() async throws {
        let fleet = try await Fleet(engines: 1)
        try [fleet.ask(prefix: Self.prefix, tokens: 100, seed: 1000)].finish()
        let requests = try await fleet.burst(behind: Self.prefix)
        try await expectEventually("one on the node, four held", within: 5) {
            let now = try fleet.active()
            return now.sent == 1 && now.held == 4
        }
        try requests.finish()
        #expect(requests.order == [0, 3, 4, 2, 1], "\(requests.compactMap(\.seconds))")
        #expect(requests.map(\.wasHeld) == [false, true, true, true, true], "\(requests.map(\.decision))")
        // What is predicted of one that was held is what was there before it, not its own prompt.
        for request in requests {
            let miss = try #require(request.predictedCachedTokens) - #require(request.cachedTokens)
            #expect(abs(miss) < 200, "\(request.decision)")
        }
        #expect(requests[3].cachedTokens ?? 0 > 2900)
    }

    @Test func `with the dial off all are sent at once, in the order in which they came`() async throws {
        let fleet = try await Fleet(engines: 1)
        try await fleet.policy("hold=0")
        let requests = try await fleet.burst(behind: Self.prefix)
        try await expectEventually("five on the node", within: 5) {
            let now = try fleet.active()
            #expect(now.held == 0)
            return now.sent == 5
        }
        try requests.finish()
        #expect(requests.map(\.wasHeld) == Array(repeating: false, count: 5))
        // The small ones wait in the engine behind the large one.
        let seconds = requests.compactMap(\.seconds)
        #expect(seconds.allSatisfy { $0 > seconds[0] - 0.05 }, "\(seconds)")
    }

    @Test func `an idle node takes over what it finishes sooner than the one with the prefix`() async throws {
        let fleet = try await Fleet(engines: 2)
        let prefix = text(tokens: 1000, seed: 78)
        let first = [try fleet.ask(prefix: prefix, tokens: 100, seed: 1000)]
        try first.finish()
        let requests = try (0..<16).map { try fleet.ask(prefix: prefix, tokens: 800, seed: 1001 + $0) }
        try requests.finish()
        let home = requests.indices.filter { requests[$0].node == first[0].node }
        let away = requests.indices.filter { requests[$0].node != first[0].node }
        #expect(home.count >= 4 && away.count >= 4, "\(requests.map(\.decision).joined(separator: "\n"))")
        // It did not stand idle until the other one was done.
        let earliest = try #require(requests.order.firstIndex { away.contains($0) })
        #expect(earliest < 8, "\(requests.compactMap(\.seconds))")
    }

    @Test func `who has waited for the longest time allowed goes before all smaller ones`() async throws {
        let fleet = try await Fleet(engines: 1)
        try await fleet.policy("ageing=0", "longest=2")
        var requests = [try await fleet.first(tokens: 6000, seed: 900)]
        requests.append(try fleet.ask(tokens: 4000, seed: 901))
        requests += try (0..<40).map { try fleet.ask(tokens: 400, seed: 902 + $0) }
        try requests.finish()
        let place = try #require(requests.order.firstIndex(of: 1))
        // Small ones first, but not all of them.
        #expect((5..<35).contains(place), "\(requests.compactMap(\.seconds))")
        let waited = try #require(requests[1].seconds)
        #expect((1.5..<4.5).contains(waited))
    }
}
