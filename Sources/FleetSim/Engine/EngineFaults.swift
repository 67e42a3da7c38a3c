/// What an emulated engine shall do wrong, for tests. Set by `POST /emulator?...`; counts run down by themselves, each
/// completion request takes one.
///
/// - `fail=N`, `status=500`, `retry-after=S`: the next N completions are refused with that status, and that header.
/// - `KIND=N`, `at=MOMENT`, `after=T`, `ms=M`: what happens to the next N completions (`Kind`), when (`Moment`).
/// - `pause=1`, `pause=0`: as vLLM's /pause, healthy and idle to look at: a request hangs until `pause=0`.
/// - `garbage=N`: the next N scrapes are no metrics.
/// - `health=S`: /health is 503 for S seconds.
/// - `refuse=S`: connections are refused for S seconds (those that exist go on).
struct EngineFaults: Equatable {
    enum Kind: String, CaseIterable {
        /// Ends the connection by FIN, or by RST.
        case cut, rst
        /// Never answers; `mute` says 200 and its header first, `stall` all up to T tokens.
        case hang, mute, stall
        /// Every token comes at the earliest M ms after the one before it.
        case slow
        /// As vLLM ends a stream whose core died: an error event, `[DONE]`, a proper last chunk.
        case error
        /// As vLLM ends a stream that an operator aborted.
        case abort
        /// A proper last chunk after T tokens, no finish reason, no `[DONE]`.
        case truncate
        /// In place of token T + 1: an event that is no JSON, bytes that are no UTF-8; then it goes on.
        case nojson, utf8
        /// In place of the chunk of token T + 1: a size that is no number.
        case chunk
        /// From T tokens on, the last eight over and over.
        case `repeat`
    }

    /// When `cut` and `rst` come.
    enum Moment: String, CaseIterable {
        /// Its head is there, its body isn't read.
        case request
        /// It is read, nothing is answered.
        case answer
        /// In the middle of the answer's header.
        case head
        /// In the middle of the chunk that follows T tokens.
        case frame
        /// In the middle of the event that follows T tokens, at the end of a chunk.
        case event
        /// Between two events, after T tokens.
        case between
        /// The finish reason is sent, `[DONE]` is not.
        case done
        /// `[DONE]` is sent, the last chunk is not.
        case end
    }

    struct Planned: Equatable {
        var kind: Kind
        var moment = Moment.between
        /// Tokens.
        var after = 0
        var milliseconds = 0
    }

    var failures = 0
    var failureStatus = 500
    var retryAfterSeconds: Int?
    private(set) var planned: [Planned] = []
    var isPaused = false
    var garbledScrapes = 0
    /// Nanoseconds on the monotonic clock.
    var unhealthyUntil: UInt64 = 0
    var refusingUntil: UInt64 = 0

    /// The next completion's.
    mutating func next() -> Planned? { planned.popLast() }

    /// Whether the next completion shall not even be read.
    var refusesToRead: Bool { planned.last?.moment == .request }

    /// Reads a query. Every key and value must be understood.
    mutating func set(_ query: String, now: UInt64) throws(EngineError) {
        var plan: (kind: Kind, count: Int)?
        var details = Planned(kind: .cut)
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { throw Self.problem(String(pair)) }
            if parts[0] == "at" {
                guard let moment = Moment(rawValue: String(parts[1])) else {
                    throw Self.problem(String(pair))
                }
                details.moment = moment
                continue
            }
            guard let value = Int(parts[1]), (0...100_000).contains(value) else {
                throw Self.problem(String(pair))
            }
            if let kind = Kind(rawValue: String(parts[0])) {
                plan = (kind, value)
            } else {
                try set(String(parts[0]), to: value, &details, now: now)
            }
        }
        guard let plan else { return }
        details.kind = plan.kind
        planned = Array(repeating: details, count: min(plan.count, 10_000))
    }

    private mutating func set(_ key: String, to value: Int, _ details: inout Planned, now: UInt64)
        throws(EngineError)
    {
        switch key {
        case "fail": failures = value
        case "status": failureStatus = value
        case "retry-after": retryAfterSeconds = value
        case "after": details.after = value
        case "ms": details.milliseconds = value
        case "pause": isPaused = value > 0
        case "garbage": garbledScrapes = value
        case "health": unhealthyUntil = now + UInt64(value) * 1_000_000_000
        case "refuse": refusingUntil = now + UInt64(value) * 1_000_000_000
        default: throw Self.problem("\(key)=\(value)")
        }
    }

    private static func problem(_ pair: String) -> EngineError {
        let kinds = Kind.allCases.map(\.rawValue).joined(separator: ", ")
        let moments = Moment.allCases.map(\.rawValue).joined(separator: ", ")
        return EngineError(
            400, type: "BadRequestError",
            "/emulator does not understand `\(pair)`: it takes fail, status, retry-after, \(kinds), after, ms, "
                + "pause, garbage, health, refuse, each with a whole number up to 100000, and at with one of "
                + moments)
    }
}
