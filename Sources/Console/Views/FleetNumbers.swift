import GatewayCore

/// The second line of the screen: the fleet's numbers, from the same picture as the verdict.
enum FleetNumbers {
    /// Pairs of name and value, the most important first; those at the end are dropped when there is no room.
    static func pairs(_ snapshot: Snapshot) -> [(name: String, value: String, role: Role)] {
        let totals = snapshot.totals
        var pairs: [(name: String, value: String, role: Role)] = [
            ("tok/s", NumberText.count(totals.tokensPerSecond), .text),
            ("req/s", NumberText.rate(totals.requestsPerSecond), .text),
            ("streams", NumberText.count(totals.active), .text),
            ("", snapshot.gateway.policy, .accent),
            ("hit", percent(totals.prefixHitRate), .text),
            ("TTFT", latency(totals.ttft), Threshold.ttft.role(totals.ttft?.p99)),
            ("TPOT", latency(totals.tpot), Threshold.tpot.role(totals.tpot?.p99)),
            ("$/M", NumberText.dollars(totals.dollarsPerMillionTokens), .text),
            ("failed", NumberText.count(totals.failed), totals.failed > 0 ? .warning : .text),
            (
                "queued", NumberText.count(snapshot.gateway.queued),
                snapshot.gateway.queued > 0 ? .warning : .text
            ),
            ("$/h", NumberText.dollars(totals.dollarsPerHour), .text),
            ("refused", NumberText.count(totals.refused), totals.refused > 0 ? .warning : .text),
            ("retried", NumberText.count(totals.retried), .text),
            ("cancelled", NumberText.count(totals.cancelled), .text),
            ("requests", NumberText.count(totals.requests), .text),
            ("out", NumberText.short(Double(totals.outputTokens)) + " tok", .text),
            ("spent $", NumberText.dollars(totals.dollars), .text),
        ]
        pairs.removeAll { $0.value.isEmpty }
        return pairs
    }

    private static func percent(_ ratio: Double?) -> String {
        ratio == nil ? NumberText.unknown : NumberText.percent(ratio) + "%"
    }

    /// "p50/p99 ms".
    private static func latency(_ summary: LatencySummary?) -> String {
        guard let summary else { return NumberText.unknown }
        return "\(NumberText.milliseconds(summary.p50))/\(NumberText.milliseconds(summary.p99))ms"
    }

    static func draw(_ snapshot: Snapshot, _ canvas: inout Canvas, _ y: Int) {
        var x = 1
        for pair in pairs(snapshot) {
            let name = pair.name.isEmpty ? "" : pair.name + " "
            let width = DisplayWidth.of(name) + DisplayWidth.of(pair.value)
            guard x + width < canvas.size.columns else { return }
            x += canvas.put(name, x, y, Style(.label))
            x += canvas.put(pair.value, x, y, Style(pair.role, on: .base, .bold))
            x += 2
        }
    }
}
