/// What the gateway reads out of a JSON request body, in one pass and without a tree.
package struct BodyFacts: Sendable {
    package enum Result: Sendable {
        case facts(BodyFacts)
        /// - offset: the byte at which it stops being a JSON object, or a name at its top level that has an escape.
        case malformed(offset: Int)
    }

    /// What to change in the body.
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
    /// As vLLM defines it: lower first.
    package var priority: Int?
    /// The value that holds the prompt: messages, prompt or input; without its closing bracket or quote, so that a
    /// longer conversation begins with the same bytes.
    package var prompt = ByteRange.empty
    package var system = ByteRange.empty
    package var tools = ByteRange.empty
    /// Prompts with different ones share no cache: `cache_salt` (vLLM and SGLang), `extra_key` and `lora_path` (SGLang);
    /// between the quotes.
    package var cacheSalt = ByteRange.empty
    package var extraKey = ByteRange.empty
    package var adapter = ByteRange.empty
    /// The client asked for usage itself.
    package var asksForUsage = false
    /// What keeps the answer from being continued on another node.
    package var obstacles: Obstacles = .sampling
    /// Only an engine's own parser can tell the answer's text from its tool calls.
    package var hasTools: Bool { usesTools && tools.range.count > 2 }
    private var usesTools = true
    /// Bytes of the longest stop string.
    package var stopBytes: Int32 = 0
    /// `return_token_ids`; nil: not said.
    package var asksForTokenIDs: Bool?
    /// `return_progress` is said, whatever its value.
    package var asksForProgress = false
    /// The value of `stream`, where it is told.
    private var stream = ByteRange.empty
    private var objectStart = 0
    private var streamOptions = ByteRange.empty
    private var includeUsage = ByteRange.empty

    /// What has a place in the body is gone, but for the names of model, tenant and session, which move.
    mutating func keepNames(_ move: (ByteRange) -> ByteRange) {
        model = move(model)
        tenant = move(tenant)
        session = move(session)
        (previousResponse, prompt, system, tools) = (.empty, .empty, .empty, .empty)
        (cacheSalt, extraKey, adapter) = (.empty, .empty, .empty)
        (stream, streamOptions, includeUsage, objectStart) = (.empty, .empty, .empty, 0)
    }

    package static func read(_ bytes: RawSpan) -> Result {
        var facts = BodyFacts()
        var scan = JSONScan()
        guard scan.take(0x7B, bytes) else { return .malformed(offset: scan.offset) }
        facts.objectStart = scan.offset
        var hasFields = !scan.take(0x7D, bytes)
        while hasFields {
            guard let key = scan.string(bytes), scan.take(0x3A, bytes), let value = scan.value(bytes) else {
                return .malformed(offset: scan.offset)
            }
            // An engine reads `mod\u0065l` as `model`: a name that could be read in two ways is refused.
            guard bytes.first(0x5C, in: key) == nil else { return .malformed(offset: key.lowerBound) }
            facts.take(key, value, bytes)
            if scan.take(0x2C, bytes) { continue }
            guard scan.take(0x7D, bytes) else { return .malformed(offset: scan.offset) }
            hasFields = false
        }
        scan.skipSpace(bytes)
        return scan.offset == bytes.byteCount ? .facts(facts) : .malformed(offset: scan.offset)
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
        case 6 where bytes.has("stream", at: at):
            stream = ByteRange(value)
            isStreaming = bytes.has("true", at: value.lowerBound)
        case 6 where bytes.has("system", at: at), 12 where bytes.has("instructions", at: at):
            system = ByteRange(value)
        case 10 where bytes.has("max_tokens", at: at), 21 where bytes.has("max_completion_tokens", at: at),
            17 where bytes.has("max_output_tokens", at: at):
            maxTokens = JSONScan.integer(bytes, value)
        case 8 where bytes.has("priority", at: at): priority = Self.signed(value, bytes)
        case 10 where bytes.has("session_id", at: at):
            if session.isEmpty { session = Self.text(value, bytes) }
        case 14 where bytes.has("stream_options", at: at): takeStreamOptions(value, bytes)
        case 16 where bytes.has("prompt_cache_key", at: at): session = Self.text(value, bytes)
        case 17 where bytes.has("safety_identifier", at: at): tenant = Self.text(value, bytes)
        case 20 where bytes.has("previous_response_id", at: at): previousResponse = Self.text(value, bytes)
        default: if !takeSalt(key, value, bytes) { takeObstacle(key, value, bytes) }
        }
    }

    /// What keeps prompts apart in an engine's cache.
    private mutating func takeSalt(_ key: Range<Int>, _ value: Range<Int>, _ bytes: RawSpan) -> Bool {
        let at = key.lowerBound
        switch key.count {
        case 9 where bytes.has("extra_key", at: at): extraKey = Self.text(value, bytes)
        case 9 where bytes.has("lora_path", at: at): adapter = Self.text(value, bytes)
        case 10 where bytes.has("cache_salt", at: at): cacheSalt = Self.text(value, bytes)
        default: return false
        }
        return true
    }

    /// What an answer to this cannot be continued with.
    private mutating func takeObstacle(_ key: Range<Int>, _ value: Range<Int>, _ bytes: RawSpan) {
        let at = key.lowerBound
        let first = bytes.byte(value.lowerBound)
        let isSet = first != 0x6E && first != 0x66 && value.count > 0  // neither null nor false
        switch key.count {
        case 1 where bytes.has("n", at: at), 7 where bytes.has("best_of", at: at):
            if isSet, JSONScan.integer(bytes, value) != 1 { obstacles.insert(.severalChoices) }
        case 4 where bytes.has("echo", at: at) && isSet, 6 where bytes.has("suffix", at: at) && isSet,
            15 where bytes.has("use_beam_search", at: at) && isSet:
            obstacles.insert(.completionMode)
        case 4 where bytes.has("stop", at: at): stopBytes = Int32(clamping: Self.longest(value, bytes))
        case 8 where bytes.has("logprobs", at: at) && isSet,
            12 where bytes.has("top_logprobs", at: at) && isSet && first != 0x30,
            15 where bytes.has("prompt_logprobs", at: at) && isSet:
            obstacles.insert(.logprobs)
        case 11 where bytes.has("temperature", at: at):
            if Self.isZero(value, bytes) { obstacles.remove(.sampling) } else { obstacles.insert(.sampling) }
        case 11 where bytes.has("tool_choice", at: at):
            usesTools = !bytes.has("\"none\"", at: value.lowerBound)
        case 15 where bytes.has("return_progress", at: at): asksForProgress = true
        case 15 where bytes.has("response_format", at: at) && isSet:
            if bytes.first("\"text\"", in: value) == nil { obstacles.insert(.structuredOutput) }
        case 18 where bytes.has("structured_outputs", at: at) && isSet: obstacles.insert(.structuredOutput)
        case 16 where bytes.has("presence_penalty", at: at), 17 where bytes.has("frequency_penalty", at: at):
            if isSet, !Self.isZero(value, bytes) { obstacles.insert(.penalties) }
        case 16 where bytes.has("return_token_ids", at: at): asksForTokenIDs = first == 0x74
        default:
            if key.count > 7, isSet, bytes.has("guided_", at: at) { obstacles.insert(.structuredOutput) }
        }
    }

    private static func isZero(_ value: Range<Int>, _ bytes: RawSpan) -> Bool {
        guard let first = value.first, bytes.byte(first) == 0x30 else { return false }
        for index in value {
            switch bytes.byte(index) {
            case 0x31...0x39: return false
            case 0x65, 0x45: return true
            default: continue
            }
        }
        return true
    }

    /// Bytes of the longest string in a string or an array of them.
    private static func longest(_ value: Range<Int>, _ bytes: RawSpan) -> Int {
        var scan = JSONScan(at: value.lowerBound)
        if let only = scan.string(bytes) { return only.count }
        guard scan.take(0x5B, bytes) else { return 0 }
        var length = 0
        while let string = scan.string(bytes) {
            length = max(length, string.count)
            if !scan.take(0x2C, bytes) { break }
        }
        return length
    }

    /// A prompt that is one text or one list of token ids, not several.
    package func hasOnePrompt(_ bytes: RawSpan) -> Bool {
        guard !prompt.isEmpty else { return false }
        var scan = JSONScan(at: prompt.range.lowerBound)
        guard scan.take(0x5B, bytes) else { return true }
        scan.skipSpace(bytes)
        return scan.offset < bytes.byteCount && (0x30...0x39).contains(bytes.byte(scan.offset))
    }

    /// An integer that may be negative; nil for other values.
    private static func signed(_ value: Range<Int>, _ bytes: RawSpan) -> Int? {
        guard !value.isEmpty, bytes.byte(value.lowerBound) == 0x2D else {
            return JSONScan.integer(bytes, value)
        }
        return JSONScan.integer(bytes, (value.lowerBound + 1)..<value.upperBound).map { -$0 }
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

    /// What the gateway asks an engine for beside what the client asked.
    package struct Additions: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        /// The usage event at a stream's end.
        package static let usage = Additions(rawValue: 1)
        package static let tokenIDs = Additions(rawValue: 2)
        /// A stream in place of one answer.
        package static let stream = Additions(rawValue: 4)
        /// llama.cpp's word of how far the prompt is: it tells how many tokens the prompt has.
        package static let progress = Additions(rawValue: 8)
    }

    /// The changes, in their order in the body, that make it ask for more.
    package func edits(adding wanted: Additions, _ bytes: RawSpan) -> [Edit] {
        var edits: [Edit] = []
        var inside = JSONScan(at: objectStart)
        if inside.take(0x7D, bytes) { return [] }  // {}: no request, and nothing for a comma to stand before
        func insert(_ text: StaticString) {
            edits.append(Edit(offset: objectStart, removed: 0, inserted: text))
        }
        if wanted.contains(.tokenIDs), asksForTokenIDs == nil { insert("\"return_token_ids\":true,") }
        if wanted.contains(.progress), !asksForProgress { insert("\"return_progress\":true,") }
        if wanted.contains(.stream), !isStreaming {
            if stream.isEmpty {
                insert("\"stream\":true,")
            } else {
                edits.append(
                    Edit(offset: stream.range.lowerBound, removed: stream.range.count, inserted: "true"))
            }
        }
        if wanted.contains(.usage), !asksForUsage { edits.append(usageEdit(bytes)) }
        return edits.sorted { $0.offset < $1.offset }
    }

    private func usageEdit(_ bytes: RawSpan) -> Edit {
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
