import GatewayCore

/// Who spends, in words, and what the numbers stand on.
struct CostWords {
    var snapshot: Snapshot
    var rows: [SpendingRow]

    /// The Cost view's first line.
    var headline: String {
        guard let all = snapshot.allSpending, all.ended.requests > 0 || all.liveStreams > 0 else {
            return "No request has come to a node yet: nobody has spent anything."
        }
        guard let spent = all.dollars else {
            return "No node has a price: set dollarsPerHour of the nodes. Tokens are counted all the same."
        }
        let named = rows.filter { $0.others == nil && ($0.name != nil || $0.kind != .session) }
        guard let top = named.max(by: { $0.dollarsPerHour < $1.dollarsPerHour }) else {
            return "\(Self.dollars(spent)) spent since the start."
        }
        if all.dollarsPerHour > 0, top.dollarsPerHour > 0 {
            let share = NumberText.percent(top.dollarsPerHour / all.dollarsPerHour)
            return "\(top.title) spends \(share)%: \(Self.dollars(top.dollarsPerHour))/h\(Self.wasted(top))"
        }
        guard let most = named.max(by: { ($0.dollars ?? 0) < ($1.dollars ?? 0) }) else { return "" }
        return "Nothing was spent in the last minute; most since the start by \(most.title): "
            + Self.dollars(most.dollars) + Self.wasted(most)
    }

    private static func wasted(_ row: SpendingRow) -> String {
        row.wasteShare.map { ", \(NumberText.percent($0))% of it wasted" } ?? ""
    }

    /// What the nodes cost beside what requests take of it.
    var idle: String {
        guard let price = snapshot.totals.dollarsPerHour, price > 0 else { return "" }
        let used = snapshot.allSpending?.dollarsPerHour ?? 0
        let idle = NumberText.percent(max(0, 1 - used / price))
        return
            "Nodes cost \(Self.dollars(price))/h, requests take \(Self.dollars(used))/h of it: \(idle)% idle."
    }

    /// Where the numbers come from.
    static let basis =
        "$/H: last 60 s · UTC days · 24H: last hour's rate · each node's dollarsPerHour"

    /// "$4.20"; fractions of a cent where it is little.
    static func dollars(_ value: Double?) -> String {
        value == nil ? NumberText.unknown : "$" + amount(value)
    }

    /// Of what nodes without a price had a part in it is the least.
    static func dollars(_ value: Double?, of row: SpendingRow) -> String {
        (value != nil && row.isPartlyUnpriced ? ">" : "") + dollars(value)
    }

    static func amount(_ value: Double?) -> String {
        abs(value ?? 0) < 0.0995 && value != 0 ? NumberText.smallDollars(value) : NumberText.dollars(value)
    }
}
