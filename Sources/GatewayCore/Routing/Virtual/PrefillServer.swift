/// An engine in outline, for ranking policies and for judging them beside live traffic: one prefill at a time in order of
/// arrival, a fixed time for each output token, an LRU cache of the prompts' blocks, outputs not cached.
package struct PrefillServer: VirtualEngine {
    /// Of what is submitted from now on.
    package var speed: NodeSpeed
    /// Of answers that begin from now on.
    package var secondsPerOutputToken: Double
    private let blockTokens: Int
    private var cache: BlockCache
    private var freeAt = 0.0
    /// Those before their first token, in order of arrival, from `head` on.
    private var pending: [Prefill] = []
    private var head = 0
    /// Of those that decode, ascending by instant.
    private var decoding: [(instant: Double, id: Int, blocks: Int)] = []
    /// Of the prompts in progress, a shared one counted for each.
    private var heldBlocks = 0

    private struct Prefill {
        var id: Int
        var firstToken: Double
        var cachedTokens: Int
        var outputTokens: Int
        /// Of its prompt.
        var blocks: Int
    }

    package init(
        cacheBlocks: Int, blockTokens: Int, speed: NodeSpeed, secondsPerOutputToken: Double
    ) {
        self.speed = speed
        self.blockTokens = blockTokens
        self.secondsPerOutputToken = secondsPerOutputToken
        cache = BlockCache(capacity: cacheBlocks)
    }

    package func depth(of chain: [UInt64], at instant: Double) -> Int { cache.depth(of: chain) }

    package var cacheChanges: [CacheChange]? {
        get { cache.changes }
        set { cache.changes = newValue }
    }

    package var reading: VirtualReading {
        VirtualReading(
            cachedBlocks: cache.count, kvUsage: min(1, Double(heldBlocks) / Double(cache.capacity)),
            queue: pending.count - head)
    }

    package mutating func submit(_ request: VirtualRequest, at instant: Double) {
        let cached = min(request.promptTokens, cache.depth(of: request.chain) * blockTokens)
        cache.use(request.chain)
        freeAt =
            max(instant, freeAt)
            + speed.addedSeconds(
                new: request.promptTokens - cached, behind: cached, waiting: pending.count - head)
        pending.append(
            Prefill(
                id: request.id, firstToken: freeAt, cachedTokens: cached, outputTokens: request.outputTokens,
                blocks: request.chain.count))
        heldBlocks += request.chain.count
    }

    package var nextInstant: Double? {
        let prefill = head < pending.count ? pending[head].firstToken : nil
        guard let finish = decoding.first?.instant else { return prefill }
        return prefill.map { min($0, finish) } ?? finish
    }

    package mutating func advance(to instant: Double, into events: inout [VirtualEvent]) {
        while let next = nextInstant, next <= instant {
            if let finish = decoding.first, finish.instant <= next {
                decoding.removeFirst()
                heldBlocks -= finish.blocks
                events.append(.finished(id: finish.id, instant: finish.instant))
                continue
            }
            let first = pending[head]
            events.append(
                .firstToken(id: first.id, instant: first.firstToken, cachedTokens: first.cachedTokens))
            head += 1
            decodes(first)
        }
        if head > 1024 {
            pending.removeFirst(head)
            head = 0
        }
    }

    private mutating func decodes(_ request: Prefill) {
        let end = request.firstToken + secondsPerOutputToken * Double(request.outputTokens)
        var place = decoding.count
        while place > 0, decoding[place - 1].instant > end { place -= 1 }
        decoding.insert((end, request.id, request.blocks), at: place)
    }
}
