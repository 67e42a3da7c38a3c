/// Token counts as an engine tells them at the end.
package struct Usage: Sendable, Equatable {
    package var promptTokens: Int?
    package var outputTokens: Int?
    /// Prompt tokens that came out of the prefix cache.
    package var cachedTokens: Int?
    package init() {}

    /// Finds the usage object in JSON text: OpenAI's names and those of Responses and Messages.
    package static func find(in bytes: RawSpan, _ range: Range<Int>) -> Usage? {
        guard let at = bytes.first("\"usage\":", in: range) else { return nil }
        var scan = JSONScan(at: at + 8)
        guard let object = scan.value(bytes), object.upperBound <= range.upperBound, object.count > 2,
            bytes.byte(object.lowerBound) == 0x7B
        else { return nil }
        var usage = Usage()
        usage.promptTokens =
            number("\"prompt_tokens\":", bytes, object) ?? number("\"input_tokens\":", bytes, object)
        usage.outputTokens =
            number("\"completion_tokens\":", bytes, object) ?? number("\"output_tokens\":", bytes, object)
        usage.cachedTokens =
            number("\"cached_tokens\":", bytes, object)
            ?? number("\"cache_read_input_tokens\":", bytes, object)
        return usage
    }

    private static func number(_ name: StaticString, _ bytes: RawSpan, _ range: Range<Int>) -> Int? {
        guard let at = bytes.first(name, in: range) else { return nil }
        var scan = JSONScan(at: at + name.utf8CodeUnitCount)
        scan.skipSpace(bytes)
        return JSONScan.integer(bytes, scan.offset..<range.upperBound)
    }
}

/// Looks at the events of a server-sent stream in place as they pass.
///
/// Pure: fed whole events, it says which to keep from the client and remembers what they told.
package struct StreamObserver: Sendable {
    /// Events that carried generated content.
    package private(set) var contentEvents = 0
    package private(set) var hasDone = false
    package private(set) var hasFinish = false
    /// An error object came inside the stream.
    package private(set) var hasError = false
    package private(set) var usage: Usage?

    package init() {}

    package var hasFirstToken: Bool { contentEvents > 0 }
    /// It ended as a stream that succeeded does.
    package var isComplete: Bool { (hasDone || hasFinish) && !hasError }

    package enum Verdict: Sendable { case pass, hide }

    /// Looks at one event, its blank line included.
    /// - Parameter hidesUsage: the usage event was asked for by the gateway, not by the client.
    package mutating func event(_ bytes: RawSpan, _ range: Range<Int>, hidesUsage: Bool) -> Verdict {
        var start = range.lowerBound
        if bytes.byte(start) != 0x64 || !bytes.has("data:", at: start) {
            // A comment or an event name alone has none.
            guard let data = bytes.first("\ndata:", in: range) else { return .pass }
            start = data &+ 1
        }
        var body = start &+ 5
        if body < range.upperBound, bytes.byte(body) == 0x20 { body &+= 1 }
        if bytes.has("[DONE]", at: body) {
            hasDone = true
            return .pass
        }
        let data = body..<range.upperBound
        if bytes.has("{\"error\"", at: body) || bytes.has("{\"object\":\"error\"", at: body)
            || bytes.has("{\"type\":\"error\"", at: body)
        {
            hasError = true
            return .pass
        }
        if let found = Usage.find(in: bytes, data) {
            if found.promptTokens != nil || found.outputTokens != nil { usage = merged(found) }
            // The usage event is no content.
            if Self.hasEmptyChoices(bytes, data) { return hidesUsage ? .hide : .pass }
        }
        if !hasFinish { hasFinish = Self.finishes(bytes, data) }
        if hasFirstToken || Self.carriesContent(bytes, data) { contentEvents &+= 1 }
        return .pass
    }

    /// Messages tells the input at the start and the output at the end.
    private func merged(_ new: Usage) -> Usage {
        var all = usage ?? Usage()
        if let tokens = new.promptTokens { all.promptTokens = tokens }
        if let tokens = new.outputTokens { all.outputTokens = tokens }
        if let tokens = new.cachedTokens { all.cachedTokens = tokens }
        return all
    }

    private static func finishes(_ bytes: RawSpan, _ data: Range<Int>) -> Bool {
        if let at = bytes.first("\"finish_reason\":", in: data) {
            var scan = JSONScan(at: at + 16)
            guard let reason = scan.string(bytes) else { return false }
            return !bytes.has("abort\"", at: reason.lowerBound)
        }
        return bytes.first("\"type\":\"message_stop\"", in: data) != nil
            || bytes.first("\"type\":\"response.completed\"", in: data) != nil
            || bytes.first("\"type\":\"response.incomplete\"", in: data) != nil
    }

    private static func hasEmptyChoices(_ bytes: RawSpan, _ data: Range<Int>) -> Bool {
        guard let at = bytes.first("\"choices\":", in: data) else { return false }
        var scan = JSONScan(at: at + 10)
        return scan.take(0x5B, bytes) && scan.take(0x5D, bytes)
    }

    /// Whether this is more than the role event that vLLM sends before it has scheduled anything.
    private static func carriesContent(_ bytes: RawSpan, _ data: Range<Int>) -> Bool {
        if bytes.first("\"role\":\"assistant\"", in: data) != nil {
            return bytes.first("\"content\":\"\"", in: data) == nil
                && bytes.first("\"content\":null", in: data) == nil
        }
        if bytes.first("\"choices\":", in: data) != nil {
            return !hasEmptyChoices(bytes, data)
        }
        return bytes.first("delta", in: data) != nil
    }
}
