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

/// Who a request was for.
package struct Payers: Sendable, Equatable {
    /// Hash of the tenant's name; 0: it names none.
    package var tenant: UInt64 = 0
    /// Hash of the session's id; 0: it names none.
    package var session: UInt64 = 0
    /// Hash of the id of the session that this one is a child of; 0: it names none.
    package var parent: UInt64 = 0
    /// As in the fleet; empty for routes without one.
    package var model = ""
    package init() {}

    var modelKey: UInt64 { model.isEmpty ? 0 : PromptHash.of(text: model) }
}

/// A name that stands behind a hash in `Payers`.
package struct PayerName: Sendable {
    package enum Kind: Sendable { case tenant, session }

    /// In bytes; longer ones are cut.
    package static let longest = 64

    package var kind: Kind
    package var hash: UInt64
    package var name: String
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
    package var payers: Payers
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
