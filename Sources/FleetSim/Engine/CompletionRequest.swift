/// What a chat or text completion asks for, as vLLM reads the body.
struct CompletionRequest {
    var isChat: Bool
    var model: String?
    var prompt: [UInt32] = []
    var isStreamed = false
    var includesUsage = false
    /// Usage in every event (vLLM's continuous_usage_stats).
    var usesUsageInEveryEvent = false
    var returnsTokenIDs = false
    /// nil: as much as the context leaves.
    var maxTokens: Int?
    /// Before so many tokens the answer doesn't end by itself.
    var minTokens = 0
    var ignoresEnd = false
    var cacheSalt: String?
    var user: String?

    init(_ body: [UInt8], isChat: Bool) throws(EngineError) {
        self.isChat = isChat
        let json = try Self.object(body)
        model = json["model"]?.string
        isStreamed = json["stream"]?.bool ?? false
        includesUsage = json["stream_options"]?["include_usage"]?.bool ?? false
        usesUsageInEveryEvent = json["stream_options"]?["continuous_usage_stats"]?.bool ?? false
        returnsTokenIDs = json["return_token_ids"]?.bool ?? false
        ignoresEnd = json["ignore_eos"]?.bool ?? false
        cacheSalt = json["cache_salt"]?.string
        user = json["user"]?.string
        let limit = isChat ? "max_completion_tokens" : "max_tokens"
        maxTokens = try Self.count(json, limit)
        if maxTokens == nil { maxTokens = try Self.count(json, "max_tokens") }
        minTokens = json["min_tokens"]?.integer ?? 0
        if !isChat, maxTokens == nil { maxTokens = 16 }  // OpenAI's and vLLM's default for text completions
        if let temperature = json["temperature"]?.number, temperature < 0 {
            throw .badParameter(
                "temperature", "\(temperature)", "temperature must be non-negative, got \(temperature).")
        }
        if let copies = json["n"]?.number, copies != 1 {
            throw .badParameter("n", "\(copies)", "the emulated engine gives one answer a request.")
        }
        prompt = try isChat ? Self.chatPrompt(json) : Self.textPrompt(json)
    }

    static func object(_ body: [UInt8]) throws(EngineError) -> JSONValue {
        if body.isEmpty { throw .validation("missing", at: "body", "Field required", input: "None") }
        let json: JSONValue
        do throws(JSONValue.Problem) {
            json = try JSONValue.parse(body)
        } catch {
            throw .badJSON(error)
        }
        guard case .object = json else {
            throw .validation(
                "model_attributes_type", at: "body", "Input should be a valid dictionary", input: "")
        }
        return json
    }

    private static func count(_ json: JSONValue, _ key: String) throws(EngineError) -> Int? {
        guard let value = json[key], !value.isNull else { return nil }
        guard let number = value.integer else {
            throw .validation(
                "int_parsing", at: "body.\(key)",
                "Input should be a valid integer, unable to parse string as an integer",
                input: value.string ?? "")
        }
        guard number >= 1 else {
            throw .badParameter(key, "\(number)", "\(key) must be at least 1, got \(number).")
        }
        return number
    }

    private static func missing(_ key: String, _ json: JSONValue) -> EngineError {
        var count = 0
        if case .object(let members) = json { count = members.count }
        return .validation("missing", at: "body.\(key)", "Field required", input: "<dict of \(count) items>")
    }

    /// The conversation as tokens: each turn begins with its role and ends with a mark of its own, so that a longer
    /// conversation begins with the tokens of a shorter one and its answer.
    static func chatPrompt(_ json: JSONValue) throws(EngineError) -> [UInt32] {
        guard let messages = json["messages"]?.array else { throw missing("messages", json) }
        guard !messages.isEmpty else {
            throw .validation(
                "too_short", at: "body.messages", "List should have at least 1 item", input: "[]")
        }
        var tokens: [UInt32] = []
        if let tools = json["tools"]?.array {
            tokens.append(Tokenizer.turnStart)
            for tool in tools { appendText(of: tool, to: &tokens) }
            tokens.append(Tokenizer.turnEnd)
        }
        for (index, message) in messages.enumerated() {
            guard let role = message["role"]?.string else {
                throw .validation("missing", at: "body.messages.\(index).role", "Field required", input: "")
            }
            tokens.append(Tokenizer.turnStart)
            Tokenizer.append(role, to: &tokens)
            for key in ["content", "reasoning", "tool_calls"] {
                if let value = message[key] { appendText(of: value, to: &tokens) }
            }
            tokens.append(Tokenizer.turnEnd)
        }
        if json["continue_final_message"]?.bool == true {
            tokens.removeLast()  // the last turn goes on
        } else if json["add_generation_prompt"]?.bool != false {
            tokens.append(Tokenizer.turnStart)
            Tokenizer.append("assistant", to: &tokens)
        }
        return tokens
    }

    /// Every string inside a value, in order.
    private static func appendText(of value: JSONValue, to tokens: inout [UInt32]) {
        switch value {
        case .string(let text): Tokenizer.append(text, to: &tokens)
        case .array(let items): for item in items { appendText(of: item, to: &tokens) }
        case .object(let members): for member in members { appendText(of: member.value, to: &tokens) }
        case .null, .bool, .number: break
        }
    }

    static func textPrompt(_ json: JSONValue) throws(EngineError) -> [UInt32] {
        guard let prompt = json["prompt"], !prompt.isNull else { throw missing("prompt", json) }
        var tokens: [UInt32] = []
        switch prompt {
        case .string(let text): Tokenizer.append(text, to: &tokens)
        case .array(let items) where items.count == 1 && items[0].string != nil:
            Tokenizer.append(items[0].string ?? "", to: &tokens)
        case .array(let items):
            for item in items {
                guard let id = item.integer.flatMap(UInt32.init(exactly:)) else {
                    throw .badParameter("prompt", "array", "the emulated engine takes one prompt a request.")
                }
                tokens.append(id)
            }
        default:
            throw .validation("string_type", at: "body.prompt", "Input should be a valid string", input: "")
        }
        guard !tokens.isEmpty else {
            throw .badParameter("prompt", "", "The prompt must not be empty.")
        }
        return tokens
    }
}
