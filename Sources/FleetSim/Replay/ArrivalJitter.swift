import GatewayCore

/// Spreads arrivals that a trace tells only by bucket: the Mooncake conversation trace has 1,180 instants for 12,031
/// requests, 3 s apart, and ten requests at one instant would make every router that knows of load look worse.
enum ArrivalJitter {
    /// Spreads each request evenly over its bucket and sorts them; a trace with its own instants stays as it is.
    static func apply(to trace: inout Trace, random: inout SplitMix64) {
        guard let width = bucket(trace.requests) else { return }
        for index in trace.requests.indices { trace.requests[index].delay += width * random.unit() }
        // Sorting in Swift is stable.
        trace.requests.sort { $0.delay < $1.delay }
        trace.notes.append("arrivals come in buckets of \(Int(width.rounded())) s and are spread over them")
    }

    /// The buckets' width in seconds; nil: the arrivals are not bucketed.
    static func bucket(_ requests: [TraceRequest]) -> Double? {
        guard requests.allSatisfy({ $0.follows == nil }) else { return nil }
        let instants = Set(requests.map(\.delay)).sorted()
        guard instants.count >= 2, instants.count * 4 < requests.count else { return nil }
        let gaps = zip(instants, instants.dropFirst()).map { $1 - $0 }.sorted()
        return gaps[gaps.count / 2]
    }
}
