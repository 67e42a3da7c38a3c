/// A request as a policy sees it.
package struct RoutingRequest: Sendable, Equatable {
    /// Monotonic seconds.
    package var now = 0.0
    /// Hash of the session's id; nil: none.
    package var session: UInt64?
    /// Hash of the prompt's first blocks, for spreading what has no session; nil: the prompt is shorter than a block.
    package var head: UInt64?
    /// Full blocks of the prompt.
    package var blocks = 0
    /// Estimated.
    package var promptTokens = 0
    /// Estimated, at most what the request allows.
    package var outputTokens = 256

    package init() {}

    /// Tokens in one of its blocks, on average.
    package var blockTokens: Double { blocks > 0 ? Double(promptTokens) / Double(blocks) : 0 }
}

/// A node that may take the request, with its load as the gateway knows it.
package struct Candidate: Sendable {
    /// Index in the fleet.
    package var node: Int
    /// 1...100.
    package var weight: Int
    /// Requests of this gateway on it.
    package var active: Int
    /// Of them: without a first token.
    package var prefilling = 0
    /// Uncached prompt tokens that wait for prefill there, until the first token of each.
    package var pendingPrefillTokens: Int
    /// When all that waits for prefill there will be done, in seconds from now; falls with the clock.
    package var waitSeconds = 0.0
    /// For how long nothing has waited for prefill there: its least recently used blocks are older by that.
    package var idleSeconds = 0.0
    /// Tokens of context that its active requests hold: prompts and what they generated.
    package var contextTokens = 0
    /// Leading blocks of this prompt that it probably holds.
    package var cachedBlocks: Int
    /// Of the nodes that were sent as much of this prompt, the one that was sent it first; in virtual time no node is.
    package var isFirstHolder = false
    /// Leading tokens of this prompt that it holds, as its engine's events tell; nil: they do not.
    package var heldTokens: Int?
    /// All blocks of prompts that it probably holds.
    package var heldBlocks = 0
    /// How fast it prefills and decodes, as learned.
    package var speed = NodeSpeed()
    /// Share of its KV blocks in use, 0...1; nil: it does not tell, or the reading is stale.
    package var kvUsage: Double?
    /// Requests in the engine's own queue; nil: it does not tell, or the reading is stale.
    package var engineQueue: Double?
    /// The request's session was last sent there.
    package var isBound = false

    package init(node: Int, weight: Int, active: Int, pendingPrefillTokens: Int = 0, cachedBlocks: Int = 0) {
        self.node = node
        self.weight = weight
        self.active = active
        self.pendingPrefillTokens = pendingPrefillTokens
        self.cachedBlocks = cachedBlocks
    }

    /// Requests per unit of weight: what "least loaded" compares. Equal ones are drawn by weight, so that weights count on
    /// idle nodes too.
    package var relativeLoad: Double { Double(active) / Double(weight) }

    /// Tokens of the prompt that it probably holds.
    package func cachedTokens(of request: RoutingRequest) -> Int {
        if let heldTokens { return min(request.promptTokens, heldTokens) }
        guard request.blocks > 0 else { return 0 }
        return min(request.promptTokens, request.promptTokens * cachedBlocks / request.blocks)
    }

    package func uncachedTokens(of request: RoutingRequest) -> Int {
        request.promptTokens - cachedTokens(of: request)
    }

    /// Share of the prompt that it probably holds, 0...1.
    package func match(_ request: RoutingRequest) -> Double {
        request.blocks > 0 ? Double(cachedBlocks) / Double(request.blocks) : 0
    }

    /// Its own prefill of this prompt.
    package func prefillSeconds(of request: RoutingRequest) -> Double {
        speed.prefillSeconds(new: uncachedTokens(of: request), behind: cachedTokens(of: request))
    }

    /// By how much this prompt moves the end of all prefill that waits there.
    package func addedSeconds(of request: RoutingRequest) -> Double {
        speed.addedSeconds(
            new: uncachedTokens(of: request), behind: cachedTokens(of: request), waiting: prefilling)
    }
}

/// Why a policy chose, in a closed set; the words are made where they are shown, and stand whole in 28 columns.
package enum ChoiceReason: UInt8, Sendable {
    case onlyCandidate, turn, chance, leastLoaded, betterOfTwo, session, sessionSpilled, prefix, leastCost,
        stateful, pinned, probation, sessionMoved, explored, imbalance,
        held, deepestHolder, emptiest, holderSpilled, hash,
        hashSpilled

    package var words: String {
        switch self {
        case .onlyCandidate: "the only node that takes it"
        case .turn: "its turn"
        case .chance: "drawn by weight"
        case .leastLoaded: "fewest requests by weight"
        case .betterOfTwo: "the less loaded of two drawn"
        case .session: "its session's node"
        case .sessionSpilled: "session's node over bound"
        case .prefix: "longest prefix at least cost"
        case .leastCost: "least cost; no prefix held"
        case .stateful: "the node that made the id"
        case .pinned: "pinned by operator"
        case .probation: "tried again after ejection"
        case .sessionMoved: "session's node costs more"
        case .explored: "drawn to learn of it"
        case .imbalance: "out of balance: least loaded"
        case .held: "held until a node needed it"
        case .deepestHolder: "holds most of the prefix"
        case .emptiest: "no prefix; fewest blocks"
        case .holderSpilled: "prefix's node over bound"
        case .hash: "hash of the prompt's head"
        case .hashSpilled: "hash's node over its bound"
        }
    }
}

package struct Choice: Sendable {
    /// Index in the candidates.
    package var index: Int
    package var reason: ChoiceReason
    package init(_ index: Int, _ reason: ChoiceReason) {
        self.index = index
        self.reason = reason
    }
}

/// One candidate's score for the operator to read: the lower the better, and the terms it is made of.
package struct PolicyScore: Sendable {
    package var cost: Double
    package var terms: [ScoreTerm]
    package init(_ cost: Double, _ terms: [ScoreTerm]) {
        self.cost = cost
        self.terms = terms
    }
}

/// A number of a policy that an operator may change while it runs.
package struct PolicyParameter: Sendable {
    package let name: String
    /// Its meaning and unit in one line.
    package let summary: String
    package let standard: Double
    package let range: ClosedRange<Double>

    package init(_ name: String, _ standard: Double, in range: ClosedRange<Double>, _ summary: String) {
        self.name = name
        self.standard = standard
        self.range = range
        self.summary = summary
    }
}

/// Decides which node takes a request. Every policy honours weights.
package protocol RoutingPolicy: Sendable {
    /// What `policy NAME` takes.
    static var name: String { get }
    /// One line for help.
    static var summary: String { get }
    static var parameters: [PolicyParameter] { get }
    init()
    /// The values of the parameters, in their order.
    var values: [Double] { get set }
    /// - Parameter candidates: not empty; weights above 0.
    mutating func choose(
        among candidates: [Candidate], for request: RoutingRequest, random: inout SplitMix64
    ) -> Choice
    /// The scores of all candidates, in their order.
    func scores(_ candidates: [Candidate], for request: RoutingRequest) -> [PolicyScore]
}

extension RoutingPolicy {
    package static var parameters: [PolicyParameter] { [] }
    /// A policy without parameters has no values.
    package var values: [Double] {
        get { [] }
        set {}
    }
}
