/// A request in virtual time: sizes and block hashes, no text.
package struct VirtualRequest: Sendable {
    package var id: Int
    /// Seconds.
    package var arrival: Double
    package var promptTokens: Int
    package var outputTokens: Int
    /// What the router believes of `outputTokens`.
    package var expectedOutput: Int
    package var session: UInt64?
    package var chain: [UInt64]

    package init(
        id: Int, arrival: Double, promptTokens: Int, outputTokens: Int, expectedOutput: Int? = nil,
        session: UInt64? = nil, chain: [UInt64]
    ) {
        self.id = id
        self.arrival = arrival
        self.promptTokens = promptTokens
        self.outputTokens = outputTokens
        self.expectedOutput = expectedOutput ?? outputTokens
        self.session = session
        self.chain = chain
    }
}

/// What an engine in virtual time tells.
package enum VirtualEvent: Sendable {
    case firstToken(id: Int, instant: Double, cachedTokens: Int)
    case finished(id: Int, instant: Double)
}

/// One engine in virtual time.
package protocol VirtualEngine: Sendable {
    mutating func submit(_ request: VirtualRequest, at instant: Double)
    /// When something happens next; nil: it is idle.
    var nextInstant: Double? { get }
    /// Lets time pass up to and with an instant.
    mutating func advance(to instant: Double, into events: inout [VirtualEvent])
    /// Leading blocks of a prompt that it holds now.
    func depth(of chain: [UInt64]) -> Int
}
