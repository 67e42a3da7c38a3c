import GatewayCore

/// What taking nodes out would do, from the picture of now.
package struct DrainPreview: Equatable, Sendable {
    /// What is left for one model.
    package struct Remainder: Equatable, Sendable {
        package var model: String
        package var role: NodeRole
        package var servingBefore: Int
        package var servingAfter: Int
        /// KV in use when the work of the leaving nodes is spread over the rest; an estimate.
        package var kvBefore: Double?
        package var kvAfter: Double?
        /// Streams for each serving node.
        package var streamsEachBefore: Double?
        package var streamsEachAfter: Double?
        /// Requests queued for prefill on each serving node.
        package var queueEachBefore: Double?
        package var queueEachAfter: Double?
    }

    package var streams = 0
    package var oldestAgeSeconds: Double?
    package var beforeFirstToken = 0
    package var hitRateLost: Double?
    package var remainders: [Remainder] = []

    package init(_ targets: [String], _ snapshot: Snapshot) {
        let leaving = snapshot.nodes.filter { targets.contains($0.name) }
        streams = leaving.reduce(0) { $0 + $1.active }
        beforeFirstToken = leaving.reduce(0) { $0 + $1.prefilling }
        oldestAgeSeconds =
            snapshot.streams.filter { $0.node.map(targets.contains) ?? false }.map(\.ageSeconds).max()
            ?? leaving.compactMap { $0.drain?.oldestAgeSeconds }.max()
        hitRateLost = leaving.compactMap(\.prefixHitRate).max()
        for model in Set(leaving.flatMap(\.models)).sorted() {
            let roles = Set(leaving.filter { $0.models.contains(model) }.map(\.role))
            for role in NodeRole.allCases where roles.contains(role) {
                remainders.append(Self.remainder(model, role, targets, snapshot))
            }
        }
    }

    private static func remainder(
        _ model: String, _ role: NodeRole, _ targets: [String], _ snapshot: Snapshot
    ) -> Remainder {
        let before = snapshot.nodes.filter {
            $0.state == .serving && $0.models.contains(model) && $0.role == role
        }
        let after = before.filter { !targets.contains($0.name) }
        return Remainder(
            model: model, role: role, servingBefore: before.count, servingAfter: after.count,
            kvBefore: spread(before.map(\.kvUsage), over: before.count),
            kvAfter: spread(before.map(\.kvUsage), over: after.count),
            streamsEachBefore: spread(before.map { Double($0.active) }, over: before.count),
            streamsEachAfter: spread(before.map { Double($0.active) }, over: after.count),
            queueEachBefore: spread(before.map(\.prefillQueue), over: before.count),
            queueEachAfter: spread(before.map(\.prefillQueue), over: after.count))
    }

    /// The sum of what is known divided by the nodes that stay.
    private static func spread(_ values: [Double?], over count: Int) -> Double? {
        let known = values.compactMap { $0 }
        guard count > 0, !known.isEmpty else { return nil }
        return known.reduce(0, +) / Double(known.count) * Double(values.count) / Double(count)
    }
}

extension Forecast {
    /// "TTFT p50 120 -> ~180 ms, queue each 0.4 -> ~0.9": requests before their first token.
    ///
    /// - measured: the median of now in seconds.
    package func words(measured: Double?) -> String {
        guard let before, let after else { return problem ?? NumberText.unknown }
        let now = NumberText.milliseconds(measured ?? before.ttftP50)
        let then = NumberText.milliseconds(expectedTTFT(measured: measured))
        return "TTFT p50 \(now) -> ~\(then) ms, queue each "
            + "\(NumberText.rate(before.queueEach)) -> ~\(NumberText.rate(after.queueEach))"
    }

    /// Who would get most of the new requests: "gpu-2 ~40%, gpu-3 ~31%, ..."; nil: nobody knows.
    package func shareWords(most: Int = 64) -> String? {
        guard let shares = after?.shares else { return nil }
        let ranked = shares.sorted { ($0.value, $1.key) > ($1.value, $0.key) }
        return ranked.prefix(most).map { "\($0.key) ~\(NumberText.percent($0.value))%" }.joined(
            separator: ", ")
            + (ranked.count > most ? ", ..." : "")
    }
}

/// Each serving node's share of new requests when weights change.
package struct SharePreview: Equatable, Sendable {
    package struct Line: Equatable, Sendable {
        package var node: String
        package var weight: Int
        package var newWeight: Int
        /// 0...1; nil: takes none since it does not serve.
        package var share: Double?
        package var newShare: Double?
    }

    package var lines: [Line]

    /// Among the nodes that serve a model of the targets.
    package init(_ targets: [String], weight: Int, _ snapshot: Snapshot) {
        let models = Set(snapshot.nodes.filter { targets.contains($0.name) }.flatMap(\.models))
        let peers = snapshot.nodes.filter { node in
            targets.contains(node.name)
                || node.state == .serving && (models.isEmpty || node.models.contains(where: models.contains))
        }
        let serving = peers.filter { $0.state == .serving }
        let before = serving.reduce(0) { $0 + $1.weight }
        let after = serving.reduce(0) { $0 + (targets.contains($1.name) ? weight : $1.weight) }
        lines = peers.map { node in
            let isTarget = targets.contains(node.name)
            let new = isTarget ? weight : node.weight
            let serves = node.state == .serving
            return Line(
                node: node.name, weight: node.weight, newWeight: new,
                share: serves && before > 0 ? Double(node.weight) / Double(before) : nil,
                newShare: serves && after > 0 ? Double(new) / Double(after) : nil)
        }
        lines.sort { targets.contains($0.node) && !targets.contains($1.node) }
    }
}
