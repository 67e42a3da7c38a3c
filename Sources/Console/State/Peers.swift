import GatewayCore

/// A node held against the others that serve the same model in the same pool.
package struct Oddity: Equatable, Sendable {
    package var node: String
    /// What is odd, in words, with what the peers have.
    package var words: String
    /// How far it is out, in multiples of what is still allowed; 1 and more.
    package var score: Double
}

/// The nodes that stand out among their peers. Only serving nodes with a fresh reading are compared.
package struct Peers: Equatable, Sendable {
    /// Fewer nodes than this tell no usual value.
    static let fewest = 4
    /// Latencies of fewer requests than this are left aside.
    static let enoughRequests: UInt64 = 20

    /// The farthest out first.
    package private(set) var oddities: [Oddity] = []
    /// Groups of the same model and pool that were large enough to compare.
    package private(set) var groups = 0

    package init(_ nodes: [NodeStatus]) {
        var members: [String: [NodeStatus]] = [:]
        // One that begins slowly has a cold cache and a small share.
        for node in nodes where node.state == .serving && !node.isStale && node.slowWeight == nil {
            let key = "\(node.role.rawValue) \(node.models.joined(separator: " "))"
            members[key, default: []].append(node)
        }
        let large = members.keys.sorted().compactMap { members[$0] }.filter { $0.count >= Self.fewest }
        groups = large.count
        oddities = large.flatMap { group in Measure.all.flatMap { $0.oddities(in: group) } }
            .sorted { ($0.score, $1.node) > ($1.score, $0.node) }
    }

    func oddities(of node: String) -> [Oddity] { oddities.filter { $0.node == node } }
}

/// One number by which peers are compared.
private struct Measure: Sendable {
    var value: @Sendable (NodeStatus) -> Double?
    /// How far a node may be from the median, given the median.
    var allowed: @Sendable (Double) -> Double
    /// True where only more than the others is bad, false where only less.
    var isHighBad = true
    var words: @Sendable (_ value: Double, _ median: Double) -> String

    static let all = [
        Measure(
            value: { latency($0.ttft) }, allowed: { max($0, 0.1) },
            words: {
                "first token p50 \(NumberText.milliseconds($0)) ms, its peers \(NumberText.milliseconds($1))"
            }),
        Measure(
            value: { latency($0.tpot) }, allowed: { max($0 / 2, 0.01) },
            words: {
                "a token p50 \(NumberText.milliseconds($0)) ms, its peers \(NumberText.milliseconds($1))"
            }),
        Measure(
            value: { $0.prefixHitRate }, allowed: { _ in 0.25 }, isHighBad: false,
            words: { "prefix hits \(NumberText.percent($0)) %, its peers \(NumberText.percent($1))" }),
        Measure(
            value: { $0.kvUsage }, allowed: { _ in 0.35 },
            words: { "KV \(NumberText.percent($0)) % in use, its peers \(NumberText.percent($1))" }),
        Measure(
            value: { SortKey.queue.value($0) }, allowed: { max(2 * $0, 8) },
            words: { "queue \(NumberText.short($0)), its peers \(NumberText.short($1))" }),
        Measure(
            value: { $0.gpus.compactMap(\.temperatureCelsius).max() }, allowed: { _ in 15 },
            words: { "a GPU of \(NumberText.count($0)) C, its peers \(NumberText.count($1))" }),
    ]

    private static func latency(_ summary: LatencySummary?) -> Double? {
        summary.flatMap { $0.count >= Peers.enoughRequests ? $0.p50 : nil }
    }

    func oddities(in group: [NodeStatus]) -> [Oddity] {
        let known = group.compactMap { node in value(node).map { (node, $0) } }.filter { $0.1.isFinite }
        guard known.count >= Peers.fewest else { return [] }
        let sorted = known.map(\.1).sorted()
        let median = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
        return known.compactMap { node, value in
            let score = (isHighBad ? value - median : median - value) / allowed(median)
            return score > 1 ? Oddity(node: node.name, words: words(value, median), score: score) : nil
        }
    }
}
