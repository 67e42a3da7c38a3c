import Foundation
import GatewayCore
import TestSupport
import Testing

@testable import Collectors

/// Feeds against real libzmq as the publisher.
@Suite(.serialized) struct LibzmqFeedTests {
    /// A feed that runs on a scraper's loop.
    private final class Following {
        let presence = KVPresence(nodes: [0], key: 7)
        private let scraper: Scraper

        init(_ source: KVEventSource) {
            scraper = Scraper.start(
                targets: [], feeds: [KVFeedTarget(name: "a", node: 0, source: source)], presence: presence,
                publish: { _ in })
        }

        deinit { scraper.stop() }

        var status: KVFeedStatus { presence.status(node: 0) ?? KVFeedStatus() }

        func held(_ prompt: Prompt) -> Int? {
            prompt.learn(presence)
            return presence.cachedTokens(prompt.chain, node: 0)
        }

        func wait(_ what: String, _ condition: () -> Bool) async throws {
            try await expectEventually(what, within: 60, seen: { "\(status)" }) { condition() }
        }
    }

    @Test(arguments: [LibzmqPublisher.Shape.map, .array])
    func `what is stored and removed is known, in both shapes`(shape: LibzmqPublisher.Shape) async throws {
        guard let publisher = try LibzmqPublisher() else { return }
        let following = Following(try publisher.source())
        try await following.wait("whole") { following.status.isWhole && following.status.isLive }
        let prompt = Prompt(number: 3, blocks: 12)
        try publisher.publish([prompt.stored(0..<4), prompt.stored(4..<12)], shape)
        try await following.wait("192 tokens") { following.held(prompt) == 192 }
        try publisher.publish([prompt.removed(9..<12)], shape)
        try await following.wait("144 tokens") { following.held(prompt) == 144 }
        try publisher.publish([["type": "AllBlocksCleared"]], shape)
        try await following.wait("nothing") { following.held(prompt) == 0 }
        #expect(following.status.undecodable == 0 && following.status.gaps == 0)
        #expect(following.status.problem == nil)
    }

    @Test(arguments: [false, true])
    func `what was published before is told again at the start`(topicless: Bool) async throws {
        guard let publisher = try LibzmqPublisher(topicless: topicless) else { return }
        let prompt = Prompt(number: 4, blocks: 8)
        try publisher.publish([prompt.stored()])
        let following = Following(try publisher.source())
        try await following.wait("128 tokens") { following.held(prompt) == 128 }
        #expect(following.status.isWhole && following.status.replays == 1)
    }

    @Test func `a gap is filled by a replay, and what came meanwhile is taken after it`() async throws {
        guard let publisher = try LibzmqPublisher() else { return }
        let following = Following(try publisher.source())
        try await following.wait("live") { following.status.replays == 1 }
        let prompt = Prompt(number: 5, blocks: 12)
        try publisher.publish([prompt.stored(0..<4)])
        try publisher.lose([prompt.stored(4..<8)])
        try publisher.publish([prompt.stored(8..<12)])
        try await following.wait("192 tokens") { following.held(prompt) == 192 }
        #expect(following.status.gaps == 1 && following.status.replays == 2 && following.status.clears == 0)
        #expect(following.status.batches == 3 && following.status.isWhole)
    }

    @Test func `a gap that cannot be replayed drops what was known, and says so`() async throws {
        guard let publisher = try LibzmqPublisher() else { return }
        let following = Following(try publisher.source())
        try await following.wait("live") { following.status.replays == 1 }
        let (old, new) = (Prompt(number: 6, blocks: 8), Prompt(number: 7, blocks: 8))
        try publisher.publish([old.stored()])
        try await following.wait("128 tokens") { following.held(old) == 128 }
        try publisher.lose([old.removed(4..<8)])
        try publisher.forget()
        try publisher.publish([new.stored()])
        try await following.wait("the new one") { following.held(new) == 128 }
        #expect(following.held(old) == nil && !following.status.isWhole && following.status.clears == 1)
        let problem = try #require(following.status.problem)
        #expect(problem.contains("1 batches from 1 on are lost") && problem.contains("buffer_steps"))
    }

