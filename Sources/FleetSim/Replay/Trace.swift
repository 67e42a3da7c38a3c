/// Requests to play again: when each is due, how long it is, and which blocks its prompt has.
package struct Trace: Sendable {
    package var kind: TraceKind
    package var requests: [TraceRequest] = []
    /// What a reader must know to understand figures made from it: one sentence each.
    package var notes: [String] = []

    /// Tokens in a block of the chains: the Mooncake traces' own size.
    package static let blockTokens = 512

    package init(_ kind: TraceKind) { self.kind = kind }

    package var promptTokens: Int { requests.reduce(0) { $0 + $1.promptTokens } }
    package var outputTokens: Int { requests.reduce(0) { $0 + $1.outputTokens } }
}

package enum TraceKind: String, Sendable {
    case mooncake, azure
    case agentic = "agentic sessions"
}

package struct TraceRequest: Sendable, Equatable {
    /// Seconds: after the answer to the request that it follows, else after the trace's start.
    package var delay: Double
    /// Index of an earlier request whose answer comes first; nil: it is due by the clock alone.
    package var follows: Int?
    /// At least 1.
    package var promptTokens: Int
    /// At least 1.
    package var outputTokens: Int
    /// One key for each block of the prompt, in order; equal keys mean equal text up to there. The last block may be
    /// a partial one.
    package var chain: [UInt64] = []
    /// Equal for the turns of one conversation; nil: nothing tells.
    package var session: UInt64?

    package init(delay: Double, follows: Int? = nil, promptTokens: Int, outputTokens: Int) {
        self.delay = delay
        self.follows = follows
        self.promptTokens = promptTokens
        self.outputTokens = outputTokens
    }
}

/// A trace that can't be read: where, why, and what to do.
package struct TraceProblem: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ name: String, line: Int, _ what: String) { description = "\(name):\(line): \(what)" }
    init(_ name: String, _ what: String) { description = "\(name): \(what)" }
}
