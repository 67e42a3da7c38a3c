/// Turns the events of a continuation into those that the first node would have sent: same id, same kind, usage added up.
///
/// Token ids and usage are left in place; what the client has not asked for is taken out later, as on the first node.
package enum ContinuedEvents {
    enum Result {
        case event
        /// Nothing for the client: the role again, or tokens it has.
        case dropped
        case diverged
    }

    /// Appends one event, rewritten.
    static func rewrite(
        _ bytes: RawSpan, _ event: Range<Int>, _ record: inout StreamRecord, into out: inout ByteQueue
    ) -> Result {
        guard let data = Self.object(bytes, event) else {
            out.append(bytes, event)
            return .event
        }
        if record.way == .checkedText, !record.isAnew, !agrees(bytes, data, &record) { return .diverged }
        switch record.takeRepetition(bytes, data) {
        case .repeated: return .dropped
        case .diverged: return .diverged
        case .none: break
        }
        if bytes.first("\"prompt_progress\":", in: data) != nil {
            record.noteProgress(bytes, data)
            return record.obstacles.contains(.diverged) ? .diverged : .dropped
        }
        if isRoleOnly(bytes, data) {
            if record.isAnew { _ = record.note(bytes, data, nil) }
            return .dropped
        }
        out.append("data: ")
        rewriteObject(bytes, data, record, &out)
        out.append("\n\n")
        return .event
    }

    /// The JSON object of an event's data line.
    private static func object(_ bytes: RawSpan, _ event: Range<Int>) -> Range<Int>? {
        guard let at = bytes.first("data:", in: event) else { return nil }
        var scan = JSONScan(at: at + 5)
        scan.skipSpace(bytes)
        guard scan.offset < event.upperBound, bytes.byte(scan.offset) == 0x7B else { return nil }
        return scan.value(bytes)
    }

    /// A chat's first event repeats the role.
    private static func isRoleOnly(_ bytes: RawSpan, _ data: Range<Int>) -> Bool {
        guard let delta = bytes.first("\"delta\":", in: data) else { return false }
        var fields = JSONFields(bytes, at: delta + 8)
        var hasRole = false
        while let field = fields.next(bytes) {
            let isFilled = field.value.count > 2 && bytes.byte(field.value.lowerBound) != 0x6E
            if bytes.equals(field.key, lowercased: "role") {
                hasRole = true
            } else if isFilled {
                return false
            }
        }
        return hasRole
    }

    /// The prompt's ids, as the other node made them of the text, must be those that the first node had.
    private static func agrees(_ bytes: RawSpan, _ data: Range<Int>, _ record: inout StreamRecord) -> Bool {
        guard let at = bytes.first("\"prompt_token_ids\":[", in: data) else { return true }
        let start = at + 20
        guard let end = bytes.first(0x5D, in: start..<data.upperBound) else { return false }
        return record.restart(atPrompt: bytes, start..<end)
    }

    private static func rewriteObject(
        _ bytes: RawSpan, _ data: Range<Int>, _ record: borrowing StreamRecord, _ out: inout ByteQueue
    ) {
        let becomesChat = record.isChat && record.way == .ids && !record.isAnew
        var separator: StaticString = "{"
        var fields = JSONFields(bytes, at: data.lowerBound)
        while let field = fields.next(bytes) {
            appendKey(bytes, field.key, &separator, &out)
            if bytes.equals(field.key, lowercased: "id"), !record.id.isEmpty {
                record.id.withBytes { out.append($0) }
            } else if bytes.equals(field.key, lowercased: "created"), !record.created.isEmpty {
                record.created.withBytes { out.append($0) }
            } else if becomesChat, bytes.equals(field.key, lowercased: "object") {
                out.append("\"chat.completion.chunk\"")
            } else if bytes.equals(field.key, lowercased: "usage") {
                rewriteUsage(bytes, field.value, record, &out)
            } else if becomesChat, bytes.equals(field.key, lowercased: "choices") {
                rewriteChoices(bytes, field.value, &out)
            } else if bytes.equals(field.key, lowercased: "prompt_token_ids") {
                out.append("null")
            } else {
                out.append(bytes, field.value)
            }
        }
        out.append("}")
    }

    /// Of its prompt no more can have been cached than there was.
    private static func rewriteDetails(
        _ bytes: RawSpan, _ details: Range<Int>, atMost prompt: Int, _ out: inout ByteQueue
    ) {
        guard bytes.byte(details.lowerBound) == 0x7B else { return out.append(bytes, details) }
        var separator: StaticString = "{"
        var fields = JSONFields(bytes, at: details.lowerBound)
        while let field = fields.next(bytes) {
            appendKey(bytes, field.key, &separator, &out)
            if let count = JSONScan.integer(bytes, field.value) {
                out.append(decimal: min(count, prompt))
            } else {
                out.append(bytes, field.value)
            }
        }
        out.append("}")
    }

    /// A field's key, behind what separates it from the one before.
    private static func appendKey(
        _ bytes: RawSpan, _ key: Range<Int>, _ separator: inout StaticString, _ out: inout ByteQueue
    ) {
        out.append(separator)
        separator = ","
        out.append(bytes, (key.lowerBound - 1)..<(key.upperBound + 1))
        out.append(":")
    }

    /// A completion's choices as a chat's.
    private static func rewriteChoices(_ bytes: RawSpan, _ choices: Range<Int>, _ out: inout ByteQueue) {
        guard let at = bytes.first(0x7B, in: choices) else { return out.append(bytes, choices) }
        var text: Range<Int>?
        var ids: Range<Int>?
        var reason: Range<Int>?
        var stop: Range<Int>?
        var fields = JSONFields(bytes, at: at)
        while let field = fields.next(bytes) {
            if bytes.equals(field.key, lowercased: "text") { text = field.value }
            if bytes.equals(field.key, lowercased: "token_ids") { ids = field.value }
            if bytes.equals(field.key, lowercased: "finish_reason") { reason = field.value }
            if bytes.equals(field.key, lowercased: "stop_reason") { stop = field.value }
        }
        out.append("[{\"index\":0,\"delta\":{\"content\":")
        if let text { out.append(bytes, text) } else { out.append("\"\"") }
        out.append("},\"logprobs\":null,\"finish_reason\":")
        if let reason { out.append(bytes, reason) } else { out.append("null") }
        if let reason, bytes.byte(reason.lowerBound) == 0x22, let stop {
            out.append(",\"stop_reason\":")
            out.append(bytes, stop)
        }
        out.append(",\"token_ids\":")
        if let ids { out.append(bytes, ids) } else { out.append("null") }
        out.append("}]")
    }

    /// The output tokens that this node took for a part of its prompt are output.
    private static func rewriteUsage(
        _ bytes: RawSpan, _ usage: Range<Int>, _ record: borrowing StreamRecord, _ out: inout ByteQueue
    ) {
        guard bytes.byte(usage.lowerBound) == 0x7B else { return out.append(bytes, usage) }
        let given = record.givenTokens
        var prompt = Int.max
        var separator: StaticString = "{"
        var fields = JSONFields(bytes, at: usage.lowerBound)
        while let field = fields.next(bytes) {
            appendKey(bytes, field.key, &separator, &out)
            let count = JSONScan.integer(bytes, field.value)
            if bytes.equals(field.key, lowercased: "prompt_tokens"), let count {
                prompt = max(0, count - given)
                out.append(decimal: prompt)
            } else if bytes.equals(field.key, lowercased: "completion_tokens"), let count {
                out.append(decimal: count + given)
            } else if bytes.equals(field.key, lowercased: "prompt_tokens_details") {
                rewriteDetails(bytes, field.value, atMost: prompt, &out)
            } else {
                out.append(bytes, field.value)
            }
        }
        out.append("}")
    }
}
