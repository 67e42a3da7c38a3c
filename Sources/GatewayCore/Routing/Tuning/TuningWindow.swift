/// The requests of the last minutes, to be played again: sizes and hashes, no text. Past a bound the oldest give way.
package struct TuningWindow: Sendable {
    package static let seconds = 300.0
    static let arrivalLimit = 8192
    /// Hashes of all prompts: 8 MB.
    static let hashLimit = 1_048_576

    private var kept: [ShadowArrival] = []
    private var first = 0
    private var hashes = 0

    package init() {}

    package mutating func append(_ arrivals: [ShadowArrival]) {
        for arrival in arrivals {
            kept.append(arrival)
            hashes += arrival.chain.count
        }
        guard let newest = kept.last?.instant else { return }
        while kept.count - first > Self.arrivalLimit || hashes > Self.hashLimit
            || first < kept.count && kept[first].instant < newest - Self.seconds
        {
            hashes -= kept[first].chain.count
            kept[first].chain = []
            first += 1
        }
        if first > Self.arrivalLimit {
            kept.removeFirst(first)
            first = 0
        }
    }

    /// Hashes of the models, the busiest first.
    var models: [UInt64] {
        let counts = kept[first...].reduce(into: [UInt64: Int]()) { $0[$1.model, default: 0] += 1 }
        return counts.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.map(\.key)
    }

    /// Of one model, by the hash of its name, in the order in which they came.
    package func arrivals(of model: UInt64) -> [ShadowArrival] {
        kept[first...].filter { $0.model == model }.sorted { $0.instant < $1.instant }
    }
}
