import GatewayCore

/// The events of one streamed answer, byte for byte in vLLM's shape (0.32, live captures): one event a chunk.
struct StreamFrames {
    private let start: String
    private let request: CompletionRequest
    private let fingerprint = "vllm-\(EmulatedEngine.vllmVersion)-emulated"
    /// A plain event up to and behind its text, which is always one four-byte token; chunk framing included.
    private let plainHead: [UInt8]
    private let plainTail: [UInt8]

    init(id: String, created: Int, model: String, request: CompletionRequest) {
        self.request = request
        let object = request.isChat ? "chat.completion.chunk" : "text_completion"
        start = """
            data: {"id":"\(id)","object":"\(object)","created":\(created),"model":\(JSONValue.quoted(model)),"choices":[
            """
        let head = start + (request.isChat ? #"{"index":0,"delta":{"content":""# : #"{"index":0,"text":""#)
        let tail =
            request.isChat
            ? #""},"logprobs":null,"finish_reason":null,"token_ids":null}]}"# + "\n\n"
            : #"","logprobs":null,"finish_reason":null,"stop_reason":null,"prompt_token_ids":null,"token_ids":null}]}"#
                + "\n\n"
        let size = head.utf8.count + 4 + tail.utf8.count
        plainHead = Array((String(size, radix: 16) + "\r\n" + head).utf8)
        plainTail = Array((tail + "\r\n").utf8)
    }

    /// The event that a chat begins with, sent before anything is scheduled.
    func role(into out: inout ByteQueue) {
        guard request.isChat else { return }
        let ids = request.returnsTokenIDs ? Self.list(request.prompt) : "null"
        append(
            #"{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"#
                + #""prompt_token_ids":\#(ids),"prompt_text":null}"#, into: &out)
    }

    /// A token that is not the last one.
    func token(_ token: UInt32, ordinal: Int, usage: CompletionUsage, into out: inout ByteQueue) {
        if request.returnsTokenIDs || request.usesUsageInEveryEvent {
            return richToken(token, ordinal: ordinal, finish: nil, usage: usage, into: &out)
        }
        out.append(plainHead)
        for shift: UInt32 in [0, 8, 16, 24] { out.append(byte: UInt8(truncatingIfNeeded: token >> shift)) }
        out.append(plainTail)
    }

    /// The last token, usage where it was asked for, the mark and the last chunk.
    func end(
        _ token: UInt32, ordinal: Int, finish: FinishReason, usage: CompletionUsage, into out: inout ByteQueue
    ) {
        self.finish(token, ordinal: ordinal, finish: finish, usage: usage, into: &out)
        Self.done(into: &out)
        out.append(text: Self.lastChunk)
    }

    /// The last token and usage where it was asked for.
    func finish(
        _ token: UInt32?, ordinal: Int, finish: FinishReason, usage: CompletionUsage,
        into out: inout ByteQueue
    ) {
        richToken(token, ordinal: ordinal, finish: finish, usage: usage, into: &out)
        if request.includesUsage {
            append(
                #"],"usage":\#(usage.json(request.isChat ? .chat : .text)),"system_fingerprint":"\#(fingerprint)"}"#,
                into: &out)
        }
    }

    /// The end of a stream that an operator aborted.
    func abort(usage: CompletionUsage, into out: inout ByteQueue) {
        finish(nil, ordinal: usage.completion, finish: .abort, usage: usage, into: &out)
        Self.done(into: &out)
        out.append(text: Self.lastChunk)
    }

    private func richToken(
        _ token: UInt32?, ordinal: Int, finish: FinishReason?, usage: CompletionUsage,
        into out: inout ByteQueue
    ) {
        let text = Tokenizer.text(token.map { [$0] } ?? [])
        let ids = request.returnsTokenIDs ? Self.list(token.map { [$0] } ?? []) : "null"
        let reason = finish.map { "\"\($0.rawValue)\"" } ?? "null"
        var event =
            request.isChat
            ? #"{"index":0,"delta":{"content":"\#(text)"},"logprobs":null,"finish_reason":\#(reason),"#
                + (finish == nil ? "" : #""stop_reason":null,"#) + #""token_ids":\#(ids)}]"#
            : #"{"index":0,"text":"\#(text)","logprobs":null,"finish_reason":\#(reason),"stop_reason":null,"#
                + #""prompt_token_ids":\#(promptIDs(ordinal)),"token_ids":\#(ids)}]"#
        if request.usesUsageInEveryEvent { event += #","usage":\#(usage.json(.running))"# }
        if finish != nil, !request.includesUsage { event += #","system_fingerprint":"\#(fingerprint)""# }
        append(event + "}", into: &out)
    }

    private func promptIDs(_ ordinal: Int) -> String {
        request.returnsTokenIDs && ordinal == 1 ? Self.list(request.prompt) : "null"
    }

    static func list(_ tokens: [UInt32]) -> String {
        "[" + tokens.map(String.init).joined(separator: ",") + "]"
    }

    private func append(_ rest: String, into out: inout ByteQueue) {
        Self.chunk(start + rest + "\n\n", into: &out)
    }

    static let lastChunk = "0\r\n\r\n"

    /// An error that comes after the 200, as Python's json writes it, the mark behind it and the last chunk.
    static func error(into out: inout ByteQueue) {
        chunk(
            "data: {\"error\": {\"message\": \(JSONValue.quoted(EngineError.coreDied)), "
                + "\"type\": \"InternalServerError\", \"param\": null, \"code\": 500}}\n\n",
            into: &out)
        done(into: &out)
        out.append(text: lastChunk)
    }

    static func done(into out: inout ByteQueue) { chunk("data: [DONE]\n\n", into: &out) }

    // MARK: what no engine should send

    /// A chunk that ends in the middle.
    func halfChunk(into out: inout ByteQueue) { out.append(plainHead) }

    /// A whole chunk with an event that ends in the middle; `isClosed`: with the blank line behind it, so that it is an
    /// event that is no JSON.
    func halfEvent(isClosed: Bool, into out: inout ByteQueue) {
        Self.chunk(String(start.prefix(start.count / 2)) + (isClosed ? "\n\n" : ""), into: &out)
    }

    /// A token's event with bytes that are no UTF-8 for its text.
    func illegible(_ token: UInt32, ordinal: Int, usage: CompletionUsage, into out: inout ByteQueue) {
        var piece = ByteQueue()
        self.token(token, ordinal: ordinal, usage: usage, into: &piece)
        var bytes = piece.withBytes { $0.array(0..<$0.byteCount) }
        let mark = Array((request.isChat ? #""content":""# : #""text":""#).utf8)
        if let place = bytes.firstRange(of: mark) {
            bytes.replaceSubrange(place.upperBound..<place.upperBound + 4, with: [0x20, 0xFF, 0xC0, 0x80])
        }
        out.append(bytes)
    }

    private static func chunk(_ text: String, into out: inout ByteQueue) {
        out.append(hexadecimal: text.utf8.count)
        out.append("\r\n")
        out.append(text: text)
        out.append("\r\n")
    }
}

/// Token counts of one answer.
struct CompletionUsage {
    var prompt: Int
    var completion: Int
    var cached: Int

    /// Where it stands decides what is told of the cache.
    enum Place { case chat, text, running, whole }

    func json(_ place: Place) -> String {
        let counts =
            #"{"prompt_tokens":\#(prompt),"total_tokens":\#(prompt + completion),"completion_tokens":\#(completion)"#
        let created = prompt - cached
        return switch place {
        case .whole:
            counts
                + #","prompt_tokens_details":{"cached_tokens":\#(cached),"created_cache_tokens":\#(created),"#
                + #""multimodal_tokens":null},"completion_tokens_details":null}"#
        case .running: counts + "}"
        case .text: counts + #","prompt_tokens_details":{"cached_tokens":\#(cached)}}"#
        case .chat:
            counts
                + #","prompt_tokens_details":{"cached_tokens":\#(cached),"created_cache_tokens":\#(created)}}"#
        }
    }
}
