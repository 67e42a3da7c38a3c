import GatewayCore

/// The emulated engine's tokens. A token is up to four bytes of text, and its number is those bytes, the first one
/// lowest; so numbers and text tell each other without a table, and equal beginnings give equal tokens.
package enum Tokenizer {
    /// A turn of a conversation begins and ends; these numbers are no text.
    package static let turnStart: UInt32 = 1
    package static let turnEnd: UInt32 = 2

    /// Appends the tokens of a text. A text is tokenized by itself, whatever stands before it.
    package static func append(_ text: String, to tokens: inout [UInt32]) {
        var token: UInt32 = 0
        var shift: UInt32 = 0
        tokens.reserveCapacity(tokens.count + text.utf8.count / 4 + 1)
        for byte in text.utf8 {
            token |= UInt32(byte) << shift
            shift += 8
            if shift == 32 {
                tokens.append(token)
                token = 0
                shift = 0
            }
        }
        if shift > 0 { tokens.append(token) }
    }

    /// The text of tokens; what is no text is left out.
    package static func text(_ tokens: some Sequence<UInt32>) -> String {
        var bytes: [UInt8] = []
        for token in tokens where token > turnEnd {
            var rest = token
            while rest > 0 {
                bytes.append(UInt8(truncatingIfNeeded: rest))
                rest >>= 8
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The chained hashes of every full block: block i's covers all tokens up to its end.
    /// - Parameter root: sets apart what must not share a cache (the model, a tenant's salt).
    package static func chain(_ tokens: [UInt32], blockTokens: Int, root: UInt64) -> [UInt64] {
        var hashes: [UInt64] = []
        hashes.reserveCapacity(tokens.count / blockTokens)
        var hash = root
        var index = 0
        while index + blockTokens <= tokens.count {
            for offset in index..<(index + blockTokens) {
                hash = (hash ^ UInt64(tokens[offset])) &* 0x0000_0100_0000_01B3  // FNV-1a, a token at a time
                hash ^= hash >> 29
            }
            hash = SplitMix64.mix(hash)
            hashes.append(hash)
            index += blockTokens
        }
        return hashes
    }
}
