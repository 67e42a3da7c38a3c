/// Explain: a sample of decisions is kept for the operator, and any request can ask for its own.
extension ProxyLoop {
    /// At most one decision in so many nanoseconds is kept.
    private static let decisionInterval: UInt64 = 100_000_000
    /// Nodes that a header names, candidates and excluded ones each.
    private static let headerNodes = 16

    mutating func explain(
        _ fd: Int32, _ request: RoutingRequest, policy model: UInt64, chosen: Int, reason: ChoiceReason
    ) {
        let isSampled = now >= nextDecision
        let isAsked = clients[fd].head.asksForDecision
        guard isSampled || isAsked else { return }
        let record = decision(fd, request, by: policies[model], chosen: chosen, reason: reason)
        if isAsked { clients[fd].decision = Self.headerText(record) }
        if isSampled {
            nextDecision = now + Self.decisionInterval
            mailbox.hand(over: record)
        }
    }

    private func decision(
        _ fd: Int32, _ request: RoutingRequest, by policy: any RoutingPolicy, chosen: Int,
        reason: ChoiceReason
    ) -> DecisionRecord {
        var record = DecisionRecord()
        record.stream = clients[fd].exchange.id
        record.time = MonotonicClock.unixTime()
        record.policy = type(of: policy).name
        record.model = clients[fd].exchange.model
        record.node = fleet.nodes[candidates[chosen].node].name
        record.reason = reason.words + setAsideWords(fd)
        record.promptTokens = UInt32(clamping: request.promptTokens)
        record.predictedCachedTokens = UInt32(clamping: candidates[chosen].cachedTokens(of: request))
        let scored = zip(candidates, policy.scores(candidates, for: request)).map { candidate, score in
            CandidateScore(
                node: fleet.nodes[candidate.node].name, cost: score.cost,
                terms: score.terms + [ScoreTerm(name: "cached blocks", value: Double(candidate.cachedBlocks))]
            )
        }
        record.candidates = Array(scored.sorted { $0.cost < $1.cost }.prefix(8))
        record.excluded = excluded(fd)
        return record
    }

    /// The nodes of the request's model that were no candidates, and why; at most 8.
    private func excluded(_ fd: Int32) -> [ExcludedNode] {
        guard case .model(let model) = matchModel(fd) else { return [] }
        var excluded: [ExcludedNode] = []
        for index in nodes(for: model) where !candidates.contains(where: { $0.node == index }) {
            guard excluded.count < 8 else { break }
            excluded.append(ExcludedNode(node: fleet.nodes[index].name, reason: whyExcluded(index, fd)))
        }
        return excluded
    }

    func whyExcluded(_ index: Int, _ fd: Int32) -> String {
        let node = fleet.nodes[index]
        if node.intent != .serve || node.health != .healthy || node.breaker == .open {
            return node.state.rawValue
        }
        if node.weight == 0 { return "weight 0" }
        if node.addresses.isEmpty { return "its name does not resolve" }
        if clients[fd].exchange.hasTried(index) { return "tried before" }
        if node.load.isBusy(now) { return "asked to be left alone" }
        if !hasPlace(index) { return "full" }
        if isFailing(index) { return "failed several times in a row" }
        return "cannot go on with this stream"
    }

    /// `policy=foresight; node=a; reason="..."; candidates="a 0.120 (wait 0.050, prefill 0.070), b ..."; excluded="c full"`,
    /// in printable ASCII.
    static func headerText(_ record: DecisionRecord) -> String {
        func number(_ value: Double) -> String {
            guard value.isFinite, abs(value) < 1e9 else { return "inf" }
            let thousandths = Int((value * 1000).rounded())
            let digits = String(abs(thousandths) % 1000)
            return "\(thousandths < 0 ? "-" : "")\(abs(thousandths) / 1000)."
                + String(repeating: "0", count: 3 - digits.count) + digits
        }
        let candidates = record.candidates.prefix(Self.headerNodes).map { candidate in
            let terms = candidate.terms.map { "\($0.name) \(number($0.value))" }.joined(separator: ", ")
            return "\(candidate.node) \(number(candidate.cost)) (\(terms))"
        }
        let excluded = record.excluded.prefix(Self.headerNodes).map { "\($0.node) \($0.reason)" }
        let text =
            "policy=\(record.policy); node=\(record.node); reason=\"\(record.reason)\"; "
            + "prompt_tokens=\(record.promptTokens ?? 0); cached_tokens=\(record.predictedCachedTokens ?? 0); "
            + "candidates=\"\(candidates.joined(separator: ", "))\"; "
            + "excluded=\"\(excluded.joined(separator: ", "))\""
        return String(text.unicodeScalars.map { (32..<127).contains($0.value) ? Character($0) : "?" })
    }
}
