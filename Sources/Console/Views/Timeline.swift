import GatewayCore

/// Values over time, a column for each step, made so that a column stays what it is while time goes on.
struct Timeline {
    var history: History
    /// Seconds for one column. More than one, so that a chart does not move with every second: on a slow line
    /// every cell that moves costs.
    static let secondsPerColumn = 2

    /// One node's series, means of each step, oldest first.
    func values(_ series: Series, node: String, columns: Int) -> [Double?] {
        values(series, nodes: [node], columns: columns) { $0[0] }
    }

    /// Several nodes' series, joined second by second, then means of each step.
    func values(
        _ series: Series, nodes: [String], columns: Int, join: ([Double]) -> Double
    ) -> [Double?] {
        guard columns > 0, let newest = history.newest else { return [] }
        let inLast = newest % Self.secondsPerColumn + 1
        let wanted = (columns - 1) * Self.secondsPerColumn + inLast
        let seconds = joined(nodes.map { history.last(wanted, of: series, node: $0) }, join)
        var steps: [Double?] = []
        var end = seconds.count
        var size = inLast
        while end > 0 {
            let known = seconds[max(end - size, 0)..<end].compactMap { $0 }
            steps.append(known.isEmpty ? nil : known.reduce(0, +) / Double(known.count))
            end -= size
            size = Self.secondsPerColumn
        }
        return steps.reversed()
    }

    private func joined(_ columns: [[Double?]], _ join: ([Double]) -> Double) -> [Double?] {
        let count = columns.map(\.count).max() ?? 0
        return (0..<count).map { index in
            let known = columns.compactMap { column -> Double? in
                let place = index - (count - column.count)
                return place >= 0 ? column[place] : nil
            }
            return known.isEmpty ? nil : join(known)
        }
    }
}
