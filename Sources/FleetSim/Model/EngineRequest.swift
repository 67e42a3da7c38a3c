/// What a request is to the engine model: sizes, and the identity of its blocks.
package struct EngineRequest: Sendable {
    /// Chosen by the caller, unique among requests in flight.
    package var id: UInt64
    /// At least 1.
    package var promptTokens: Int
    /// Tokens that will be generated; at least 1.
    package var outputTokens: Int
    /// Whether the answer ends by itself ("stop"); else the limit cuts it ("length").
    package var endsByItself: Bool
    /// The limit that the client gave, for the histograms.
    package var maxTokens: Int
    /// Chained hashes of the full blocks of the prompt and, where known, of the answer behind it.
    package var chain: [UInt64]

    package init(
        id: UInt64, promptTokens: Int, outputTokens: Int, endsByItself: Bool = false, maxTokens: Int? = nil,
        chain: [UInt64] = []
    ) {
        self.id = id
        self.promptTokens = promptTokens
        self.outputTokens = outputTokens
        self.endsByItself = endsByItself
        self.maxTokens = maxTokens ?? outputTokens
        self.chain = chain
    }
}

package enum FinishReason: String, Sendable, CaseIterable { case stop, length, abort, error, repetition }

/// One generated token.
package struct TokenEvent: Sendable, Equatable {
    package let request: UInt64
    /// Seconds on the model's clock.
    package let instant: Double
    /// 1 is the first token.
    package let ordinal: Int
    /// Prompt tokens that were found in the cache when the request was first admitted.
    package let cachedTokens: Int
    /// On the last token only.
    package let finish: FinishReason?
}

/// Why a request can't be taken: it would never fit.
package struct RequestTooLong: Error, Sendable, Equatable {
    package let tokens: Int
    package let limit: Int
}
