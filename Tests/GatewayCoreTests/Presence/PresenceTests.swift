import Testing

@testable import GatewayCore

/// A prompt: its text's chain and its tokens, 64 for each block of text unless told otherwise.
private struct Prompt {
    var chain: [UInt64]
    var tokens: [UInt32]
    var textBytes: Int

    init(_ numbers: [UInt32], tokensPerBlock: Int = 64, extraTokens: Int = 0) {
        chain = []
        tokens = []
        var hash: UInt64 = 99
        for number in numbers {
            hash = PromptHash.combine(hash, UInt64(number))
            chain.append(hash)
            tokens += (0..<UInt32(tokensPerBlock)).map { number * 1000 + $0 }
        }
        tokens += (0..<UInt32(extraTokens)).map { 7_000_000 + $0 }
        textBytes = numbers.count * 256 + extraTokens * 256 / tokensPerBlock
    }

    /// - Parameter headBytes: of what stands before the blocks.
    func marks(headBytes: Int = 0) -> [TextMark] {
        chain.enumerated().map {
            TextMark(key: $1, bytes: headBytes + ($0 + 1) * 256, endsBlock: true)
        }
    }

    func learn(_ presence: KVPresence, headBytes: Int = 0, model: UInt64 = 0, salt: UInt64 = 0) {
        presence.learn(
            Tokenization(
                marks: marks(headBytes: headBytes), promptBytes: headBytes + textBytes, promptIDs: tokens),
            model: model, salt: salt)
    }

    /// Its first blocks, as an engine of this block size tells of them.
    func stored(_ count: Int? = nil, size: Int = 16, adapter: String? = nil, salt: UInt64 = 0) -> KVEvent {
        var blocks = KVStoredBlocks()
        blocks.blockSize = size
        let count = count ?? tokens.count / size
        blocks.tokens = Array(tokens.prefix(count * size))
        blocks.hashes = (0..<count).map { name($0, size) }
        blocks.adapter = adapter
        if salt != 0 { blocks.extras = [salt] + Array(repeating: 0, count: count - 1) }
        return .stored(blocks)
    }

    func name(_ block: Int, _ size: Int = 16) -> KVBlockHash {
        .number(tokens.prefix((block + 1) * size).reduce(UInt64(size)) { PromptHash.combine($0, UInt64($1)) })
    }

    func removed(_ blocks: Range<Int>, size: Int = 16) -> KVEvent {
        .removed(blocks.reversed().map { name($0, size) }, group: nil)
    }
}

private func presence(_ nodes: [Int] = [0, 1, 2], bytes: Int = 8 << 20) -> KVPresence {
    let presence = KVPresence(nodes: nodes, key: 11, bytes: bytes)
    for node in nodes {
        presence.update(node) {
            $0.isLive = true
            $0.isWhole = true
        }
    }
    return presence
}

struct PresenceTests {
    @Test func `each node's share is told to the block, whichever comes first`() {
        let presence = presence()
        let prompt = Prompt(Array(1...10))
        presence.apply([prompt.stored()], node: 0)
        prompt.learn(presence)
        presence.apply([prompt.stored(13)], node: 2)
        #expect(presence.cachedTokens(prompt.chain, node: 0) == 640)
        #expect(presence.cachedTokens(prompt.chain, node: 1) == 0)
        #expect(presence.cachedTokens(prompt.chain, node: 2) == 13 * 16)
        presence.apply([prompt.removed(38..<40)], node: 0)
        #expect(presence.cachedTokens(prompt.chain, node: 0) == 38 * 16)
        presence.apply([.cleared], node: 0)
        #expect(presence.cachedTokens(prompt.chain, node: 0) == 0)
    }

    @Test func `one walk tells of all nodes, and how far the text is learned`() {
        let nodes = Array(stride(from: 0, to: 260, by: 2))
        let presence = presence(nodes)
        let prompt = Prompt(Array(1...8))
        prompt.learn(presence)
        for node in nodes { presence.apply([prompt.stored(node % 33)], node: node) }
        var tokens = Array(repeating: Int32(-1), count: 261)
        let longer = prompt.chain + [5, 6]
        let learned = presence.cachedTokens(longer, into: &tokens)
        #expect(learned.blocks == 8 && learned.tokens == 512 && !learned.isWhole)
        for node in 0...260 {
            #expect(tokens[node] == (node % 2 == 0 && node < 260 ? Int32(node % 33 * 16) : -1))
        }
    }

