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

/// What an engine in virtual time shows to whoever scrapes it.
package struct VirtualReading: Sendable {
    /// Blocks of prompts in its cache, held or free.
    package var cachedBlocks: Int
    /// Share of its KV blocks that requests hold, 0...1.
    package var kvUsage: Double
    /// Requests in its own queue.
    package var queue: Int

    package init(cachedBlocks: Int, kvUsage: Double, queue: Int) {
        self.cachedBlocks = cachedBlocks
        self.kvUsage = kvUsage
        self.queue = queue
    }
}

/// A block that a cache came to hold, or no longer holds: what an engine's KV events tell.
package enum CacheChange: Sendable, Equatable {
    case stored(UInt64)
    case removed(UInt64)
}

/// One engine in virtual time.
package protocol VirtualEngine: Sendable {
    mutating func submit(_ request: VirtualRequest, at instant: Double)
    /// When something happens next; nil: it is idle.
    var nextInstant: Double? { get }
    /// Lets time pass up to and with an instant.
    mutating func advance(to instant: Double, into events: inout [VirtualEvent])
    /// Leading blocks of a prompt that it holds at an instant up to which time has been let pass, or nothing happened.
    func depth(of chain: [UInt64], at instant: Double) -> Int
    var reading: VirtualReading { get }
    /// What its cache came to hold and lost, in order, since this was last taken; nil: nobody wants to know.
    var cacheChanges: [CacheChange]? { get set }
}
