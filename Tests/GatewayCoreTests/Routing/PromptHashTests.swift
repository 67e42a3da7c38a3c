import GatewayCore
import Testing

struct PromptHashTests {
    private func chain(
        _ prompt: [UInt8], root: UInt64 = 1, key: UInt64 = 2, blockBytes: Int = 256
    ) -> [UInt64] {
        var chain: [UInt64] = []
        let hash = PromptHash(key: key, blockBytes: blockBytes)
        hash.append(blocksOf: prompt.span.bytes, root: hash.root(model: root), to: &chain)
        return chain
    }

    private func prompt(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { _ in UInt8.random(in: 32...126, using: &random) }
    }

    @Test(arguments: [(0, 0), (255, 0), (256, 1), (511, 1), (512, 2), (2 << 20, 4096)])
    func `only full blocks have a hash, and there is a limit`(count: Int, blocks: Int) {
        #expect(chain([UInt8](repeating: 65, count: count)).count == blocks)
        #expect(chain([UInt8](repeating: 65, count: count), blockBytes: 1024).count == blocks / 4)
    }

    @Test(arguments: [64, 256, 320])
    func `equal beginnings have equal chains, and any change breaks the chain from its block on`(size: Int) {
        let text = prompt(size * 12)
        let whole = chain(text, blockBytes: size)
        #expect(Set(whole).count == 12)
        for blocks in 0...12 {
            #expect(chain(Array(text[..<(blocks * size)]), blockBytes: size) == Array(whole[..<blocks]))
        }
        for place in stride(from: 0, to: text.count, by: 13) {
            var other = text
            other[place] ^= 1
            let changed = chain(other, blockBytes: size)
            let block = place / size
            #expect(changed[..<block] == whole[..<block])
            for index in block..<12 { #expect(changed[index] != whole[index]) }
        }
    }

    @Test func `another root or another key has nothing in common`() {
        let text = prompt(2560)
        let chains = [chain(text), chain(text, root: 9), chain(text, key: 9)]
        #expect(Set(chains.joined()).count == 30)
    }

    @Test func `a text and its bytes hash alike`() {
        for text in ["", "m", "Qwen/Qwen3-32B", "modèle"] {
            let raw = bytes(" \(text) ")
            let hash = PromptHash.of(raw.span.bytes, 1..<(raw.count - 1))
            #expect(PromptHash.of(text: text) == hash)
        }
        #expect(PromptHash.combine(1, 2) != PromptHash.combine(2, 1))
    }
}

struct PromptChainTests {
    private func chain(_ body: String, model: UInt64 = 1) -> [UInt64] {
        let raw = bytes(body)
        guard case .facts(let facts) = BodyFacts.read(raw.span.bytes) else { return [] }
        var chain: [UInt64] = []
        facts.appendChain(raw.span.bytes, model: model, hash: PromptHash(key: 5, blockBytes: 64), to: &chain)
        return chain
    }

    private func text(_ word: String) -> String { String(repeating: word + " ", count: 40) }

    private var user: String { #"{"role":"user","content":"\#(text("why"))"}"# }
    private var answer: String { #"{"role":"assistant","content":"\#(text("so"))"}"# }
    private var tools: String { #""tools":[{"name":"\#(text("find"))"}]"# }
    private var system: String { #""system":"\#(text("be brief"))""# }

    @Test func `a longer conversation begins with the shorter one's chain`() {
        let first = chain("{\(tools),\(system),\"messages\":[\(user)]}")
        let second = chain("{\"messages\":[\(user),\(answer),\(user)],\"stream\":true,\(system),\(tools)}")
        #expect(first.count > 8)
        #expect(second.count > first.count + 4)
        #expect(Array(second[..<first.count]) == first)
    }

    @Test func `tools stand before system before messages, whatever the order in the body`() {
        let parts = [tools, system, "\"messages\":[\(user)]"]
        let wanted = chain("{\(parts.joined(separator: ","))}")
        for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            #expect(chain("{\(order.map { parts[$0] }.joined(separator: ","))}") == wanted)
        }
        // Other messages keep the chain of tools and system; another system keeps that of the tools.
        let otherMessages = chain("{\(tools),\(system),\"messages\":[\(answer)]}")
        let otherSystem = chain("{\(tools),\"system\":\"\(text("be long"))\",\"messages\":[\(user)]}")
        func common(_ a: [UInt64]) -> Int { zip(a, wanted).prefix { $0 == $1 }.count }
        let ofTools = (tools.utf8.count - 8 + 63) / 64
        #expect(common(otherSystem) == ofTools)
        #expect(common(otherMessages) == ofTools + (system.utf8.count - 9 + 63) / 64)
    }

    @Test func `no tools, null and an empty list are the same`() {
        let plain = chain("{\"messages\":[\(user)]}")
        #expect(!plain.isEmpty)
        #expect(chain("{\"tools\":[],\"messages\":[\(user)]}") == plain)
        #expect(chain("{\"tools\":null,\"system\":\"\",\"messages\":[\(user)]}") == plain)
        #expect(Set(chain("{\"system\":\"x\",\"messages\":[\(user)]}")).isDisjoint(with: plain))
    }

    @Test func `another model, adapter or salt has nothing in common`() {
        let salts = [
            "", ",\"cache_salt\":\"a\"", ",\"cache_salt\":\"b\"", ",\"extra_key\":\"a\"",
            ",\"lora_path\":\"a\"",
        ]
        var chains = salts.map { chain("{\"messages\":[\(user)]\($0)}") }
        chains.append(chain("{\"messages\":[\(user)]}", model: 2))
        let length = chains[0].count
        #expect(length > 1 && Set(chains.joined()).count == chains.count * length)
        #expect(chain("{\"messages\":[\(user)],\"cache_salt\":null}") == chains[0])
        #expect(chain("{\"cache_salt\":\"a\",\"messages\":[\(user)]}") == chains[1])
    }

    @Test func `a picture counts by its bytes`() {
        func with(_ picture: String) -> [UInt64] {
            chain(
                #"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:\#(text(picture))"}}]}]}"#
            )
        }
        #expect(with("AAAA") == with("AAAA"))
        #expect(with("AAAA").last != with("AAAB").last)
    }
}
