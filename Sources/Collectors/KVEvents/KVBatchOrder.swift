/// Keeps the batches of one publisher in the order of their sequence numbers: which to take, when to ask for a replay, and when
/// what was known is worth nothing any more. Bytes and numbers in, actions out; no socket, no clock.
///
/// A publisher numbers its batches from 0 in each of its lives. Its replay socket tells again what it still has from a number on.
struct KVBatchOrder {
    enum Action: Equatable {
        /// To be decoded and applied.
        case take([UInt8])
        case askReplay(from: UInt64)
        /// Drop everything known; why, for people.
        case clear(String)
        /// Everything since the engine's start is known.
        case whole
    }

    /// Batches, and their bytes, that wait for a replay to end.
    static let heldLimit = 65_536
    static let heldBytesLimit = 64 * 1024 * 1024
    /// An engine takes longer than this to start, so a connection that was away for less is the same publisher's.
    static let sameLifeSeconds = 10.0

    private struct Held {
        var sequence: UInt64
        var payload: [UInt8]
    }

    let canReplay: Bool
    /// Times that sequence numbers jumped.
    private(set) var gaps = 0
    private(set) var replays = 0
    /// The number of the next batch; nil: nothing has come.
    private var expected: UInt64?
    /// The last number that came on this connection, on which they only rise.
    private var lastLive: UInt64?
    /// Where the running replay began.
    private var replayStart: UInt64?
    /// The running replay has told something: asking again may tell more.
    private var hasToldAgain = false
    /// What a replay on this connection told may come on it once more.
    private var toldAgain: UInt64?
    private var held: [Held] = []
    private var heldBytes = 0

    init(canReplay: Bool) { self.canReplay = canReplay }

    var isReplaying: Bool { replayStart != nil }

    /// The publisher is connected.
    /// - Parameter away: seconds since the connection before ended; nil: it is the first one.
    mutating func connected(away: Double?) -> [Action] {
        lastLive = nil
        toldAgain = nil
        drop()
        var actions: [Action] = []
        if let away, away > Self.sameLifeSeconds, expected != nil {
            actions.append(.clear("the publisher was away for \(Int(away)) s"))
            expected = nil
        }
        return canReplay ? actions + [startReplay(from: expected ?? 0)] : actions
    }

    /// A batch came as it was published.
    mutating func live(_ sequence: UInt64, _ payload: [UInt8]) -> [Action] {
        defer { lastLive = sequence }
        if let lastLive, sequence <= lastLive { return beginAnew(sequence, payload) }
        guard isReplaying else { return take(sequence, payload, mayReplay: canReplay) }
        hold(Held(sequence: sequence, payload: payload))
        guard held.count > Self.heldLimit || heldBytes > Self.heldBytesLimit else { return [] }
        return replayFailed()
    }

    /// A batch came on the replay socket.
    mutating func replayed(_ sequence: UInt64, _ payload: [UInt8]) -> [Action] {
        guard isReplaying, sequence < UInt64.max else { return [] }
        guard let expected else { return begin(sequence, payload) }
        if sequence < expected { return [] }
        let actions = sequence > expected ? [missing(expected..<sequence)] : []
        self.expected = sequence + 1
        hasToldAgain = true
        return actions + [.take(payload)]
    }

    /// The replay is told to its end.
    mutating func replayEnded() -> [Action] {
        guard let start = replayStart else { return [] }
        replays += 1
        toldAgain = start
        var actions: [Action] = []
        if expected == nil, held.first.map({ $0.sequence == 0 }) ?? true {
            // Nothing was ever published.
            expected = 0
            actions.append(.whole)
        }
        return actions + resume(mayReplay: hasToldAgain)
    }

    /// No answer, or a broken one.
    mutating func replayFailed() -> [Action] { isReplaying ? resume(mayReplay: false) : [] }

    // MARK: steps

    private mutating func startReplay(from start: UInt64) -> Action {
        replayStart = start
        hasToldAgain = false
        return .askReplay(from: start)
    }

    private mutating func drop() {
        replayStart = nil
        held = []
        heldBytes = 0
    }

    /// What waited is taken. Where something is missing in it too, it is asked for if that helped the last time.
    private mutating func resume(mayReplay: Bool) -> [Action] {
        let waiting = held
        drop()
        var actions: [Action] = []
        for batch in waiting {
            if isReplaying {
                hold(batch)
            } else {
                actions += take(batch.sequence, batch.payload, mayReplay: mayReplay)
            }
        }
        return actions
    }

    private mutating func hold(_ batch: Held) {
        held.append(batch)
        heldBytes += batch.payload.count
    }

    private mutating func begin(_ sequence: UInt64, _ payload: [UInt8]) -> [Action] {
        expected = sequence + 1
        return (sequence == 0 ? [.whole] : []) + [.take(payload)]
    }

    private mutating func take(_ sequence: UInt64, _ payload: [UInt8], mayReplay: Bool) -> [Action] {
        guard sequence < UInt64.max else { return [] }
        guard let expected else { return begin(sequence, payload) }
        if sequence == expected {
            self.expected = sequence + 1
            return [.take(payload)]
        }
        if sequence < expected {
            if let toldAgain, sequence >= toldAgain { return [] }
            return beginAnew(sequence, payload)
        }
        gaps += 1
        if mayReplay {
            hold(Held(sequence: sequence, payload: payload))
            return [startReplay(from: expected)]
        }
        self.expected = sequence + 1
        return [missing(expected..<sequence), .take(payload)]
    }

    /// Numbers fell: it is another life of the publisher.
    private mutating func beginAnew(_ sequence: UInt64, _ payload: [UInt8]) -> [Action] {
        drop()
        expected = nil
        toldAgain = nil
        let cleared = Action.clear("the publisher began anew, at batch \(sequence)")
        guard sequence > 0, canReplay else { return [cleared] + begin(sequence, payload) }
        hold(Held(sequence: sequence, payload: payload))
        return [cleared, startReplay(from: 0)]
    }

    private func missing(_ range: Range<UInt64>) -> Action {
        let remedy =
            canReplay
            ? "the publisher keeps them no longer; raise buffer_steps of its KV events configuration"
            : "give the node's kvEvents a replay endpoint"
        return .clear("\(range.count) batches from \(range.lowerBound) on are lost: \(remedy)")
    }
}
