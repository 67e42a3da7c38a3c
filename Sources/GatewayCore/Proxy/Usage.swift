/// Token counts as an engine tells them at the end.
package struct Usage: Sendable, Equatable {
    package var promptTokens: Int?
    package var outputTokens: Int?
    /// Prompt tokens that came out of the prefix cache.
    package var cachedTokens: Int?
    package init() {}

    /// `"usage":` as one word.
    private static let key: UInt64 = 0x3A22_6567_6173_7522

    /// Finds the usage object in JSON text: OpenAI's names and those of Responses and Messages. It stands near the end,
    /// and so it is looked for from there.
    package static func find(in bytes: RawSpan, _ range: Range<Int>) -> Usage? {
        guard let at = bytes.last(key, in: range) else { return nil }
        var usage = Usage()
        var fields = JSONFields(bytes, at: at + 8)
        guard let (key, value) = fields.next(bytes) else { return nil }
        usage.take(bytes, key, value)
        while let (key, value) = fields.next(bytes) { usage.take(bytes, key, value) }
        guard let end = fields.end(bytes), end <= range.upperBound else { return nil }
        return usage
    }

    private mutating func take(_ bytes: RawSpan, _ key: Range<Int>, _ value: Range<Int>) {
        switch key.count {
        case 12 where bytes.has("input_tokens", at: key.lowerBound):
            promptTokens = promptTokens ?? JSONScan.integer(bytes, value)
        case 13 where bytes.has("prompt_tokens", at: key.lowerBound):
            promptTokens = JSONScan.integer(bytes, value) ?? promptTokens
        case 13 where bytes.has("output_tokens", at: key.lowerBound):
            outputTokens = outputTokens ?? JSONScan.integer(bytes, value)
        case 17 where bytes.has("completion_tokens", at: key.lowerBound):
            outputTokens = JSONScan.integer(bytes, value) ?? outputTokens
        case 13 where bytes.has("cached_tokens", at: key.lowerBound):
            cachedTokens = JSONScan.integer(bytes, value) ?? cachedTokens
        case 23 where bytes.has("cache_read_input_tokens", at: key.lowerBound):
            cachedTokens = cachedTokens ?? JSONScan.integer(bytes, value)
        case 20... where bytes.has("_tokens_details", at: key.upperBound - 15):
            // prompt_tokens_details, and what Responses calls input_tokens_details.
            var fields = JSONFields(bytes, at: value.lowerBound)
            while let (key, value) = fields.next(bytes) {
                guard key.count == 13, bytes.has("cached_tokens", at: key.lowerBound) else { continue }
                cachedTokens = JSONScan.integer(bytes, value) ?? cachedTokens
            }
        default: break
        }
    }
}
