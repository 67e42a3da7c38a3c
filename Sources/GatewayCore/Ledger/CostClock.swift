/// What a node's time costs each of the requests that share it.
///
/// The clock of a node runs at its dollars a second divided by the requests on it; a request costs what the clock shows
/// at its end less what it showed at its beginning. Time with nothing on the node is nobody's.
package struct CostClock: Sendable {
    private var dollars: [Double] = []
    private var last: [UInt64] = []

    package init() {}

    package mutating func prepare(nodes: Int, now: UInt64) {
        while dollars.count < nodes {
            dollars.append(0)
            last.append(now)
        }
    }

    /// Brings the clock of a node up to now and reads it.
    /// - Parameter active: requests on the node since the last call.
    package mutating func advance(_ node: Int, dollarsPerHour: Double?, active: Int, now: UInt64) -> Double {
        let elapsed = Double(now &- last[node]) / 1e9
        last[node] = now
        if active > 0, let dollarsPerHour {
            dollars[node] += elapsed * dollarsPerHour / 3600 / Double(active)
        }
        return dollars[node]
    }
}