    @Test func `nothing is said of what is not known`() {
        let presence = presence([0, 1])
        let prompt = Prompt([1, 2, 3])
        presence.apply([prompt.stored()], node: 0)
        #expect(presence.cachedTokens(prompt.chain, node: 0) == nil, "the text is not learned")
        prompt.learn(presence)
        #expect(presence.cachedTokens(prompt.chain, node: 5) == nil, "it has no feed")
        #expect(presence.cachedTokens(prompt.chain, node: 0) == 192)
        presence.update(0) { $0.isLive = false }
        #expect(presence.cachedTokens(prompt.chain, node: 0) == nil, "its publisher is away")
        presence.update(0) { $0.isLive = true }
        presence.clear(node: 0)
        #expect(presence.cachedTokens(prompt.chain, node: 0) == nil, "what it held before is lost")
        presence.apply([prompt.stored(4)], node: 0)
        #expect(presence.cachedTokens(prompt.chain, node: 0) == 64, "a part is known again")
    }

    @Test func `nodes with blocks of 1, 16, 32 and 64 tokens are told side by side`() {
        let presence = presence([0, 1, 2, 3])
        let prompt = Prompt(Array(1...6))
        prompt.learn(presence)
        for (node, size) in [1, 16, 32, 64].enumerated() {
            presence.apply([prompt.stored(size: size)], node: node)
            #expect(presence.cachedTokens(prompt.chain, node: node) == 384)
            presence.apply([prompt.removed((208 / size)..<(384 / size), size: size)], node: node)
            #expect(presence.cachedTokens(prompt.chain, node: node) == 208 / size * size, "\(size)")
        }
        presence.apply([prompt.stored(size: 24)], node: 3)
        #expect(presence.status(node: 3)?.problem == nil, "64 is its size already")
    }

    @Test func `a block that is there twice goes when both have gone`() {
        let presence = presence()
        let prompt = Prompt([1, 2])
        prompt.learn(presence)
        presence.apply([prompt.stored(), prompt.stored(), prompt.removed(4..<8)], node: 0)
        #expect(presence.cachedTokens(prompt.chain, node: 0) == 128)
        presence.apply([prompt.removed(4..<8)], node: 0)
        #expect(presence.cachedTokens(prompt.chain, node: 0) == 64)
    }

    @Test func `adapters and salts are kept apart`() {
        let presence = presence()
        let prompt = Prompt([1, 2])
        let salt = PromptHash.of(text: "tenant")
        presence.apply([prompt.stored(adapter: "sql")], node: 0)
        presence.apply([prompt.stored(salt: salt)], node: 1)
        var adapted = prompt
        adapted.chain = [801, 802]
        adapted.learn(presence, model: PromptHash.of(text: "sql"))
        var salted = prompt
        salted.chain = [901, 902]
        salted.learn(presence, salt: salt)
        prompt.learn(presence, model: PromptHash.of(text: "base"))
        #expect((0..<2).map { presence.cachedTokens(prompt.chain, node: $0) } == [0, 0])
        #expect((0..<2).map { presence.cachedTokens(adapted.chain, node: $0) } == [128, 0])
        #expect((0..<2).map { presence.cachedTokens(salted.chain, node: $0) } == [0, 128])
    }

    @Test func `another group's blocks and orphans are counted, not taken`() {
        let presence = presence()
        let prompt = Prompt([1, 2])
        prompt.learn(presence)
        guard case .stored(var blocks) = prompt.stored() else { return }
        blocks.group = 0
        presence.apply([.stored(blocks)], node: 0)
        presence.apply([.removed(blocks.hashes, group: 1)], node: 0)
        #expect(presence.cachedTokens(prompt.chain, node: 0) == 128)
        blocks.parent = .number(404)
        presence.apply([.stored(blocks)], node: 1)
        #expect(presence.status(node: 1)?.orphans == 8)
        #expect(presence.cachedTokens(prompt.chain, node: 1) == 0)
    }
}

struct PresenceLearningTests {
    @Test func `an uneven spread of tokens is corrected by another prompt that begins alike`() {
        let presence = presence()
        // Six blocks of 64 tokens, then code of 128 tokens a block: an even spread puts too many in front.
        var first = Prompt(Array(1...6))
        first.chain += Prompt(Array(1...6) + Array(51...54)).chain[6...]
        first.tokens += Prompt(Array(51...54), tokensPerBlock: 128).tokens
        first.textBytes = 10 * 256
        first.learn(presence)
        presence.apply([first.stored()], node: 0)
        let shared = Array(first.chain.prefix(6))
        let guess = presence.cachedTokens(shared, node: 0) ?? 0
        #expect(guess > 6 * 64, "an even spread overshoots: \(guess)")
        let second = Prompt(Array(1...6) + [71, 72, 73, 74])
        second.learn(presence)
        let known = presence.cachedTokens(shared, node: 0) ?? 0
        #expect((6 * 64 - 64...6 * 64).contains(known), "\(known)")
        let third = Prompt(Array(1...6) + [81])
        #expect((6 * 64 - 64...6 * 64).contains(presence.cachedTokens(third.chain, node: 0) ?? 0))
    }

