import GatewayCore

/// What has been abnormal for long enough to be told, and what was. An alert is raised when a finding has lasted and is over
/// when the value has been under a lower threshold for longer, so that none flickers. It takes no focus and covers nothing.
package struct Alerts: Equatable, Sendable {
    package struct Alert: Equatable, Sendable {
        package var node: String
        package var finding: Finding
        /// The reason, as it was when the alert was raised.
        package var words: String
        /// Unix seconds at which the finding came.
        package var began: Double
        /// nil: it lasts.
        package var ended: Double?
        /// Since when it seems to be over; it is when that has lasted.
        fileprivate var goneSince: Double?

        fileprivate var key: Key { Key(node: node, finding: finding) }
    }

    fileprivate struct Key: Hashable {
        var node: String
        var finding: Finding
    }

    package static let raiseSeconds = 10.0
    package static let clearSeconds = 30.0
    /// Of a threshold: what an alert has to fall under.
    static let easing = 0.9
    static let limit = 256

    /// Lasting and past ones, the newest first.
    package private(set) var all: [Alert] = []
    /// Findings that have not lasted yet, and since when they are there.
    private var young: [Key: Double] = [:]

    package init() {}

    package var lasting: Int { all.count { $0.ended == nil } }

    /// Takes the next picture.
    package mutating func take(_ snapshot: Snapshot) {
        settle(snapshot)
        let known = Set(all.filter { $0.ended == nil }.map(\.key))
        var still: [Key: Double] = [:]
        for node in snapshot.nodes {
            for finding in Finding.all(of: node) where finding.isAlert {
                let key = Key(node: node.name, finding: finding)
                guard !known.contains(key) else { continue }
                let since = young[key] ?? snapshot.time
                if snapshot.time - since < Self.raiseSeconds {
                    still[key] = since
                } else {
                    let words = finding.words(node)
                    all.insert(Alert(node: node.name, finding: finding, words: words, began: since), at: 0)
                }
            }
        }
        young = still
        if all.count > Self.limit { all.removeLast(all.count - Self.limit) }
    }

    /// What of the lasting ones is over.
    private mutating func settle(_ snapshot: Snapshot) {
        for index in all.indices where all[index].ended == nil {
            let alert = all[index]
            let node = snapshot.node(named: alert.node)
            if let node, node.isStale, alert.finding != .stale { continue }  // nobody knows
            let isThere = node.map { Finding.all(of: $0, easing: Self.easing).contains(alert.finding) }
            if isThere == true {
                all[index].goneSince = nil
                continue
            }
            let since = alert.goneSince ?? snapshot.time
            all[index].goneSince = since
            if snapshot.time - since >= Self.clearSeconds { all[index].ended = since }
        }
    }
}

extension Finding {
    /// Not what an operator did, and not what passes by itself.
    fileprivate var isAlert: Bool {
        role != .label && self != .draining && self != .restarted && self != .busy
    }
}
