import Synchronization

/// A live request as its shadows see it: sizes and hashes, no text.
package struct ShadowArrival: Sendable {
    package var stream: UInt64
    /// Hash of the model's name.
    package var model: UInt64
    /// Monotonic seconds.
    package var instant: Double
    package var promptTokens: Int
    package var expectedOutput: Int
    package var session: UInt64?
    package var chain: [UInt64]

    package init(
        stream: UInt64, model: UInt64, instant: Double, promptTokens: Int, expectedOutput: Int,
        session: UInt64? = nil, chain: [UInt64]
    ) {
        self.stream = stream
        self.model = model
        self.instant = instant
        self.promptTokens = promptTokens
        self.expectedOutput = expectedOutput
        self.session = session
        self.chain = chain
    }
}

/// Where the live policy sent a request.
package struct ShadowPlacement: Sendable {
    package var stream: UInt64
    package var node: Int
    /// Monotonic seconds.
    package var instant: Double

    package init(stream: UInt64, node: Int, instant: Double) {
        self.stream = stream
        self.node = node
        self.instant = instant
    }
}

/// What ended requests taught of decoding, the last ones weighing most.
package struct ShadowDecoding: Sendable {
    /// Of an answer; nil: none has ended.
    package var outputTokens: Double?
    package var secondsPerToken = 0.03
    package init() {}

    /// The request in virtual time: its answer is as long as they were on average.
    func request(_ arrival: ShadowArrival, id: Int) -> VirtualRequest {
        let output = min(Double(arrival.expectedOutput), outputTokens ?? .infinity)
        return VirtualRequest(
            id: id, arrival: arrival.instant, promptTokens: arrival.promptTokens,
            outputTokens: max(1, Int(output)), expectedOutput: arrival.expectedOutput,
            session: arrival.session, chain: arrival.chain)
    }

    mutating func ended(outputTokens count: Int, secondsPerToken seconds: Double?) {
        guard count > 0 else { return }
        outputTokens = outputTokens.map { $0 * 0.98 + Double(count) * 0.02 } ?? Double(count)
        if let seconds { secondsPerToken = secondsPerToken * 0.98 + seconds * 0.02 }
    }
}

/// Where the loops, control and the shadows' thread meet. Nobody waits longer than for a copy: what finds no room is
/// dropped and counted.
package final class ShadowMailbox: Sendable {
    static let arrivalLimit = 4096
    /// Hashes of all prompts that wait here: 8 MB.
    static let hashLimit = 1_048_576

    /// What came since it was last taken.
    package struct Notes: Sendable {
        package var arrivals: [ShadowArrival] = []
        package var placements: [ShadowPlacement] = []
        package var decoding = ShadowDecoding()
        fileprivate var hashes = 0
        package init() {}
    }

    private let notes = Mutex(Notes())
    private let rows = Mutex<[ShadowRow]>([])
    private let capacities = Mutex<[Double?]>([])
    private let droppedCount = Atomic<Int>(0)
    private let restFlag = Atomic<Bool>(false)

    package init() {}

    /// Nobody takes what comes: the loops are spared the copy, and it counts as dropped.
    package var isResting: Bool {
        get { restFlag.load(ordering: .relaxed) }
        set { restFlag.store(newValue, ordering: .relaxed) }
    }

    /// Requests that the shadows were not shown.
    package func skipped(_ count: Int) { droppedCount.add(count, ordering: .relaxed) }

    package func came(_ arriving: @autoclosure () -> ShadowArrival) {
        if isResting { return skipped(1) }
        var arrival = arriving()
        // As long as it is: the loop's own array has room for the longest prompt so far, and is used again.
        arrival.chain = arrival.chain.map { $0 }
        let hasRoom = notes.withLock { notes in
            guard notes.arrivals.count < Self.arrivalLimit,
                notes.hashes + arrival.chain.count <= Self.hashLimit
            else { return false }
            notes.arrivals.append(arrival)
            notes.hashes += arrival.chain.count
            return true
        }
        if !hasRoom { skipped(1) }
    }

    package func placed(_ stream: UInt64, node: Int, instant: Double) {
        if isResting { return }
        notes.withLock { notes in
            guard notes.placements.count < Self.arrivalLimit else { return }
            notes.placements.append(ShadowPlacement(stream: stream, node: node, instant: instant))
        }
    }

    package func ended(outputTokens: Int, secondsPerToken: Double?) {
        notes.withLock {
            $0.decoding.ended(outputTokens: outputTokens, secondsPerToken: secondsPerToken)
        }
    }

    package func take() -> Notes {
        notes.withLock { notes in
            let taken = notes
            notes = Notes()
            notes.decoding = taken.decoding
            return taken
        }
    }

    /// Requests that the shadows have not seen: there was no room, or no time.
    package var dropped: Int { droppedCount.load(ordering: .relaxed) }

    /// Tokens that each node's KV cache holds, as its engine says; nil: it does not.
    package var capacityTokens: [Double?] {
        get { capacities.withLock { $0 } }
        set { capacities.withLock { $0 = newValue } }
    }

    /// What each policy would have done, as last worked out.
    package var latest: [ShadowRow] {
        get { rows.withLock { $0 } }
        set { rows.withLock { $0 = newValue } }
    }
}