    @Test func `an even spread that falls short is raised to within a block of text`() {
        let presence = presence()
        var first = Prompt(Array(1...6), tokensPerBlock: 128)
        first.chain += Prompt(Array(1...6) + Array(51...54)).chain[6...]
        first.tokens += Prompt(Array(51...54), tokensPerBlock: 32).tokens
        first.textBytes = 10 * 256
        first.learn(presence)
        presence.apply([first.stored()], node: 0)
        let shared = Array(first.chain.prefix(6))
        #expect(presence.cachedTokens(shared, node: 0) ?? 0 < 600)
        var second = Prompt(Array(1...6) + [71, 72], tokensPerBlock: 128)
        second.chain = shared + second.chain[6...]
        second.learn(presence)
        #expect((768 - 128...768).contains(presence.cachedTokens(shared, node: 0) ?? 0))
    }

    @Test func `tools that stand before the text count as text`() {
        let presence = presence()
        var prompt = Prompt(Array(1...8))
        // 256 tokens of 1,024 bytes of tools, then the messages.
        prompt.tokens = (0..<256).map { 9_000_000 + $0 } + prompt.tokens
        prompt.learn(presence, headBytes: 1024)
        presence.apply([prompt.stored()], node: 0)
        #expect(presence.cachedTokens(Array(prompt.chain.prefix(1)), node: 0) == 256 + 64)
        #expect(presence.cachedTokens(prompt.chain, node: 0) == 256 + 512)
    }

    @Test func `a prompt that is known wants no tokens`() {
        let presence = presence()
        let prompt = Prompt([1, 2, 3])
        #expect(presence.wantsTokens(of: prompt.marks()))
        prompt.learn(presence)
        #expect(!presence.wantsTokens(of: prompt.marks()))
        #expect(!presence.wantsTokens(of: []))
        #expect(!KVPresence(nodes: [], key: 1).wantsTokens(of: prompt.marks()))
    }

    @Test func `a conversation that grows keeps what was learned and adds to it`() {
        let presence = presence()
        for turns in 1...8 {
            let prompt = Prompt(Array(1...UInt32(turns * 3)), extraTokens: 20)
            prompt.learn(presence)
            presence.apply([prompt.stored()], node: 0)
            let held = presence.cachedTokens(prompt.chain, node: 0) ?? 0
            #expect(abs(held - turns * 192) <= 64, "turn \(turns): \(held)")
        }
    }
}

struct PresenceLimitTests {
    /// Against a plain model: sets of what each node holds.
    @Test func `random events and walks agree with a plain model`() {
        var random = SplitMix64(seed: 21)
        let presence = presence([0, 1, 2], bytes: 32 << 20)
        let prompts = (0..<40).map { _ in
            Prompt(
                (0..<6).map { depth in
                    depth < 3
                        ? UInt32.random(in: 0...2, using: &random) : .random(in: 0...900, using: &random)
                })
        }
        for prompt in prompts { prompt.learn(presence) }
        var held = Array(repeating: [Int: Int](), count: 3)  // node → prompt → blocks
        for _ in 0..<2000 {
            let node = Int.random(in: 0..<3, using: &random)
            let which = Int.random(in: 0..<prompts.count, using: &random)
            if held[node][which] == nil {
                presence.apply([prompts[which].stored()], node: node)
                held[node][which] = 24
            } else {
                presence.apply([prompts[which].removed(0..<24)], node: node)
                held[node][which] = nil
            }
        }
        for (index, prompt) in prompts.enumerated() {
            for node in 0..<3 {
                // The longest beginning that it shares with one that the node holds.
                let expected =
                    held[node].keys.map { other in
                        zip(prompts[other].tokens, prompt.tokens).prefix { $0 == $1 }.count / 16 * 16
                    }.max() ?? 0
                let told = presence.cachedTokens(prompt.chain, node: node) ?? -1
                #expect(
                    abs(told - expected) < 64 && told <= expected,
                    "prompt \(index) on \(node): \(told) for \(expected)")
            }
        }
    }

    @Test func `memory is bounded, and what gives way is counted`() {
        let presence = presence([0], bytes: 1 << 20)
        for number in 0..<2000 {
            let prompt = Prompt([UInt32(number)])
            prompt.learn(presence)
            presence.apply([prompt.stored(4)], node: 0)
        }
        let status = presence.status(node: 0)
        #expect((status?.blocks ?? 0) * 48 <= 1 << 18)
        #expect((status?.beyondLimit ?? 0) > 0)
        #expect(presence.cachedTokens(Prompt([1999]).chain, node: 0) != nil)
    }
}
