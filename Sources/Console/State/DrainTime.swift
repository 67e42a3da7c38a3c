import Foundation
import GatewayCore

/// In how long what is on a node will have ended: a band that holds eight times in ten.
///
/// A request's time is taken to be lognormal, with the median and the p99 that the gateway measured over the last minute, given
/// that it has lasted for as long as it has; a stream with `max_tokens` ends when these have come at its rate. The node is
/// empty when the last one has ended.
package struct DrainTime: Equatable, Sendable {
    /// Seconds.
    package var low: Double
    package var high: Double

    private static let band = (low: 0.1, high: 0.9)
    /// Seconds beyond which nothing is told.
    private static let longest = 86_400.0

    /// - Parameter nodes: names of nodes that are emptied together.
    package init?(_ nodes: [String], _ snapshot: Snapshot) {
        let leaving = snapshot.nodes.filter { nodes.contains($0.name) && $0.active > 0 }
        var tails: [Tail] = []
        for node in leaving {
            let usual = Self.usual(of: node, snapshot)
            let streams = snapshot.streams.filter { $0.node == node.name }
            tails += streams.map { Tail($0, usual) }
            // The oldest are listed; the others have just come, for all that is known.
            let others = node.active - streams.count
            if others > 0 { tails.append(Tail(StreamStatus(), usual, count: others)) }
        }
        guard !tails.isEmpty, !tails.contains(where: \.isEndless) else { return nil }
        low = Self.seconds(until: Self.band.low, tails)
        high = Self.seconds(until: Self.band.high, tails)
        if high >= Self.longest { return nil }
    }

    /// Of the node, else of the slowest that serves a model of it.
    private static func usual(of node: NodeStatus, _ snapshot: Snapshot) -> LatencySummary? {
        if let own = node.e2e { return own }
        return snapshot.nodes.filter { $0.models.contains(where: node.models.contains) }.compactMap(\.e2e).max
        {
            $0.p99 < $1.p99
        }
    }

    /// The least time by which all have ended as likely as that.
    private static func seconds(until likelihood: Double, _ tails: [Tail]) -> Double {
        var (low, high) = (0.0, longest)
        for _ in 0..<48 {
            let middle = (low + high) / 2
            let all = tails.reduce(1.0) { $0 * pow($1.hasEnded(in: middle), Double($1.count)) }
            if all < likelihood { low = middle } else { high = middle }
        }
        return high
    }

    /// What of a stream is still to come, or of so many alike.
    private struct Tail {
        let count: Int
        private let age: Double
        private let logMedian: Double?
        private let deviation: Double
        /// Seconds in which it comes to its `max_tokens`.
        private let most: Double?

        init(_ stream: StreamStatus, _ usual: LatencySummary?, count: Int = 1) {
            self.count = count
            age = stream.ageSeconds
            logMedian = usual.flatMap { $0.p50 > 0 ? log($0.p50) : nil }
            // 2.326 deviations above the median lies the p99 of a normal distribution.
            deviation = max(usual.map { log($0.p99 / max($0.p50, 1e-9)) / 2.326 } ?? 0, 0.05)
            most = stream.maxTokens.flatMap { limit in
                guard let rate = stream.tokensPerSecond, rate > 0 else { return nil }
                return Double(limit - min(limit, stream.outputTokens)) / rate
            }
        }

        /// Nothing tells when it could end.
        var isEndless: Bool { logMedian == nil && most == nil }

        func hasEnded(in seconds: Double) -> Double {
            if let most, seconds >= most { return 1 }
            guard let logMedian else { return 0 }
            let left = isOpen(at: age, logMedian)
            // So old that hardly any gets there: as one that has just come.
            guard left > 1e-9 else { return 1 - isOpen(at: seconds, logMedian) }
            return 1 - isOpen(at: age + seconds, logMedian) / left
        }

        private func isOpen(at seconds: Double, _ logMedian: Double) -> Double {
            seconds <= 0 ? 1 : erfc((log(seconds) - logMedian) / deviation / 2.0.squareRoot()) / 2
        }
    }
}

extension DrainTime {
    /// "20s to 1m30s".
    package var words: String { "\(NumberText.span(low)) to \(NumberText.span(high))" }
}
