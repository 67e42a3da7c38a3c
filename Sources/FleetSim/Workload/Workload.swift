import GatewayCore

/// What kind of traffic a workload sends.
package enum WorkloadKind: String, Sendable, CaseIterable {
    /// Conversations on a few shared system prompts, at a person's pace.
    case chat
    /// Several questions on one long document.
    case documents
    /// Tool loops whose context grows with every step, at a machine's pace.
    case agents
    /// All of them: of ten sessions six chats, one document, three agents.
    case mix
    /// Chats that all begin with one prompt of 12,000 tokens.
    case hot
    /// Long documents that nobody asks about twice.
    case scan
}

/// One request of a session.
package struct WorkloadRequest: Sendable, Equatable {
    package let session: String
    /// 0 is the session's first.
    package let turn: Int
    /// Goes along as x-signalbox-tenant.
    package let tenant: String
    /// Whether the session's name goes along as x-session-id.
    package let namesSession: Bool
    /// The session that began this one; goes along as x-parent-session-id.
    package let parent: String?
    /// A chat completion's body: JSON.
    package let body: String
    /// Seconds between the answer before it and this request.
    package let thinkSeconds: Double
    package let maxTokens: Int
}

/// A seeded stream of sessions. Pure: the same seed and the same replies give the same requests.
///
/// Sizes follow what is published of such traffic in shape, scaled down to what emulated engines on one machine
/// carry: TraceLab's agents (workloads.md 5) reuse 96 percent of a context of 100,000 tokens, ours reaches 20,000.
package struct Workload: Sendable {
    /// Each new session is of one of them; one that stands twice is drawn twice as often.
    package var kinds: [WorkloadKind]
    private let library: WorkloadLibrary
    /// nil: each request's own.
    private let maxTokens: Int?
    private var random: SplitMix64
    private var sessions = 0
    /// The agent that begins others, and how many it has begun.
    private var lead: (name: String, begun: Int)?

    /// - Parameter model: the name that requests ask for.
    package init(kind: WorkloadKind, seed: UInt64, model: String, maxTokens: Int? = nil) {
        kinds = [kind]
        self.maxTokens = maxTokens
        library = WorkloadLibrary(seed: seed, model: model)
        random = SplitMix64(seed: seed)
    }

    package mutating func nextSession() -> WorkloadSession {
        sessions += 1
        let choice = random.unit()
        let kind = kinds.count == 1 ? kinds[0] : kinds[random.integer(in: 0...(kinds.count - 1))]
        let shape: SessionShape =
            switch kind {
            case .chat: .chat
            case .documents: .document
            case .agents: .agent
            case .mix: choice < 0.6 ? .chat : choice < 0.7 ? .document : .agent
            case .hot: .hot
            case .scan: .scan
            }
        let name = "session-\(sessions)"
        return session(
            named: name, kind, shape, parent: shape.beginning == .agentPrompt ? nextParent(of: name) : nil)
    }

    /// Of three agents in a row the first begins the other two.
    private mutating func nextParent(of name: String) -> String? {
        if let lead, lead.begun < 2 {
            self.lead = (lead.name, lead.begun + 1)
            return lead.name
        }
        lead = (name, 0)
        return nil
    }

    /// One of many loops of one agent that does not end by itself.
    mutating func nextRunaway() -> WorkloadSession { session(named: "runaway", .agents, .runaway) }

    private mutating func session(
        named name: String, _ kind: WorkloadKind, _ shape: SessionShape, parent: String? = nil
    ) -> WorkloadSession {
        WorkloadSession(
            name: name, parent: parent, kind: kind, shape: shape, library: library, maxTokens: maxTokens,
            seed: random.next())
    }
}

/// What sessions share: system prompts, documents and agents' instructions.
struct WorkloadLibrary: Sendable {
    let model: String
    private let seed: UInt64

    init(seed: UInt64, model: String) {
        self.seed = seed
        self.model = JSONValue.quoted(model)
    }

    /// Tokens of the system prompts, the most popular first.
    private static let systemPromptTokens = [1200, 500, 3000, 800, 2000, 1600]
    private static let agentPromptTokens = [3000, 2000, 4000]
    private static let documents = 24

    func systemPrompt(_ random: inout SplitMix64) -> String {
        let index = random.zipf(count: Self.systemPromptTokens.count)
        return text(shelf: 1, index, tokens: Self.systemPromptTokens[index])
    }

