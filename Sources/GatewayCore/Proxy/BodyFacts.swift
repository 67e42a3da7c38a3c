/// What the gateway reads out of a JSON request body, in one pass and without a tree.
package struct BodyFacts: Sendable {
    package enum Result: Sendable {
        case facts(BodyFacts)
        /// - offset: the byte at which it stops being a JSON object.
        case malformed(offset: Int)
    }

    /// What to change in the body so that the engine reports usage in a stream.
    package struct Edit: Sendable {
        package var offset: Int
        package var removed: Int
        package var inserted: StaticString
    }

    /// Between the quotes.
    package var model = ByteRange.empty
    package var isStreaming = false
    package var maxTokens: Int?
    /// `user` or `safety_identifier`.
    package var tenant = ByteRange.empty
    /// `prompt_cache_key`, else `session_id`.
    package var session = ByteRange.empty
    package var previousResponse = ByteRange.empty
    /// The value that holds the prompt: messages, prompt or input; without its closing bracket or quote, so that a
    /// longer conversation begins with the same bytes.
    package var prompt = ByteRange.empty
    package var system = ByteRange.empty
    package var tools = ByteRange.empty
    /// The client asked for usage itself.
    package var asksForUsage = false
    private var objectStart = 0
    private var streamOptions = ByteRange.empty
    private var includeUsage = ByteRange.empty

    package static func read(_ bytes: RawSpan) -> Result {
        var facts = BodyFacts()
        var scan = JSONScan()
        guard scan.take(0x7B, bytes) else { return .malformed(offset: scan.offset) }
        facts.objectStart = scan.offset
        if scan.take(0x7D, bytes) { return facts.ended(scan, bytes) }
        while true {
            guard let key = scan.string(bytes), scan.take(0x3A, bytes), let value = scan.value(bytes) else {
                return .malformed(offset: scan.offset)
            }
            facts.take(key, value, bytes)
            if scan.take(0x2C, bytes) { continue }
            guard scan.take(0x7D, bytes) else { return .malformed(offset: scan.offset) }
            return facts.ended(scan, bytes)
        }
    }

    private func ended(_ scan: JSONScan, _ bytes: RawSpan) -> Result {
        var rest = scan
        rest.skipSpace(bytes)
        return rest.offset == bytes.byteCount ? .facts(self) : .malformed(offset: rest.offset)
    }

    private mutating func take(_ key: Range<Int>, _ value: Range<Int>, _ bytes: RawSpan) {
        let at = key.lowerBound
        switch key.count {
        case 4 where bytes.has("user", at: at): tenant = Self.text(value, bytes)
        case 5 where bytes.has("model", at: at): model = Self.text(value, bytes)
        case 5 where bytes.has("input", at: at), 6 where bytes.has("prompt", at: at),
            8 where bytes.has("messages", at: at):
            prompt = ByteRange(value.lowerBound..<max(value.lowerBound, value.upperBound - 1))
        case 5 where bytes.has("tools", at: at): tools = ByteRange(value)
        case 6 where bytes.has("stream", at: at): isStreaming = bytes.has("true", at: value.lowerBound)
        case 6 where bytes.has("system", at: at), 12 where bytes.has("instructions", at: at):
            system = ByteRange(value)
        case 10 where bytes.has("max_tokens", at: at), 21 where bytes.has("max_completion_tokens", at: at),
            17 where bytes.has("max_output_tokens", at: at):
            maxTokens = JSONScan.integer(bytes, value)
        case 10 where bytes.has("session_id", at: at):
            if session.isEmpty { session = Self.text(value, bytes) }
        case 14 where bytes.has("stream_options", at: at): takeStreamOptions(value, bytes)
        case 16 where bytes.has("prompt_cache_key", at: at): session = Self.text(value, bytes)
        case 17 where bytes.has("safety_identifier", at: at): tenant = Self.text(value, bytes)
        case 20 where bytes.has("previous_response_id", at: at): previousResponse = Self.text(value, bytes)
        default: break
        }
    }

    /// A string's inside; empty for other values.
    private static func text(_ value: Range<Int>, _ bytes: RawSpan) -> ByteRange {
        guard value.count >= 2, bytes.byte(value.lowerBound) == 0x22 else { return .empty }
        return ByteRange((value.lowerBound + 1)..<(value.upperBound - 1))
    }

    private mutating func takeStreamOptions(_ value: Range<Int>, _ bytes: RawSpan) {
        streamOptions = ByteRange(value)
        includeUsage = .empty
        asksForUsage = false
        var scan = JSONScan(at: value.lowerBound)
        guard scan.take(0x7B, bytes) else { return }
        while let key = scan.string(bytes), scan.take(0x3A, bytes), let inner = scan.value(bytes) {
            if key.count == 13, bytes.has("include_usage", at: key.lowerBound) {
                includeUsage = ByteRange(inner)
                asksForUsage = bytes.has("true", at: inner.lowerBound)
            }
            if !scan.take(0x2C, bytes) { return }
        }
    }

    /// The change that makes a streaming body ask for usage; nil when it does already.
    package func usageEdit(_ bytes: RawSpan) -> Edit? {
        guard isStreaming, !asksForUsage else { return nil }
        if !includeUsage.isEmpty {
            return Edit(offset: Int(includeUsage.lower), removed: includeUsage.range.count, inserted: "true")
        }
        guard !streamOptions.isEmpty else {
            return Edit(
                offset: objectStart, removed: 0, inserted: "\"stream_options\":{\"include_usage\":true},")
        }
        let range = streamOptions.range
        guard bytes.byte(range.lowerBound) == 0x7B else {  // null, as some clients send
            return Edit(offset: range.lowerBound, removed: range.count, inserted: "{\"include_usage\":true}")
        }
        var scan = JSONScan(at: range.lowerBound + 1)
        let isEmpty = scan.take(0x7D, bytes)
        return Edit(
            offset: range.lowerBound + 1, removed: 0,
            inserted: isEmpty ? "\"include_usage\":true" : "\"include_usage\":true,")
    }
}
