import GatewayCore

/// What becomes of several values of one moment.
enum Join: Sendable {
    case sum, mean
    /// Percentiles of nodes have neither a sum nor a mean.
    case highest

    /// nil: there is none.
    func callAsFunction(_ values: some Sequence<Double>) -> Double? {
        var (sum, highest, count) = (0.0, -Double.infinity, 0.0)
        for value in values {
            sum += value
            highest = max(highest, value)
            count += 1
        }
        guard count > 0 else { return nil }
        return switch self {
        case .sum: sum
        case .mean: sum / count
        case .highest: highest
        }
    }
}

/// Values over time, a column for each step, made so that a column stays what it is while time goes on.
struct Timeline {
    var history: History
    /// Seconds for one column. More than one, so that a chart does not move with every second: on a slow line
    /// every cell that moves costs.
    static let secondsPerColumn = 5

    /// One node's series, means of each step, oldest first.
    func values(_ series: Series, node: String, columns: Int) -> [Double?] {
        values(series, nodes: [node], columns: columns, join: .mean)
    }

    /// Several nodes' series, joined second by second, then means of each step.
    func values(_ series: Series, nodes: [String], columns: Int, join: Join) -> [Double?] {
        guard columns > 0, let newest = history.newest else { return [] }
        let inLast = newest % Self.secondsPerColumn + 1
        let wanted = (columns - 1) * Self.secondsPerColumn + inLast
        let seconds = Self.joined(nodes.map { history.samples(wanted, of: series, node: $0) }, join)
        var steps: [Double?] = []
        var end = seconds.count
        var size = inLast
        while end > 0 {
            steps.append(Join.mean(seconds[max(end - size, 0)..<end].lazy.compactMap { $0 }))
            end -= size
            size = Self.secondsPerColumn
        }
        return steps.reversed()
    }

    /// A series of all of some nodes' GPUs, joined: a column for each whole `History.secondsPerGPUSample`.
    func values(_ series: GPUSeries, gpusOf nodes: [String], columns: Int, join: Join) -> [Double?] {
        let pasts = nodes.flatMap { history.pasts(columns, of: series, node: $0) }
        return (pasts.first ?? []).indices.map { index in join(pasts.lazy.compactMap { $0[index] }) }
    }

    /// Column by column of rings that are as long as each other, or empty.
    private static func joined(_ rings: [[Float16]], _ join: Join) -> [Double?] {
        let rings = rings.filter { !$0.isEmpty }
        return (rings.first ?? []).indices.map { index in
            join(rings.lazy.map { Double($0[index]) }.filter { !$0.isNaN })
        }
    }
}
