/// One policy's figures over a replay.
package struct ReplayReport: Sendable, Equatable {
    package let requests: Int
    package let completed: Int
    /// Longer than any node's cache.
    package let refused: Int
    /// From the first arrival to the last token, seconds.
    package let seconds: Double
    /// Seconds; nil: nothing had a first token.
    package let timeToFirstToken: Spread?
    /// Share of all requests whose first token came within the target, 0...1.
    package let inTime: Double
    /// Seconds a token after the first; nil: no answer had a second token.
    package let timePerOutputToken: Spread?
    /// Requests a second that met both targets.
    package let goodput: Double
    /// Share of prompt tokens found in the cache, 0...1.
    package let hitRatio: Double
    /// The busiest node's prefill seconds to the mean; 1 is even.
    package let balance: Double?
    /// GPUs' rent over the tokens generated for requests that met both targets, a million of them; nil: there are none.
    package let dollarsPerMillionUsefulTokens: Double?
    /// Requests that an engine threw out of its batch to be computed anew.
    package let preemptions: Int
}

/// What figures are judged by.
package struct ReplayTargets: Sendable, Equatable {
    /// Seconds to the first token.
    package var firstToken = 2.0
    /// Seconds for each token after it: what workloads.md suggests for chat.
    package var perToken = 0.08
    /// Of the whole fleet; nil where its GPUs have no price.
    package var dollarsPerHour: Double?

    package init() {}
}

extension ReplayReport {
    /// - Parameters:
    ///   - prefillSeconds: by node: what its prefills took.
    package init(
        _ trace: Trace, _ outcomes: [ReplayOutcome], prefillSeconds: [Double], preemptions: Int,
        targets: ReplayTargets
    ) {
        var good = 0
        var usefulTokens = 0
        for (request, outcome) in zip(trace.requests, outcomes) where outcome.end != nil {
            guard let first = outcome.timeToFirstToken, first <= targets.firstToken,
                outcome.timePerOutputToken(of: request) ?? 0 <= targets.perToken
            else { continue }
            good += 1
            usefulTokens += request.outputTokens
        }
        let firsts = outcomes.compactMap(\.timeToFirstToken)
        let start = outcomes.map(\.due).min() ?? 0
        let span = (outcomes.compactMap(\.end).max() ?? start) - start
        let meanWork = prefillSeconds.reduce(0, +) / Double(max(1, prefillSeconds.count))
        let cached = outcomes.reduce(0) { $0 + $1.cachedTokens }
        self.init(
            requests: outcomes.count, completed: outcomes.count { $0.end != nil },
            refused: outcomes.count(where: \.isRefused), seconds: span, timeToFirstToken: Spread(firsts),
            inTime: Double(firsts.count { $0 <= targets.firstToken }) / Double(max(1, outcomes.count)),
            timePerOutputToken: Spread(
                zip(trace.requests, outcomes).compactMap { $1.timePerOutputToken(of: $0) }),
            goodput: span > 0 ? Double(good) / span : 0,
            hitRatio: Double(cached) / Double(max(1, trace.promptTokens)),
            balance: meanWork > 0 ? (prefillSeconds.max() ?? 0) / meanWork : nil,
            dollarsPerMillionUsefulTokens: usefulTokens == 0
                ? nil : targets.dollarsPerHour.map { $0 * span / 3600 / Double(usefulTokens) * 1e6 },
            preemptions: preemptions)
    }
}