    func agentPrompt(_ random: inout SplitMix64) -> String {
        let index = random.zipf(count: Self.agentPromptTokens.count)
        return text(shelf: 2, index, tokens: Self.agentPromptTokens[index])
    }

    func document(_ random: inout SplitMix64) -> String {
        let index = random.zipf(count: Self.documents)
        var sizes = SplitMix64(seed: seed &+ UInt64(index))
        let tokens = min(20_000, max(2000, Int(sizes.logNormal(median: 6000, sigma: 0.5))))
        return text(shelf: 3, index, tokens: tokens)
    }

    func hotPrompt() -> String { text(shelf: 4, 0, tokens: 12_000) }

    func unreadDocument(_ random: inout SplitMix64) -> String {
        Babble.text(tokens: random.integer(in: 12_000...20_000), &random)
    }

    private func text(shelf: UInt64, _ index: Int, tokens: Int) -> String {
        var random = SplitMix64(seed: SplitMix64.mix(seed &* 31 &+ shelf << 32 &+ UInt64(index)))
        return Babble.text(tokens: tokens, &random)
    }
}

/// How a session goes on: medians and spreads (of the logarithm) of what is drawn for each turn.
struct SessionShape: Sendable {
    let beginning: Beginning
    let turns: ClosedRange<Int>
    /// Tokens that a turn adds: a person's message or a tool's result.
    let messageTokens: Draw
    let answerTokens: Draw
    let thinkSeconds: Draw
    let namesSession: Bool
    /// Whether requests ask for the usage event.
    let asksForUsage: Bool

    enum Beginning: Sendable {
        case systemPrompt, document, agentPrompt, hotPrompt, unreadDocument

        /// Who sends such sessions.
        var tenant: String {
            switch self {
            case .systemPrompt: "support"
            case .document: "legal"
            case .agentPrompt: "builders"
            case .hotPrompt: "launch"
            case .unreadDocument: "crawler"
            }
        }
    }

    struct Draw: Sendable {
        let median: Double
        let sigma: Double
        let range: ClosedRange<Double>

        func next(_ random: inout SplitMix64) -> Double {
            min(range.upperBound, max(range.lowerBound, random.logNormal(median: median, sigma: sigma)))
        }
    }

    static let chat = SessionShape(
        beginning: .systemPrompt, turns: 1...8, messageTokens: Draw(median: 40, sigma: 0.8, range: 5...400),
        answerTokens: Draw(median: 180, sigma: 0.6, range: 16...800),
        thinkSeconds: Draw(median: 5, sigma: 0.7, range: 0.5...60), namesSession: false, asksForUsage: true)
    static let document = SessionShape(
        beginning: .document, turns: 2...5, messageTokens: Draw(median: 30, sigma: 0.4, range: 10...80),
        answerTokens: Draw(median: 150, sigma: 0.5, range: 32...500),
        thinkSeconds: Draw(median: 4, sigma: 0.6, range: 0.5...30), namesSession: false, asksForUsage: true)
    static let agent = SessionShape(
        beginning: .agentPrompt, turns: 5...25, messageTokens: Draw(median: 300, sigma: 1, range: 20...3000),
        answerTokens: Draw(median: 90, sigma: 0.7, range: 16...400),
        thinkSeconds: Draw(median: 0.6, sigma: 1, range: 0.05...10), namesSession: true, asksForUsage: false)
    static let hot = SessionShape(
        beginning: .hotPrompt, turns: 1...3, messageTokens: Draw(median: 40, sigma: 0.8, range: 5...400),
        answerTokens: Draw(median: 120, sigma: 0.5, range: 16...400),
        thinkSeconds: Draw(median: 2, sigma: 0.5, range: 0.5...10), namesSession: false, asksForUsage: true)
    static let scan = SessionShape(
        beginning: .unreadDocument, turns: 1...1, messageTokens: Draw(median: 30, sigma: 0.4, range: 10...80),
        answerTokens: Draw(median: 60, sigma: 0.4, range: 16...200),
        thinkSeconds: Draw(median: 1, sigma: 0.1, range: 0.5...2), namesSession: true, asksForUsage: true)
    static let runaway = SessionShape(
        beginning: .agentPrompt, turns: 1_000...1_000,
        messageTokens: Draw(median: 800, sigma: 0.5, range: 200...3000),
        answerTokens: Draw(median: 300, sigma: 0.3, range: 100...600),
        thinkSeconds: Draw(median: 0.05, sigma: 0.1, range: 0.01...0.1), namesSession: true,
        asksForUsage: true)
}
