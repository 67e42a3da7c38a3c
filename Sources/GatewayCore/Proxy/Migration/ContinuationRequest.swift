/// The request that lets another node go on where a stream stopped.
package enum ContinuationRequest {
    /// Fields of the client's that the continuation says anew or that would not fit it.
    private static let replaced: [StaticString] = [
        "prompt", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens", "min_tokens",
        "return_token_ids", "return_progress", "add_generation_prompt", "continue_final_message",
    ]
    /// A chat that is carried on as a completion of ids leaves these behind.
    private static let chatOnly: [StaticString] = [
        "tools", "tool_choice", "parallel_tool_calls", "functions", "function_call", "response_format",
        "chat_template", "chat_template_kwargs", "documents", "n", "logprobs", "top_logprobs",
        "reasoning_effort", "include_reasoning",
    ]

    /// Where a chat goes on: as a completion of ids, or as a chat.
    static func goesToCompletions(_ record: borrowing StreamRecord) -> Bool {
        !record.isChat || record.way == .ids
    }

    /// How many tokens are left to generate; nil: the client set no limit.
    static func tokensLeft(_ facts: BodyFacts, _ record: borrowing StreamRecord) -> Int? {
        // OpenAI's default for completions, which vLLM keeps.
        let limit = facts.maxTokens ?? (record.isChat || record.way == .text ? nil : 16)
        return limit.map { $0 - record.outputTokens }
    }

    /// - Parameter body: the client's.
    package static func body(
        _ body: RawSpan, _ facts: BodyFacts, _ record: borrowing StreamRecord, into out: inout ByteQueue
    ) {
        out.append("{")
        var fields = JSONFields(body, at: body.first(0x7B, in: 0..<body.byteCount) ?? 0)
        var minTokens: Int?
        while let field = fields.next(body) {
            if body.equals(field.key, lowercased: "min_tokens") {
                minTokens = JSONScan.integer(body, field.value)
            }
            if replaced.contains(where: { body.equals(field.key, lowercased: $0) }) { continue }
            if record.isChat, record.way == .ids,
                chatOnly.contains(where: { body.equals(field.key, lowercased: $0) })
            {
                continue
            }
            out.append(body, (field.key.lowerBound - 1)..<field.value.upperBound)
            out.append(",")
        }
        appendPrompt(body, facts, record, into: &out)
        if let left = tokensLeft(facts, record) {
            out.append(",\"max_tokens\":")
            out.append(decimal: max(1, left))
        } else if record.way == .ids {
            out.append(",\"max_tokens\":null")  // up to the model's length, as a chat has it
        }
        if let minTokens, minTokens > record.outputTokens {
            out.append(",\"min_tokens\":")
            out.append(decimal: minTokens - record.outputTokens)
        }
        if record.usesIDs { out.append(",\"return_token_ids\":true") }
        if record.way == .text { out.append(",\"return_progress\":true") }
        out.append(",\"stream\":true,\"stream_options\":{\"include_usage\":true}}")
    }

    private static func appendPrompt(
        _ body: RawSpan, _ facts: BodyFacts, _ record: borrowing StreamRecord, into out: inout ByteQueue
    ) {
        switch (record.way, record.isChat) {
        case (.ids, _), (.none, _), (.checkedText, false):
            out.append("\"prompt\":[")
            record.promptIDs.withBytes { out.append($0) }
            if !record.promptIDs.isEmpty, !record.outputIDs.isEmpty { out.append(",") }
            record.outputIDs.withBytes { out.append($0) }
            out.append("]")
        case (.text, false):  // the prompt's opening quote is in its range, its closing one is not
            out.append("\"prompt\":")
            out.append(body, facts.prompt.range)
            record.text.withBytes { out.append($0) }
            out.append("\"")
        case (.checkedText, true), (.text, true):
            out.append("\"messages\":")
            out.append(body, facts.prompt.range)
            out.append(",{\"role\":\"assistant\",\"content\":\"")
            record.text.withBytes { out.append($0) }
            out.append("\"}],\"continue_final_message\":true,\"add_generation_prompt\":false")
        }
    }
}
