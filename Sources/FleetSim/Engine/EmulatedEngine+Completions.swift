import GatewayCore

/// Completions: from the request into the model, and from its tokens to the client.
extension EmulatedEngine {
    func complete(_ received: ReceivedRequest, isChat: Bool, from connection: EngineConnection)
        throws(EngineError)
    {
        if isShuttingDown { throw .shuttingDown }
        if isDead { throw .internalError(500) }
        if faults.failures > 0 {
            faults.failures -= 1
            var error = EngineError.internalError(faults.failureStatus)
            error.retryAfterSeconds = faults.retryAfterSeconds
            throw error
        }
        let request = try CompletionRequest(received.body, isChat: isChat)
        try checkModel(request.model)
        let limit = model.maxContextTokens
        guard request.prompt.count < limit else { throw .tooLong(prompt: request.prompt.count, limit: limit) }
        if let asked = request.maxTokens, asked > limit {
            throw .badParameter(
                "max_tokens", "\(asked)",
                "max_tokens=\(asked) cannot be greater than max_model_len=\(limit). Please request fewer output "
                    + "tokens.")
        }
        account.completions += 1
        let fault = faults.next()
        if let fault, performEarly(fault, isStreamed: request.isStreamed, on: connection) { return }
        let answer = begin(request, fault, keepsAlive: received.keepsAlive)
        connection.answer = answer
        clients[answer.id] = connection
        if answer.frames != nil { startStream(on: connection, keepsAlive: answer.keepsAlive) }
        if faults.isPaused {
            paused.append(answer.id)
            return flush(connection)
        }
        do throws(EngineError) {
            try enqueue(answer)
        } catch {
            clients[answer.id] = nil
            connection.answer = nil
            connection.output.removeAll()
            throw error
        }
        answer.frames?.role(into: &connection.output)
        if answer.frames != nil { flush(connection) }
    }

    func startStream(on connection: EngineConnection, keepsAlive: Bool) {
        appendHead(
            connection, status: 200, type: "text/event-stream; charset=utf-8", length: nil,
            keepsAlive: keepsAlive)
    }

    /// Those who hung are served now.
    func resume() {
        for id in paused {
            guard let connection = clients[id], let answer = connection.answer else { continue }
            do throws(EngineError) {
                try enqueue(answer)
                answer.frames?.role(into: &connection.output)
                flush(connection)
            } catch {
                drop(connection, byReset: false)
            }
        }
        paused = []
    }

    private func begin(_ request: CompletionRequest, _ fault: EngineFaults.Planned?, keepsAlive: Bool)
        -> EngineAnswer
    {
        let limit = model.maxContextTokens
        let room = min(request.maxTokens ?? limit, limit - request.prompt.count)
        var (tokens, ended) = Babble.answer(
            to: request.prompt, minimum: request.minTokens, limit: room, ignoringEnd: request.ignoresEnd)
        if let fault, fault.kind == .repeat {
            let span = Self.repeatedTokens
            for index in tokens.indices.dropFirst(max(span, fault.after)) {
                tokens[index] = tokens[index - span]
            }
        }
        let publicID = (request.isChat ? "chatcmpl-" : "cmpl-") + hexadecimalID()
        let frames =
            request.isStreamed
            ? StreamFrames(
                id: publicID, created: Int(MonotonicClock.unixTime()), model: modelName, request: request)
            : nil
        return EngineAnswer(
            id: random.next(), publicID: publicID, request: request, tokens: tokens, endsByItself: ended,
            limit: room, frames: frames, keepsAlive: keepsAlive, fault: fault)
    }

    /// The span of a repeat loop.
    private static let repeatedTokens = 8

