import GatewayCore

/// A table of the fleet's picture as comma-separated values; docs/csv.md has its columns.
///
/// Names and units are those of `--json`, what is nested there is joined here (`ttftP99Seconds`).
enum StatusCSV: String, CaseIterable {
    case nodes, tenants, models, sessions

    func text(_ snapshot: Snapshot) -> String {
        let first = [
            ("schema", "\(StatusCommand.schema)"),
            ("time", CSVText<NodeStatus>.number(snapshot.time) ?? ""),
        ]
        func spending(_ kind: SpendingRow.Kind, _ columns: SpendingColumns.Columns) -> String {
            CSVText(columns: columns).lines(SpendingColumns.lines(kind, snapshot), first: first)
        }
        return switch self {
        case .nodes: CSVText(columns: Self.ofNodes).lines(snapshot.nodes, first: first)
        case .tenants: spending(.tenant, SpendingColumns.named)
        case .models: spending(.model, SpendingColumns.named)
        case .sessions: spending(.session, SpendingColumns.ofSessions)
        }
    }

    private static func number(_ value: Double?) -> String? { CSVText<NodeStatus>.number(value) }

    private static let ofNodes: [(name: String, value: @Sendable (NodeStatus) -> String?)] = [
        ("name", { $0.name }),
        ("url", { $0.url }),
        ("state", { $0.state.rawValue }),
        ("stale", { "\($0.isStale)" }),
        ("safeToDelete", { "\($0.safeToDelete)" }),
        ("weight", { "\($0.weight)" }),
        ("configuredWeight", { "\($0.configuredWeight)" }),
        ("limit", { $0.limit.map { "\($0)" } }),
        ("configuredLimit", { $0.configuredLimit.map { "\($0)" } }),
        ("trafficShare", { number($0.trafficShare) }),
        ("role", { $0.role.rawValue }),
        ("zone", { $0.zone }),
        ("models", { $0.models.joined(separator: " ") }),
        ("active", { "\($0.active)" }),
        ("prefilling", { "\($0.prefilling)" }),
        ("decoding", { "\($0.decoding)" }),
        ("running", { number($0.running) }),
        ("waiting", { number($0.waiting) }),
        ("kvUsage", { number($0.kvUsage) }),
        ("hbmUsedBytes", { number($0.hbmUsedBytes) }),
        ("hbmTotalBytes", { number($0.hbmTotalBytes) }),
        ("prefixHitRate", { number($0.prefixHitRate) }),
        ("ttftP50Seconds", { number($0.ttft?.p50) }),
        ("ttftP99Seconds", { number($0.ttft?.p99) }),
        ("tpotP50Seconds", { number($0.tpot?.p50) }),
        ("tpotP99Seconds", { number($0.tpot?.p99) }),
        ("tokensPerSecond", { number($0.tokensPerSecond) }),
        ("dollarsPerHour", { number($0.dollarsPerHour) }),
        ("dollarsPerMillionTokens", { number($0.dollarsPerMillionTokens) }),
        ("completed", { "\($0.completed)" }),
        ("failed", { "\($0.failed)" }),
        ("cancelled", { "\($0.cancelled)" }),
        ("readingAgeSeconds", { number($0.readingAgeSeconds) }),
        ("problem", { $0.problem }),
    ]
}
