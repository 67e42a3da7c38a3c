/// How a request ended.
package enum Outcome: UInt8, Sendable {
    case completed
    /// The client hung up.
    case cancelled
    /// An engine failed and nobody else could take over.
    case failed
    /// The gateway itself said no: bad request, unknown model, no node.
    case refused
}

/// What the ledger gets of a request at its end, or of an attempt that was sent again elsewhere.
package struct Settlement: Sendable {
    package var stream: UInt64
    /// Index of the node; -1: none.
    package var node: Int32
    package var outcome: Outcome
    /// This attempt failed before its first byte and the request went elsewhere: not the end of a request.
    package var isRetry = false
    /// Another node goes on with the stream: not the end of a request, and no waste.
    package var isHandedOn = false
    /// Output tokens of the nodes that the stream was on before: wasted too when it does not complete.
    package var carriedTokens: UInt32 = 0
    package var model: String
    package var ttftNanoseconds: UInt64?
    /// Mean time of an output token after the first.
    package var tpotNanoseconds: UInt64?
    package var e2eNanoseconds: UInt64
    package var promptTokens: UInt32
    package var promptTokensEstimated: Bool
    package var predictedCachedTokens: UInt32
    /// nil: the engine did not tell.
    package var cachedTokens: UInt32?
    package var outputTokens: UInt32
    package var dollars: Double
}
