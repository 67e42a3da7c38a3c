/// What an emulated engine did, to hold a gateway's books against. Read by `GET /emulator`.
struct EngineAccount {
    /// A request whose client went away before its end.
    struct Departure {
        /// The body's `user`.
        let user: String
        /// Nanoseconds on the monotonic clock.
        let at: UInt64
    }

    private static let departureLimit = 10_000

    /// Connections accepted so far, and completions that were taken.
    var connections = 0
    var completions = 0
    /// Answers that went out to their end, and their tokens.
    var finished = 0
    var finishedTokens = 0
    /// Tokens that were written, those of unfinished answers included.
    var writtenTokens = 0
    private(set) var departures: [Departure] = []
    private(set) var left = 0

    mutating func departed(_ user: String?, at now: UInt64) {
        left += 1
        if let user, departures.count < Self.departureLimit {
            departures.append(Departure(user: user, at: now))
        }
    }

    /// - Parameters:
    ///   - open: connections now.
    ///   - unfinished: completions in the making.
    func json(open: Int, unfinished: Int) -> String {
        let departed = departures.map { "{\"user\":\(JSONValue.quoted($0.user)),\"at\":\($0.at)}" }
        return """
            {"connections":\(connections),"open":\(open),"completions":\(completions),"unfinished":\(unfinished),\
            "finished":\(finished),"finished_tokens":\(finishedTokens),"written_tokens":\(writtenTokens),\
            "left":\(left),"departures":[\(departed.joined(separator: ","))]}
            """
    }
}
