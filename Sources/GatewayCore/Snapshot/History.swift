/// What is kept of every node once a second.
package enum Series: Int, CaseIterable, Sendable, Codable {
    case tokensPerSecond, running, waiting, kvUsage, hbmUsage, prefixHitRate, ttftP50, ttftP99
}

/// The last hour of every node, a column for each series: a ring of half-precision samples.
///
/// The gateway keeps it so that a console attached late sees the past. 16 bytes a node and second: 57.6 MB for an
/// hour of 1,000 nodes. Three significant digits; missing is NaN inside and nil outside.
package struct History: Sendable, Equatable {
    package static let capacitySeconds = 3600

    /// Column order; a node keeps its column for life.
    package private(set) var nodes: [String] = []
    /// Unix time of the newest sample, in whole seconds; nil before the first.
    package private(set) var newest: Int?
    /// How many samples each column holds.
    package private(set) var count = 0
    private let capacity: Int
    private var columns: [[Float16]] = []
    private var head = 0

    package init(capacitySeconds: Int = History.capacitySeconds) { capacity = capacitySeconds }

    /// Adds one second. Does nothing when this second has been added already; gaps become missing samples.
    package mutating func record(_ snapshot: Snapshot) {
        let second = Int(snapshot.time)
        guard second > (newest ?? .min) else { return }
        let steps = min(newest.map { second - $0 } ?? 1, capacity)
        for name in snapshot.nodes.map(\.name) where !nodes.contains(name) {
            nodes.append(name)
            for _ in Series.allCases { columns.append(Array(repeating: .nan, count: capacity)) }
        }
        for _ in 0..<steps {
            head = (head + 1) % capacity
            for column in columns.indices { columns[column][head] = .nan }
        }
        count = min(count + steps, capacity)
        newest = second
        for status in snapshot.nodes {
            guard let index = nodes.firstIndex(of: status.name) else { continue }
            for series in Series.allCases {
                columns[index * Series.allCases.count + series.rawValue][head] = Self.sample(series, status)
            }
        }
    }

    /// The last `count` samples of a node, oldest first; missing ones are nil.
    package func last(_ wanted: Int, of series: Series, node: String) -> [Double?] {
        guard let index = nodes.firstIndex(of: node), wanted > 0 else { return [] }
        let column = columns[index * Series.allCases.count + series.rawValue]
        let have = min(wanted, count)
        return (0..<have).map { step in
            let value = column[(head - (have - 1 - step) + capacity * 2) % capacity]
            return value.isNaN ? nil : Double(value)
        }
    }

    private static func sample(_ series: Series, _ status: NodeStatus) -> Float16 {
        guard !status.isStale else { return .nan }
        let value: Double? =
            switch series {
            case .tokensPerSecond: status.tokensPerSecond
            case .running: status.running
            case .waiting: status.waiting
            case .kvUsage: status.kvUsage
            case .hbmUsage:
                status.hbmTotalBytes.flatMap { total in
                    total > 0 ? status.hbmUsedBytes.map { $0 / total } : nil
                }
            case .prefixHitRate: status.prefixHitRate
            case .ttftP50: status.ttft?.p50
            case .ttftP99: status.ttft?.p99
            }
        guard let value else { return .nan }
        return Float16(min(max(value, -65_504), 65_504))
    }
}
