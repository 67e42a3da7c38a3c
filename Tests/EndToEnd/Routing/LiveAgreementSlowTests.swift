import Foundation
import GatewayCore
import TestSupport
import Testing

/// Virtual time against real time: one trace through `signalbox replay`, and through a gateway with emulated engines of the
/// same profile. What is concluded from replays holds as far as these agree.
@Suite(.serialized)
struct LiveAgreementSlowTests {
    private static let nodes = 4
    private static let kvBlocks = 120
    private static let blockTokens = 512
    /// Of the hardware's: so that real time is spent in engines, not in the sockets of a small machine.
    private static let engineSpeed = 0.5

    private struct Request {
        var milliseconds: Int
        var blocks: [Int]
        var outputTokens: Int
        var session: String

        var promptTokens: Int { blocks.count * LiveAgreementSlowTests.blockTokens }
        var prompt: String {
            blocks.map { text(tokens: LiveAgreementSlowTests.blockTokens, seed: UInt64($0)) }.joined()
        }
        var line: String {
            "{\"timestamp\": \(milliseconds), \"input_length\": \(promptTokens), "
                + "\"output_length\": \(outputTokens), \"hash_ids\": \(blocks)}"
        }
    }

    /// Forty seconds: questions on four shared prompts, and conversations that grow. What they use is more than the caches
    /// hold.
    private static func trace() -> [Request] {
        var random = SplitMix64(seed: 5)
        var conversations = (0..<24).map { [1000 + $0 * 100, 1001 + $0 * 100, 1002 + $0 * 100] }
        var requests: [Request] = []
        var seconds = 0.0
        var unique = 100_000
        while true {
            seconds -= log(1 - Double(random.next() >> 11) / 9_007_199_254_740_992) / 8
            guard seconds < 40 else { return requests }
            var request = Request(
                milliseconds: Int(seconds * 1000), blocks: [], outputTokens: 8 + Int(random.next() % 33),
                session: "")
            if random.next() % 2 == 0 {
                let shared = Int(random.next() % 4) * 10
                request.blocks = [shared, shared + 1, shared + 2, shared + 3]
                for _ in 0...(random.next() % 8) {
                    unique += 1
                    request.blocks.append(unique)
                }
                request.session = "alone \(unique)"
            } else {
                let place = Int(random.next() % UInt64(conversations.count))
                let last = conversations[place].last ?? 0
                conversations[place] += [last + 1, last + 2]
                request.blocks = conversations[place]
                request.session = "conversation \(place)"
                if conversations[place].count > 24 { conversations[place].removeLast(22) }
            }
            requests.append(request)
        }
    }

    private struct Figures {
        var hits: Double
        var mean: Double
        var median: Double
    }

    private static func replayed(_ requests: [Request], _ signalbox: Signalbox) async throws -> Figures {
        let path = try signalbox.folder.write(
            requests.map(\.line).joined(separator: "\n"), to: "trace.jsonl")
        let result = try await signalbox.run(
            "replay", path, "--nodes", "\(nodes)", "--speeds", "\(engineSpeed)", "--kv-blocks", "\(kvBlocks)",
            "--policies", "foresight", "--json")
        let policies = try #require(try Status(result.output).object["policies"] as? [[String: Any]])
        let ttft = try #require(policies.first?["ttft"] as? [String: Double])
        #expect(policies.first?["completed"] as? Int == requests.count)
        return Figures(
            hits: try #require(policies.first?["hitRatio"] as? Double), mean: try #require(ttft["mean"]),
            median: try #require(ttft["p50"]))
    }

    private static func lived(_ requests: [Request], _ signalbox: Signalbox) async throws -> Figures {
        var engines: [Engine] = []
        for node in 1...nodes {
            engines.append(
                try await Engine(
                    signalbox, "--speed", "\(engineSpeed)", "--kv-tokens", "\(kvBlocks * blockTokens)",
                    "--seed", "\(node)"))
        }
        let gateway = try await Serving(signalbox, engines.map(\.url))
        let model = try await signalbox.waitForServing(gateway.admin).firstModel
        // A router that has run for a while knows how fast its nodes are, as the replayed one does from the start.
        for (seed, tokens) in [500, 1000, 2000, 4000, 500].enumerated() {
            for node in 1...nodes {
                try [
                    TextRequest(
                        gateway.url, model,
                        prompt: text(tokens: tokens, seed: UInt64(900_000 + seed * 10 + node)),
                        tokens: 8)
                ].finish()
            }
        }
        var sent: [TextRequest] = []
        let bodies = requests.map(\.prompt)
        let start = ContinuousClock.now + .milliseconds(100)
        var latest = Duration.zero
        for (request, prompt) in zip(requests, bodies) {
            let due = start + .milliseconds(request.milliseconds)
            while ContinuousClock.now < due { sent.look(within: due - ContinuousClock.now) }
            latest = max(latest, ContinuousClock.now - due)
            sent.append(
                try TextRequest(
                    gateway.url, model, prompt: prompt, tokens: request.outputTokens,
                    session: request.session, due: due))
        }
        try sent.finish()
        #expect(sent.count { $0.isComplete } == requests.count)
        #expect(latest < .milliseconds(100), "the machine is too busy to send in time")
        let seconds = sent.compactMap(\.seconds)
        let prompts = sent.compactMap(\.promptTokens).reduce(0, +)
        #expect(prompts == requests.reduce(0) { $0 + $1.promptTokens })
        return Figures(
            hits: Double(sent.compactMap(\.cachedTokens).reduce(0, +)) / Double(prompts),
            mean: seconds.reduce(0, +) / Double(seconds.count),
            median: seconds.sorted()[seconds.count / 2])
    }

    @Test func `hits agree within two points and the mean time to the first token within a tenth`()
        async throws
    {
        let signalbox = try Signalbox()
        let requests = Self.trace()
        let virtual = try await Self.replayed(requests, signalbox)
        let live = try await Self.lived(requests, signalbox)
        print("\(requests.count) requests; virtual \(virtual), live \(live)")
        #expect(abs(live.hits - virtual.hits) < 0.02)
        #expect(abs(live.mean / virtual.mean - 1) < 0.1)
        #expect(
            virtual.hits > 0.3 && virtual.mean > 0.2, "a trace on which nothing could go wrong proves nothing"
        )
    }
}
