/// Arm: whether a stream could go on elsewhere, and what is kept for that.
extension ProxyLoop {
    var allowedObstacles: Obstacles { limits.migration == .inexact ? Obstacles.inexact : [] }

    /// Decides, when a request is sent to its first node, what is noted of its answer.
    mutating func arm(_ fd: Int32, on engine: EngineKind) {
        if !clients[fd].record.isAnew { clients[fd].record.clear() }
        clients[fd].record.way = .none
        guard limits.migration != .off, clients[fd].route == .inference, clients[fd].facts.isStreaming,
            clients[fd].completion != nil, hasPeers(fd)
        else { return }
        clients[fd].record.isChat = clients[fd].completion == .chat
        let obstacles = obstacles(of: fd)
        clients[fd].record.obstacles = obstacles
        guard obstacles.subtracting(allowedObstacles).isEmpty else {
            counters.notMigratable += 1
            return
        }
        let facts = clients[fd].facts
        clients[fd].record.engine = engine
        clients[fd].record.showsIDs = facts.asksForTokenIDs == true
        switch engine {
        case .vllm where facts.asksForTokenIDs != false:
            clients[fd].record.way = facts.hasTools && clients[fd].record.isChat ? .checkedText : .ids
            clients[fd].record.rewindTokens = facts.stopBytes > 0 ? Int(facts.stopBytes) + 8 : 0
        case .llamacpp where clients[fd].record.isChat || isTextPrompt(fd): clients[fd].record.way = .text
        default: break
        }
    }

    /// Somebody else serves the model, or may.
    private func hasPeers(_ fd: Int32) -> Bool {
        guard case .model(let model) = matchModel(fd) else { return false }
        guard let model else { return fleet.nodes.count > 1 }
        return fleet.models[model].nodes.count + fleet.unspecific.count > 1
    }

    private func obstacles(of fd: Int32) -> Obstacles {
        let facts = clients[fd].facts
        var obstacles = facts.obstacles
        if !clients[fd].record.isChat, !clients[fd].withBody({ facts.hasOnePrompt($0) }) {
            obstacles.insert(.severalChoices)
        }
        if isMultimodal(fd) { obstacles.insert(.multimodal) }
        if clients[fd].head.optsOutOfMigration { obstacles.insert(.optedOut) }
        return obstacles
    }

    /// Its prompt has pictures or sounds.
    func isMultimodal(_ fd: Int32) -> Bool {
        let prompt = clients[fd].facts.prompt.range
        return clients[fd].withBody {
            $0.first("_url\"", in: prompt) != nil || $0.first("\"input_audio\"", in: prompt) != nil
        }
    }

    private func isTextPrompt(_ fd: Int32) -> Bool {
        let prompt = clients[fd].facts.prompt.range
        return clients[fd].withBody { !prompt.isEmpty && $0.byte(prompt.lowerBound) == 0x22 }
    }

    // MARK: memory

    /// Growth that is not counted yet.
    private static let chargeStep = 16_384

    /// Counts what is kept of a stream; past the budget nothing is kept of it any more.
    mutating func retain(_ fd: Int32) {
        guard clients[fd].record.isKept else { return forgetBody(fd) }
        let kept = clients[fd].bodyByteCount + clients[fd].record.byteCount
        let charged = clients[fd].record.charged
        guard charged == 0 || kept > charged + Self.chargeStep else { return }
        let all = shared.retainedBytes.add(kept - charged, ordering: .relaxed).newValue
        clients[fd].record.charged = kept
        guard all > limits.retainedBytes else { return }
        release(fd)
        if clients[fd].record.isArmed { counters.notMigratable += 1 }
        clients[fd].record.disarm(.memory)
        forgetBody(fd)
    }

    /// A stream that can neither be sent again nor go on elsewhere needs no more of its request than names: prompts are long,
    /// and streams live for minutes.
    private mutating func forgetBody(_ fd: Int32) {
        guard !clients[fd].isBodyForgotten, clients[fd].exchange.hasStarted,
            clients[fd].exchange.firstToken > 0, clients[fd].route == .inference,
            upstreams[clients[fd].upstream].hasSentRequest
        else { return }
        // What is pipelined behind it stands in the same memory.
        let end = clients[fd].head.byteCount + (clients[fd].head.isChunked ? 0 : clients[fd].bodyByteCount)
        guard clients[fd].input.count == end else { return }
        clients[fd].forgetBody()
    }

    mutating func release(_ fd: Int32) {
        guard clients[fd].record.charged > 0 else { return }
        shared.retainedBytes.subtract(clients[fd].record.charged, ordering: .relaxed)
        clients[fd].record.charged = 0
    }
}
