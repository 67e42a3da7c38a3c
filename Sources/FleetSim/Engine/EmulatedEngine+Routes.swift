import GatewayCore

/// What each route answers.
extension EmulatedEngine {
    func route(_ request: ReceivedRequest, from connection: EngineConnection) {
        do throws(EngineError) {
            switch request.path {
            case "/v1/chat/completions", "/v1/completions":
                try require(.post, request)
                try complete(request, isChat: request.path == "/v1/chat/completions", from: connection)
            case "/tokenize":
                try require(.post, request)
                json(try tokenized(request.body), to: connection, request)
            case "/v1/embeddings":
                try require(.post, request)
                json(try embedded(request.body), to: connection, request)
            case "/emulator":
                if request.method == .get { return json(accountText, to: connection, request) }
                try require(.post, request)
                try faults.set(request.query, now: now)
                if faults.refusingUntil > now { stopListening() }
                if !faults.isPaused { resume() }
                json("{}", to: connection, request)
            default:
                try read(request, from: connection)
            }
        } catch {
            respond(
                connection, status: error.status, type: "application/json", error.body,
                keepsAlive: request.keepsAlive, retryAfterSeconds: error.retryAfterSeconds)
        }
    }

    private func read(_ request: ReceivedRequest, from connection: EngineConnection) throws(EngineError) {
        switch request.path {
        case "/health", "/ping":
            try require(.get, request)
            let status = faults.unhealthyUntil > now || isDead ? 503 : 200
            respond(connection, status: status, type: nil, "", keepsAlive: request.keepsAlive)
        case "/v1/models":
            try require(.get, request)
            json(models(), to: connection, request)
        case "/version":
            try require(.get, request)
            json(#"{"version":"\#(Self.vllmVersion)"}"#, to: connection, request)
        case "/metrics":
            try require(.get, request)
            var text = VLLMMetrics.text(of: model, modelName: modelName)
            if faults.garbledScrapes > 0 {
                faults.garbledScrapes -= 1
                text = "<html>502 Bad Gateway</html>\nvllm:num_requests_running{engine=\"0\" 3..0\n"
            }
            respond(
                connection, status: 200, type: "text/plain; version=1.0.0; charset=utf-8", text,
                keepsAlive: request.keepsAlive)
        case "/gpu/metrics":
            try require(.get, request)
            respond(
                connection, status: 200, type: "text/plain; version=0.0.4; charset=utf-8",
                DCGMMetrics.text(of: model, seed: options.seed, port: port), keepsAlive: request.keepsAlive)
        default: throw .noSuchRoute
        }
    }

    private func require(_ method: RequestHead.Method, _ request: ReceivedRequest) throws(EngineError) {
        if request.method != method { throw .wrongMethod }
    }

    private func json(_ body: String, to connection: EngineConnection, _ request: ReceivedRequest) {
        respond(connection, status: 200, type: "application/json", body, keepsAlive: request.keepsAlive)
    }

    private func models() -> String {
        """
        {"object":"list","data":[{"id":\(JSONValue.quoted(modelName)),"object":"model",\
        "created":\(Int(MonotonicClock.unixTime())),"owned_by":"vllm","root":\(JSONValue.quoted(modelName)),\
        "parent":null,"max_model_len":\(model.maxContextTokens),"permission":[]}]}
        """
    }

    private func tokenized(_ body: [UInt8]) throws(EngineError) -> String {
        let json = try CompletionRequest.object(body)
        let tokens =
            try json["messages"] != nil
            ? CompletionRequest.chatPrompt(json) : CompletionRequest.textPrompt(json)
        return """
            {"count":\(tokens.count),"max_model_len":\(model.maxContextTokens),\
            "tokens":[\(tokens.map(String.init).joined(separator: ","))],"token_strs":null}
            """
    }

    /// Eight numbers that follow from the text.
    private func embedded(_ body: [UInt8]) throws(EngineError) -> String {
        let json = try CompletionRequest.object(body)
        let texts = json["input"]?.array?.compactMap(\.string) ?? json["input"]?.string.map { [$0] } ?? []
        guard !texts.isEmpty else {
            throw .validation("missing", at: "body.input", "Field required", input: "")
        }
        try checkModel(json["model"]?.string)
        var rows: [String] = []
        var count = 0
        for (index, text) in texts.enumerated() {
            var tokens: [UInt32] = []
            Tokenizer.append(text, to: &tokens)
            count += tokens.count
            var numbers = SplitMix64(seed: tokens.reduce(1) { SplitMix64.mix($0 ^ UInt64($1)) })
            let vector = (0..<8).map { _ in "\(numbers.unit() - 0.5)" }.joined(separator: ",")
            rows.append(#"{"index":\#(index),"object":"embedding","embedding":[\#(vector)]}"#)
        }
        return """
            {"id":"embd-\(hexadecimalID())","object":"list","created":\(Int(MonotonicClock.unixTime())),\
            "model":\(JSONValue.quoted(modelName)),"data":[\(rows.joined(separator: ","))],\
            "usage":{"prompt_tokens":\(count),"total_tokens":\(count),"completion_tokens":0}}
            """
    }

    func checkModel(_ asked: String?) throws(EngineError) {
        if let asked, asked != modelName { throw .unknownModel(asked, served: modelName) }
    }

    func hexadecimalID() -> String {
        let digits = String(random.next(), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
