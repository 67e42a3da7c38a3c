import GatewayCore

/// One session: a conversation, a document's questions or an agent's loop.
package struct WorkloadSession: Sendable {
    package let name: String
    private let parent: String?
    /// What it was drawn as.
    let kind: WorkloadKind
    private let shape: SessionShape
    private let model: String
    private let maxTokens: Int?
    private let turns: Int
    private var turn = 0
    /// The messages so far as JSON, without the brackets.
    private var history: String
    private var random: SplitMix64

    init(
        name: String, parent: String?, kind: WorkloadKind, shape: SessionShape, library: WorkloadLibrary,
        maxTokens: Int?, seed: UInt64
    ) {
        var random = SplitMix64(seed: seed)
        self.shape = shape
        self.maxTokens = maxTokens
        model = library.model
        self.name = name
        self.parent = parent
        self.kind = kind
        turns = random.integer(in: shape.turns)
        let beginning =
            switch shape.beginning {
            case .systemPrompt: library.systemPrompt(&random)
            case .document: library.document(&random)
            case .agentPrompt: library.agentPrompt(&random)
            case .hotPrompt: library.hotPrompt()
            case .unreadDocument: library.unreadDocument(&random)
            }
        history = #"{"role":"system","content":"\#(beginning)"}"#
        self.random = random
    }

    /// The next request; nil when the session is over.
    /// - Parameter reply: the answer to the request before; empty for the first one.
    package mutating func next(after reply: String) -> WorkloadRequest? {
        guard turn < turns else { return nil }
        if turn > 0 { history += #",{"role":"assistant","content":\#(JSONValue.quoted(reply))}"# }
        let message = Babble.text(tokens: Int(shape.messageTokens.next(&random)), &random)
        history += #",{"role":"user","content":"\#(message)"}"#
        let think = shape.thinkSeconds.next(&random)
        let answerTokens = Int(shape.answerTokens.next(&random))
        let limit = min(maxTokens ?? answerTokens, answerTokens)
        let usage = shape.asksForUsage ? #","stream_options":{"include_usage":true}"# : ""
        defer { turn += 1 }
        return WorkloadRequest(
            session: name, turn: turn, tenant: shape.beginning.tenant, namesSession: shape.namesSession,
            parent: parent,
            body:
                #"{"model":\#(model),"messages":[\#(history)],"max_tokens":\#(limit),"stream":true\#(usage)}"#,
            thinkSeconds: turn == 0 ? 0 : think, maxTokens: limit)
    }
}