    private func enqueue(_ answer: EngineAnswer) throws(EngineError) {
        var root: UInt64 = 0
        for byte in (modelName + "\u{0}" + (answer.request.cacheSalt ?? "")).utf8 {
            root = (root ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
        }
        let request = EngineRequest(
            id: answer.id, promptTokens: answer.request.prompt.count, outputTokens: answer.tokens.count,
            endsByItself: answer.endsByItself, maxTokens: answer.limit,
            chain: Tokenizer.chain(
                answer.request.prompt + answer.tokens, blockTokens: model.cache.blockTokens, root: root))
        do {
            try model.submit(request, at: instant)
        } catch {
            throw .tooLong(prompt: answer.request.prompt.count, limit: error.limit)
        }
    }

    func deliver(_ events: [TokenEvent]) {
        for event in events {
            guard let connection = clients[event.request], let answer = connection.answer else { continue }
            if let fault = answer.fault, fault.kind == .slow {
                hold(event, fault, of: connection)
            } else {
                send(event, answer, to: connection)
            }
        }
    }

    func send(_ event: TokenEvent, _ answer: EngineAnswer, to connection: EngineConnection) {
        if let fault = answer.fault, isDue(fault, at: event) {
            perform(fault, at: event, answer, on: connection)
        } else if let frames = answer.frames {
            stream(event, answer, frames, to: connection)
        } else if let finish = event.finish {
            deliverWhole(answer, event, finish, to: connection)
        }
    }

    func deliverWhole(
        _ answer: EngineAnswer, _ event: TokenEvent, _ finish: FinishReason, to connection: EngineConnection
    ) {
        account.writtenTokens += event.ordinal
        countFinished(event)
        respond(
            connection, status: 200, type: "application/json", whole(answer, event, finish),
            keepsAlive: answer.keepsAlive)
        self.finish(connection)
    }

    private func countFinished(_ event: TokenEvent) {
        account.finished += 1
        account.finishedTokens += event.ordinal
    }

    private func stream(
        _ event: TokenEvent, _ answer: EngineAnswer, _ frames: StreamFrames, to connection: EngineConnection
    ) {
        let usage = answer.usage(at: event)
        let token = answer.tokens[event.ordinal - 1]
        account.writtenTokens += 1
        if let finish = event.finish {
            countFinished(event)
            frames.end(token, ordinal: event.ordinal, finish: finish, usage: usage, into: &connection.output)
            self.finish(connection)
        } else {
            frames.token(token, ordinal: event.ordinal, usage: usage, into: &connection.output)
            flush(connection)
        }
    }

    /// An answer that isn't streamed.
    func whole(_ answer: EngineAnswer, _ event: TokenEvent, _ finish: FinishReason) -> String {
        let isChat = answer.request.isChat
        let text = JSONValue.quoted(Tokenizer.text(answer.tokens))
        let returnsIDs = answer.request.returnsTokenIDs
        let ids = returnsIDs ? StreamFrames.list(answer.tokens) : "null"
        let promptIDs = returnsIDs ? StreamFrames.list(answer.request.prompt) : "null"
        let usage = CompletionUsage(
            prompt: answer.request.prompt.count, completion: answer.tokens.count, cached: event.cachedTokens)
        let choice =
            isChat
            ? #"{"index":0,"message":{"role":"assistant","content":\#(text),"refusal":null,"annotations":null,"#
                + #""audio":null,"function_call":null,"reasoning":null},"logprobs":null,"#
                + #""finish_reason":"\#(finish.rawValue)","stop_reason":null,"token_ids":\#(ids),"#
                + #""routed_experts":null}"#
            : #"{"index":0,"text":\#(text),"logprobs":null,"finish_reason":"\#(finish.rawValue)","#
                + #""stop_reason":null,"token_ids":\#(ids),"prompt_logprobs":null,"#
                + #""prompt_token_ids":\#(promptIDs),"routed_experts":null}"#
        let chatEnd = #""prompt_logprobs":null,"prompt_token_ids":\#(promptIDs),"prompt_text":null,"#
        return """
            {"id":"\(answer.publicID)","object":"\(isChat ? "chat.completion" : "text_completion")",\
            "created":\(Int(MonotonicClock.unixTime())),"model":\(JSONValue.quoted(modelName)),\
            "choices":[\(choice)],"service_tier":null,"system_fingerprint":"vllm-\(Self.vllmVersion)-emulated",\
            "usage":\(usage.json(.whole)),\(isChat ? chatEnd : "")"kv_transfer_params":null,\
            "ec_transfer_params":null,"metrics":null}
            """
    }
}
