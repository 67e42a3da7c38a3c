/// What became of one request in a shadow.
package struct ShadowSample: Sendable {
    /// When it ended, in monotonic seconds.
    package var ended: Double
    package var node: Int
    package var ttft: Double
    package var promptTokens: Int
    package var cachedTokens: Int
    package var prefillSeconds: Double
    /// Of GPU time; nil: its node has no price.
    package var dollars: Double?
    /// The live policy sent it to the same node; nil: not known when it ended.
    package var agrees: Bool?
}

/// The requests of the last minutes in one shadow; the newest `limit` of them.
package struct ShadowWindow: Sendable {
    package static let seconds = 300.0
    package static let targetSeconds = 2.0
    static let limit = 8192

    private var samples: [ShadowSample] = []
    private var first = 0

    package init() {}

    package var count: Int { samples.count - first }

    package mutating func append(_ sample: ShadowSample) {
        samples.append(sample)
        if count > Self.limit { first += 1 }
        compact()
    }

    package mutating func expire(now: Double) {
        while first < samples.count, samples[first].ended < now - Self.seconds { first += 1 }
        compact()
    }

    private mutating func compact() {
        guard first > Self.limit || first == samples.count else { return }
        samples.removeFirst(first)
        first = 0
    }

    /// - Parameter isUsed: by node: it takes requests.
    package func row(isUsed: [Bool]) -> ShadowRow {
        var row = ShadowRow()
        row.requests = count
        guard count > 0 else { return row }
        let present = samples[first...]
        let total = Double(count)
        let prompt = present.reduce(0) { $0 + $1.promptTokens }
        if prompt > 0 { row.hitRate = Double(present.reduce(0) { $0 + $1.cachedTokens }) / Double(prompt) }
        row.ttftMean = present.reduce(0) { $0 + $1.ttft } / total
        let sorted = present.map(\.ttft).sorted()
        row.ttftP99 = sorted[min(sorted.count - 1, Int(Double(sorted.count) * 0.99))]
        row.withinTarget = Double(present.count { $0.ttft <= Self.targetSeconds }) / total
        row.balance = balance(present, isUsed)
        let dollars = present.compactMap(\.dollars)
        if dollars.count == count { row.dollarsPerRequest = dollars.reduce(0, +) / total }
        let agreements = present.compactMap(\.agrees)
        if !agreements.isEmpty {
            row.agreement = Double(agreements.count { $0 }) / Double(agreements.count)
        }
        return row
    }

    private func balance(_ present: ArraySlice<ShadowSample>, _ isUsed: [Bool]) -> Double? {
        var work = isUsed.map { _ in 0.0 }
        for sample in present where sample.node < work.count { work[sample.node] += sample.prefillSeconds }
        let used = work.indices.filter { isUsed[$0] || work[$0] > 0 }.map { work[$0] }
        let mean = used.reduce(0, +) / Double(max(used.count, 1))
        return mean > 0 ? (used.max() ?? 0) / mean : nil
    }
}
