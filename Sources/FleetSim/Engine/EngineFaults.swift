/// What an emulated engine shall do wrong, for tests. Set by `POST /emulator?...`; counts run down by themselves.
///
/// - `fail=N`, `status=500`: the next N completions are refused with that status.
/// - `stall=N`, `after=T`: the next N streams say nothing more after T tokens (0: after the role event).
/// - `cut=N`, `after=T`: the next N streams end in the middle after T tokens, by FIN.
/// - `error=N`, `after=T`: the next N streams end by an error event and `[DONE]`.
/// - `garbage=N`: the next N scrapes are no metrics.
/// - `health=S`: /health is 503 for S seconds.
/// - `refuse=S`: connections are refused for S seconds (those that exist go on).
struct EngineFaults: Equatable {
    enum InStream { case stall, cut, error }
    struct Planned: Equatable {
        var kind: InStream
        var after: Int
    }

    var failures = 0
    var failureStatus = 500
    var streams: [Planned] = []
    var garbledScrapes = 0
    /// Nanoseconds on the monotonic clock.
    var unhealthyUntil: UInt64 = 0
    var refusingUntil: UInt64 = 0

    /// Reads a query. Every key and value must be understood.
    mutating func set(_ query: String, now: UInt64) throws(EngineError) {
        var plan: (kind: InStream, count: Int)?
        var after = 0
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let value = Int(parts[1]), (0...100_000).contains(value) else {
                throw Self.problem(String(pair))
            }
            switch parts[0] {
            case "fail": failures = value
            case "status": failureStatus = value
            case "after": after = value
            case "stall": plan = (.stall, value)
            case "cut": plan = (.cut, value)
            case "error": plan = (.error, value)
            case "garbage": garbledScrapes = value
            case "health": unhealthyUntil = now + UInt64(value) * 1_000_000_000
            case "refuse": refusingUntil = now + UInt64(value) * 1_000_000_000
            default: throw Self.problem(String(pair))
            }
        }
        if let plan {
            streams = Array(repeating: Planned(kind: plan.kind, after: after), count: min(plan.count, 10_000))
        }
    }

    private static func problem(_ pair: String) -> EngineError {
        EngineError(
            400, type: "BadRequestError",
            "/emulator does not understand `\(pair)`: it takes fail, status, stall, cut, error, after, garbage, "
                + "health, refuse, each with a whole number up to 100000")
    }
}
