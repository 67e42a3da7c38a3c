/// A request as a policy sees it.
package struct RoutingRequest: Sendable {
    /// Hash of the session's id; nil: none.
    package var session: UInt64?
    /// Hash of the prompt's first blocks, for spreading what has no session; nil: the prompt is shorter than a block.
    package var head: UInt64?
    /// Full blocks of the prompt.
    package var blocks = 0
    /// Estimated.
    package var promptTokens = 0

    package init() {}
}

/// A node that may take the request.
package struct Candidate: Sendable {
    /// Index in the fleet.
    package var node: Int
    /// 1...100.
    package var weight: Int
    /// Requests of this gateway on it.
    package var active: Int
    /// Uncached prompt tokens that wait for prefill there.
    package var pendingPrefillTokens: Int
    /// Leading blocks of this prompt that it probably holds.
    package var cachedBlocks: Int

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
        guard request.blocks > 0 else { return 0 }
        return min(request.promptTokens, request.promptTokens * cachedBlocks / request.blocks)
    }
}

/// Why a policy chose, in a closed set; the words are made where they are shown.
package enum ChoiceReason: UInt8, Sendable {
    case onlyCandidate, turn, chance, leastLoaded, betterOfTwo, session, sessionSpilled, prefix, leastCost,
        stateful, probation

    package var words: String {
        switch self {
        case .onlyCandidate: "the only node that can take it"
        case .turn: "its turn"
        case .chance: "drawn by weight"
        case .leastLoaded: "fewest requests for its weight"
        case .betterOfTwo: "the less loaded of two drawn"
        case .session: "its session's node"
        case .sessionSpilled: "its session's node is over the load bound; the next one"
        case .prefix: "holds the longest part of the prefix at the least cost"
        case .leastCost: "least cost; nobody holds the prefix"
        case .stateful: "the node that made the id"
        case .probation: "it was ejected; this request tries it again"
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

/// Decides which node takes a request. Every policy honours weights.
package protocol RoutingPolicy: Sendable {
    /// What `policy NAME` takes.
    static var name: String { get }
    /// One line for help.
    static var summary: String { get }
    init()
    /// - Parameter candidates: not empty; weights above 0.
    mutating func choose(
        among candidates: [Candidate], for request: RoutingRequest, random: inout SplitMix64
    ) -> Choice
    /// The score of one candidate for the operator to read: its cost (lower is better) and the terms it is made of.
    func score(_ candidate: Candidate, for request: RoutingRequest) -> (cost: Double, terms: [ScoreTerm])
}

/// All policies, in the order in which they are listed.
package enum Policies {
    private static let all: [any RoutingPolicy.Type] = [
        PrefixAffinity.self, SessionAffinity.self, LeastRequests.self, PowerOfTwo.self, RoundRobin.self,
        Random.self,
    ]

    package static let names = all.map { $0.name }

    package static func summary(of name: String) -> String? { all.first { $0.name == name }?.summary }

    package static func make(_ name: String) -> (any RoutingPolicy)? { all.first { $0.name == name }?.init() }
}
