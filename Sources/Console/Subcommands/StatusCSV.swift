import GatewayCore

/// The nodes as comma-separated values (RFC 4180): a header, a line for each node, each ended by CR LF.
///
/// Names and units are those of `--json`, what is nested there is joined here (`ttftP99Seconds`). Unknown is empty, never 0;
/// models are separated by spaces.
enum StatusCSV {
    private static let columns: [(name: String, value: @Sendable (NodeStatus) -> String?)] = [
        ("name", { $0.name }),
        ("url", { $0.url }),
        ("state", { $0.state.rawValue }),
        ("stale", { "\($0.isStale)" }),
        ("safeToDelete", { "\($0.safeToDelete)" }),
        ("weight", { "\($0.weight)" }),
        ("configuredWeight", { "\($0.configuredWeight)" }),
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

    static func text(_ snapshot: Snapshot) -> String {
        let header = ["schema", "time"] + columns.map(\.name)
        let start = ["\(StatusCommand.schema)", number(snapshot.time) ?? ""]
        let rows = snapshot.nodes.map { node in start + columns.map { $0.value(node) ?? "" } }
        return ([header] + rows).map { $0.map(quoted).joined(separator: ",") + "\r\n" }.joined()
    }

    private static func number(_ value: Double?) -> String? {
        guard let value, value.isFinite else { return nil }
        return JSONText(value).text
    }

    /// In quotes where a comma, a quote or the end of a line is inside; a quote becomes two.
    private static func quoted(_ field: String) -> String {
        let isPlain = field.unicodeScalars.allSatisfy { !",\"\r\n".unicodeScalars.contains($0) }
        return isPlain ? field : "\"" + field.replacing("\"", with: "\"\"") + "\""
    }
}