    @Test func `without a replay endpoint a gap drops what was known`() async throws {
        guard let publisher = try LibzmqPublisher() else { return }
        let following = Following(try publisher.source(replays: false))
        try await following.wait("live") { following.status.isLive }
        let prompt = Prompt(number: 8, blocks: 8)
        // A subscription takes a moment to reach the publisher, so the first batches may be missed.
        try await following.wait("the first batch") {
            try? publisher.publish([prompt.stored()])
            return following.held(prompt) == 128
        }
        try publisher.lose([prompt.removed(0..<8)])
        try publisher.publish([])
        try await following.wait("a clear") { following.status.clears > 0 }
        #expect(following.held(prompt) == nil && following.status.gaps == 1)
        #expect(following.status.problem?.contains("replay endpoint") == true)
    }

    @Test func `a publisher that begins anew is noticed, and found again by itself`() async throws {
        guard let first = try LibzmqPublisher() else { return }
        let following = Following(try first.source())
        let (old, new) = (Prompt(number: 9, blocks: 8), Prompt(number: 10, blocks: 8))
        try await following.wait("live") { following.status.replays == 1 }
        try first.publish([old.stored()], times: 3)
        try await following.wait("128 tokens") { following.held(old) == 128 }
        first.end()
        try await following.wait("untold while it is away") { following.held(old) == nil }
        guard let second = try LibzmqPublisher(ports: first.ports) else { return }
        try await following.wait("live again") { following.status.isLive && following.status.replays == 2 }
        try second.publish([new.stored()])
        try await following.wait("the new one") { following.held(new) == 128 }
        #expect(following.held(old) == 0 && following.status.isWhole && following.status.clears == 1)
    }

    @Test func `a batch that does not read drops what was known and is counted`() async throws {
        guard let publisher = try LibzmqPublisher() else { return }
        let following = Following(try publisher.source())
        try await following.wait("live") { following.status.replays == 1 }
        let prompt = Prompt(number: 11, blocks: 8)
        try publisher.publish([prompt.stored()])
        try await following.wait("128 tokens") { following.held(prompt) == 128 }
        try publisher.publish(payload: [0x92, 0xc0, 0xc1])
        try await following.wait("a count") { following.status.undecodable == 1 }
        #expect(following.held(prompt) == nil && following.status.isLive)
        #expect(following.status.problem?.contains("at byte 2") == true)
    }

    @Test func `digests of 32 bytes and signed numbers are kept apart`() async throws {
        guard let publisher = try LibzmqPublisher() else { return }
        let following = Following(try publisher.source())
        let prompt = Prompt(number: 12, blocks: 8)
        var event = prompt.stored()
        event["block_hashes"] = (0..<8).map { index -> Any in
            index % 2 == 0
                ? ["hex": String(repeating: "ab", count: 31) + "0\(index)"] as Any : -Int(index) - (1 << 62)
        }
        try publisher.publish([event])
        try await following.wait("128 tokens") { following.held(prompt) == 128 }
        try publisher.publish([
            [
                "type": "BlockRemoved",
                "block_hashes": [-7 - (1 << 62), ["hex": String(repeating: "ab", count: 31) + "06"]],
            ]
        ])
        try await following.wait("96 tokens") { following.held(prompt) == 96 }
    }

    @Test func `a publisher that drops batches for a reader that is behind is asked for them`() async throws {
        guard let publisher = try LibzmqPublisher() else { return }
        let following = Following(try publisher.source())
        try await following.wait("live") { following.status.replays == 1 }
        let prompt = Prompt(number: 13, blocks: 64)
        // libzmq keeps 1,000 for a reader unless told otherwise, and drops the others.
        let time = try await ContinuousClock().measure {
            try publisher.publish([prompt.stored()], times: 3_000)
            // Of a gap at the end only the next batch tells.
            try await following.wait("all") {
                try? publisher.publish([])
                return following.status.batches > 3_000 && following.status.isWhole
            }
        }
        #expect(following.status.clears == 0 && following.held(prompt) == 1024)
        print("KV events: 3,000 batches of 64 blocks in \(time), \(following.status.gaps) gaps filled")
    }
}
