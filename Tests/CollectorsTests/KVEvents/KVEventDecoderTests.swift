import Foundation
import GatewayCore
import Testing

@testable import Collectors

/// A line of `kv-events.jsonl`: frames as they came, and what a Python decoder made of them.
private struct CapturedBatch {
    var frames: [[UInt8]]
    var events: [[String: Any]]
    var isCut: Bool
}

private func captured() throws -> [CapturedBatch] {
    try String(decoding: Captures.bytes("live/vllm-cpu/kv-events.jsonl"), as: UTF8.self).split(
        separator: "\n"
    )
    .map { line in
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        let frames = try #require(object["frames"] as? [String])
        let payload = try #require(object["payload"] as? [Any])
        return CapturedBatch(
            frames: frames.map(bytes(hex:)), events: payload[1] as? [[String: Any]] ?? [],
            isCut: object["cut"] != nil)
    }
}

func bytes(hex: String) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = hex[...]
    while rest.count >= 2 {
        bytes.append(UInt8(rest.prefix(2), radix: 16) ?? 0)
        rest = rest.dropFirst(2)
    }
    return bytes
}

/// `events` as one payload in MessagePack.
private func payload(_ events: [UInt8], count: Int = 1, rank: Bool = true) -> [UInt8] {
    [rank ? 0x93 : 0x92, 0xcb, 0, 0, 0, 0, 0, 0, 0, 0, 0x90 | UInt8(count)] + events + (rank ? [0x00] : [])
}

private func text(_ text: String) -> [UInt8] { [0xa0 | UInt8(text.utf8.count)] + Array(text.utf8) }

struct KVEventDecoderTests {
    @Test(.enabled(if: Captures.present)) func `vLLM's captured batches are read to the last hash`() throws {
        let batches = try captured()
        #expect(batches.count == 11)
        for batch in batches where !batch.isCut {
            let decoded = try KVEventDecoder.decode(batch.frames[2])
            #expect(decoded.events.count == batch.events.count && decoded.passedOver == 0)
            for (event, expected) in zip(decoded.events, batch.events) {
                let hashes = (expected["block_hashes"] as? [NSNumber])?.map {
                    KVBlockHash.number($0.uint64Value)
                }
                switch event {
                case .cleared: #expect(expected["type"] as? String == "AllBlocksCleared")
                case .removed(let removed, let group):
                    #expect(removed == hashes && group == 0)
                case .stored(let stored):
                    #expect(stored.hashes == hashes && stored.blockSize == 32 && stored.group == 0)
                    #expect(stored.tokens.map { Int($0) } == expected["token_ids"] as? [Int])
                    let parent = (expected["parent_block_hash"] as? NSNumber)?.uint64Value
                    #expect(stored.parent == parent.map { .number($0) })
                }
            }
        }
    }

    @Test(.enabled(if: Captures.present)) func `a cache salt is a part of the first block's identity`() throws
    {
        let salted = try #require(
            try captured().first {
                $0.events.first?["extra_keys"].map { "\($0)" }?.contains("tenant-a") == true
            })
        guard case .stored(let blocks) = try KVEventDecoder.decode(salted.frames[2]).events[0] else {
            Issue.record("no BlockStored")
            return
        }
        #expect(blocks.extras == [PromptHash.of(text: "tenant-a"), 0, 0, 0])
        let bare = try KVEventDecoder.decode(captured()[0].frames[2]).events[0]
        guard case .stored(let plain) = bare else { return }
        #expect(plain.extras == [] && plain.tokens == blocks.tokens && plain.hashes != blocks.hashes)
    }

    @Test(.enabled(if: Captures.present)) func `cut and changed captures are refused or read, never worse`()
        throws
    {
        var random = SplitMix64(seed: 5)
        for batch in try captured() {
            let whole = batch.frames[2]
            for _ in 0..<200 {
                var bytes = Array(whole.prefix(Int.random(in: 0...whole.count, using: &random)))
                for _ in 0..<Int.random(in: 0...3, using: &random) where !bytes.isEmpty {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
                        in: 0...255, using: &random)
                }
                _ = try? KVEventDecoder.decode(bytes)
            }
            #expect(throws: MessagePackError.self) { try KVEventDecoder.decode(Array(whole.dropLast())) }
        }
    }

    @Test func `an array event of an early release lacks its last fields`() throws {
        // ["BlockStored", [7], null, [1, 2], 2, null] of vLLM 0.8.5.
        let event = [0x96] + text("BlockStored") + [0x91, 0x07, 0xc0, 0x92, 0x01, 0x02, 0x02, 0xc0]
        var blocks = KVStoredBlocks()
        blocks.hashes = [.number(7)]
        blocks.tokens = [1, 2]
        blocks.blockSize = 2
        for rank in [false, true] {
            #expect(try KVEventDecoder.decode(payload(event, rank: rank)).events == [.stored(blocks)])
        }
    }

    @Test func `SGLang's signed hashes, salts and pairs of tokens are read`() throws {
        // ["BlockStored", [-2], -3, [[5, 6]], 1, null, "GPU", {"cache_salt": "s"}] of SGLang 0.5.18.
        let event =
            [0x98] + text("BlockStored") + [0x91, 0xfe, 0xfd, 0x91, 0x92, 0x05, 0x06, 0x01, 0xc0]
            + text("GPU") + [0x81] + text("cache_salt") + text("s")
        guard case .stored(let blocks) = try KVEventDecoder.decode(payload(event)).events.first else {
            Issue.record("no BlockStored")
            return
        }
        #expect(blocks.hashes == [.number(UInt64(bitPattern: -2))])
        #expect(blocks.parent == .number(UInt64(bitPattern: -3)))
        #expect(blocks.tokens == [5])
        #expect(blocks.extras == [], "the salt stands in the chain's first block already")
    }

    @Test func `other tiers, windows and unknown events are passed over`() throws {
        let cpu =
            [0x83] + text("type") + text("BlockRemoved") + text("medium") + text("CPU") + text("block_hashes")
            + [0x91, 0x01]
        let unknown = [0x82] + text("type") + text("BlockMoved") + text("new") + [0x81, 0x01, 0x02]
        let window =
            [0x86] + text("type") + text("BlockStored") + text("block_hashes") + [0x91, 0x01]
            + text("token_ids")
            + [0x91, 0x01] + text("block_size") + [0x01] + text("group_idx") + [0x01] + [0xb2]
            + Array("kv_cache_spec_kind".utf8) + text("sliding_window")
        let batch = try KVEventDecoder.decode(payload(cpu + unknown + window, count: 3))
        #expect(batch.events.isEmpty && batch.passedOver == 3)
    }

    @Test func `blocks whose tokens are not all there are refused`() {
        let event = [0x95] + text("BlockStored") + [0x91, 0x07, 0xc0, 0x92, 0x01, 0x02, 0x04]
        #expect(throws: MessagePackError.self) { try KVEventDecoder.decode(payload(event)) }
    }
}
