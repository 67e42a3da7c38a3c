import GatewayCore

/// What the emulated model says: words that follow from the last eight tokens alone, as a temperature of 0 would.
/// So the same prompt gives the same text on every engine, and a text that is carried on elsewhere stays the same.
package struct Babble {
    /// Each with a space before it is four bytes: one token.
    private static let words: [UInt32] = """
        the and for are but not you all any can had her was one our out day get has him his how man new now old see
        two way who boy did its let put say she too use dad mom act add age ago aid aim air arm art ask bad bag bar
        bed big bit box bus buy car cat cow cry cup cut dog dry due ear eat egg end eye far fat few fit fly fun gas
        god hat hit hot ice job joy key kid law lay leg lie lot low map mix net nor oil own pay pen red row run sea
        set sit six sky son sun tax tea ten tie top toy try war wet why win yes yet
        """.split { $0 == " " || $0 == "\n" }.map { word in
            word.utf8.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << 8 | 0x20
        }
    private static let window = 8
    /// Mean tokens of an answer that nothing else ends.
    package static let meanAnswerTokens: UInt64 = 256

    /// The answer to a prompt, and whether it came to its own end (else `limit` cut it).
    /// - Parameters:
    ///   - minimum: tokens before which it does not end, vLLM's `min_tokens`.
    ///   - ignoringEnd: goes on to the limit, vLLM's `ignore_eos`.
    package static func answer(to prompt: [UInt32], minimum: Int = 0, limit: Int, ignoringEnd: Bool) -> (
        tokens: [UInt32], ended: Bool
    ) {
        var recent = Array(prompt.suffix(window))
        var answer: [UInt32] = []
        while answer.count < limit {
            var hash: UInt64 = 0x5165_6E73
            for token in recent { hash = (hash ^ UInt64(token)) &* 0x0000_0100_0000_01B3 }
            hash = SplitMix64.mix(hash)
            let token = words[Int(hash % UInt64(words.count))]
            answer.append(token)
            recent.append(token)
            if recent.count > window { recent.removeFirst() }
            if !ignoringEnd, answer.count >= minimum, (hash >> 32) % meanAnswerTokens == 0 {
                return (answer, true)
            }
        }
        return (answer, false)
    }

    /// Plain text of so many tokens, for prompts; it needs no escaping in JSON.
    package static func text(tokens: Int, _ random: inout SplitMix64) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(tokens * 4)
        for _ in 0..<tokens {
            let word = words[Int(random.next() % UInt64(words.count))]
            for shift: UInt32 in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
