/// Inspect: what a request asks for, and what its body says.
extension ProxyLoop {
    /// A head is complete: answer here, or go for the body. Says whether there may be more to do.
    mutating func begin(request fd: Int32) -> Bool {
        let head = clients[fd].head
        let path = clients[fd].input.withBytes { Self.path($0, head) }
        if case .local(let page) = path {
            return answerLocally(fd, page)
        }
        receive(fd)
        if head.wantsUpgrade {
            refuseAndClose(fd, 501, "protocol upgrades are not relayed", type: "not_supported_error")
            return false
        }
        switch path {
        case .local: break
        case .unknown:
            refuse(
                fd, 404, "no such route here; the gateway serves /v1/..., /health, /ready and /metrics",
                type: "not_found_error")
            return true
        case .inference(let completion) where head.method == .post:
            clients[fd].route = .inference
            clients[fd].completion = completion
        case .inference, .relayed: clients[fd].route = head.isMultipart && head.hasBody ? .upload : .other
        }
        if let length = head.contentLength, length > limits.maxBodyBytes, clients[fd].route != .upload {
            refuseAndClose(
                fd, 413, "the body has \(length) bytes; limits.maxBodyBytes is \(limits.maxBodyBytes)",
                type: "invalid_request_error")
            return false
        }
        if head.expectsContinue, head.hasBody, head.minorVersion == 1 { sendContinue(fd) }
        guard clients[fd].phase != .free else { return false }
        if clients[fd].route == .upload {
            clients[fd].uploadLeft = head.contentLength ?? 0
            clients[fd].uploaded = clients[fd].input.count - head.byteCount
            expectBody(fd, received: clients[fd].uploaded)
            admit(fd)
            return clients[fd].phase == .head
        }
        clients[fd].phase = .body
        return true
    }

    /// A request begins to count.
    mutating func receive(_ fd: Int32) {
        clients[fd].decision = ""
        clients[fd].completion = nil
        clients[fd].exchange.id = shared.nextID.add(1, ordering: .relaxed).oldValue
        clients[fd].exchange.began = now
        clients[fd].exchange.isOpen = true
        counters.requests += 1
        retryBudget.request(now: now)
        listActive(fd)
    }

    enum LocalPage: UInt8 { case health, ready, metrics, models }

    private enum Path {
        case local(LocalPage), inference(Client.Completion?), relayed, unknown
    }

    private static func path(_ bytes: RawSpan, _ head: RequestHead) -> Path {
        let target = head.target.range
        let end = bytes.first(0x3F, in: target) ?? target.upperBound
        let at = target.lowerBound
        let isRead = head.method == .get || head.method == .head
        switch end - at {
        case 6 where bytes.has("/ready", at: at): return .local(.ready)
        case 7 where bytes.has("/health", at: at): return .local(.health)
        case 8 where bytes.has("/metrics", at: at): return .local(.metrics)
        case 10 where bytes.has("/v1/models", at: at) && isRead: return .local(.models)
        case 13 where bytes.has("/v1/responses", at: at): return .inference(nil)
        case 14 where bytes.has("/v1/embeddings", at: at): return .inference(nil)
        case 15 where bytes.has("/v1/completions", at: at): return .inference(.text)
        case 20 where bytes.has("/v1/chat/completions", at: at): return .inference(.chat)
        default:
            return bytes.has("/v1/", at: at) && !hasDotSegment(bytes, at..<end) ? .relayed : .unknown
        }
    }

    /// "/v1/../x" might be something else than /v1 to an engine that resolves it.
    private static func hasDotSegment(_ bytes: RawSpan, _ path: Range<Int>) -> Bool {
        let isEscaped = bytes.first(0x25, in: path) != nil
        for at in path where bytes.byte(at) == 0x2E {
            // Any dot behind a separator, so that no way to write the second one must be known.
            if bytes.byte(at - 1) == 0x2F, bytes.has("..", at: at) || bytes.has(".%", at: at) { return true }
            if isEscaped, bytes.has("%2f", at: at - 3) || bytes.has("%2F", at: at - 3) { return true }
        }
        return isEscaped && (bytes.first("%2e", in: path) != nil || bytes.first("%2E", in: path) != nil)
    }

    private mutating func sendContinue(_ fd: Int32) {
        outbox.removeAll()
        outbox.append("HTTP/1.1 100 Continue\r\n\r\n")
        sendOutbox(to: fd)
    }

    /// A body is complete: reads it, then admits the request.
    mutating func inspect(_ fd: Int32) {
        guard clients[fd].bodyByteCount > 0 else {
            if clients[fd].route == .inference {
                return refuse(
                    fd, 400, "the request has no body; a JSON object with \"model\" is expected",
                    type: "invalid_request_error")
            }
            return admit(fd)
        }
        switch clients[fd].withBody({ BodyFacts.read($0) }) {
        case .facts(let facts):
            clients[fd].facts = facts
            clients[fd].exchange.modelHash = modelHash(of: fd)
        case .malformed(let offset):
            if clients[fd].route == .inference {
                return refuse(
                    fd, 400,
                    "the body is no JSON object with plain names: it stops being one at byte \(offset)",
                    type: "invalid_request_error")
            }
        }
        admit(fd)
    }

    /// Hashes the prompt's blocks into `chain`.
    mutating func hashPrompt(of fd: Int32) {
        var chain = self.chain
        self.chain = []  // one owner, so that appending does not copy
        chain.removeAll(keepingCapacity: true)
        let facts = clients[fd].facts
        let hash = shared.hash
        let model = clients[fd].exchange.modelHash
        clients[fd].withBody { facts.appendChain($0, model: model, hash: hash, to: &chain) }
        self.chain = chain
    }
}
