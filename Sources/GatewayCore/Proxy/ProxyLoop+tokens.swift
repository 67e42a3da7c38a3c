/// Tokens: what a finished answer tells of its prompt's tokens, and its own, ties their text to the blocks of KV events.
extension ProxyLoop {
    /// Decides, when a request is sent, whether its tokens are asked for.
    mutating func armLearning(_ fd: Int32, on engine: EngineKind) {
        guard clients[fd].exchange.wantsTokens, engine == .vllm else { return }
        let facts = clients[fd].facts
        guard facts.isStreaming,
            facts.asksForTokenIDs != false, clients[fd].route == .inference,
            clients[fd].completion != nil
        else { return }
        let isChat = clients[fd].completion == .chat
        // Of several prompts or answers nobody says which one a token is of.
        guard facts.obstacles.isDisjoint(with: [.severalChoices, .completionMode]),
            isChat || clients[fd].withBody({ facts.hasOnePrompt($0) })
        else { return }
        clients[fd].record.isChat = isChat
        clients[fd].record.showsIDs = facts.asksForTokenIDs == true
        clients[fd].record.learnsTokens = true
    }

    mutating func learnTokens(_ fd: Int32) {
        guard !shared.presence.isEmpty, clients[fd].record.takesIDs, !clients[fd].record.promptIDs.isEmpty,
            clients[fd].bodyByteCount > 0, !isMultimodal(fd), case .model(let model) = matchModel(fd)
        else { return }
        let facts = clients[fd].facts
        var answer = ByteQueue()
        if clients[fd].record.isPlain, !clients[fd].record.text.isEmpty {
            let isChat = clients[fd].record.isChat
            clients[fd].withBody { body in
                clients[fd].record.text.withBytes { text in
                    facts.appendTurn(body, answer: text, isChat: isChat, to: &answer)
                }
            }
        }
        var text = Tokenization(
            marks: clients[fd].withBody {
                facts.marks($0, answer: answer, model: clients[fd].exchange.modelHash, hash: shared.hash)
            },
            promptBytes: facts.promptBytes,
            promptIDs: clients[fd].record.promptIDs.withBytes { Self.numbers($0) })
        if !answer.isEmpty {
            text.append(
                clients[fd].record.outputIDs.withBytes { Self.numbers($0) }, bytes: answer.count)
        }
        let salt = clients[fd].withBody {
            facts.cacheSalt.isEmpty ? 0 : PromptHash.of($0, facts.cacheSalt.range)
        }
        shared.presence.learn(text, model: model.map { fleet.models[$0].hash } ?? 0, salt: salt)
    }

    /// Decimal numbers with commas, and perhaps spaces, between them.
    private static func numbers(_ bytes: RawSpan) -> [UInt32] {
        var numbers: [UInt32] = []
        var number: UInt32 = 0
        var hasDigit = false
        for index in 0..<bytes.byteCount {
            let byte = bytes.byte(index)
            if (0x30...0x39).contains(byte) {
                number = number &* 10 &+ UInt32(byte - 0x30)
                hasDigit = true
            } else if byte == 0x2C {
                numbers.append(number)
                number = 0
                hasDigit = false
            }
        }
        if hasDigit { numbers.append(number) }
        return numbers
    }
}
