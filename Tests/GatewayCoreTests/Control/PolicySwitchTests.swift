import Testing

@testable import GatewayCore

/// Whether a change of policy was worth it.
struct PolicySwitchTests {
    private static func snapshot(ttft: Double?) -> Snapshot {
        var snapshot = Snapshot()
        snapshot.totals.ttft = ttft.map { LatencySummary(p50: $0, p99: $0, count: 9) }
        snapshot.totals.prefixHitRate = 0.4
        for (policy, mean) in [("random", 1.2), ("foresight", 0.8)] {
            var row = ShadowRow()
            row.policy = policy
            row.model = "m"
            row.ttftMean = mean
            row.hitRate = 0.5
            snapshot.shadows.append(row)
        }
        return snapshot
    }

    private static func change(model: String? = nil) -> PolicySwitch {
        PolicySwitch(snapshot(ttft: 1), model: model, from: "random", to: "foresight", now: 100)
    }

    @Test(arguments: [
        (0.5, "it was worth it"), (2, "it was not worth it"), (1.01, "it made no difference"),
        (nil, "too little traffic to judge"),
    ])
    func `the verdict holds what is measured now against before`(_ ttft: Double?, _ words: String) {
        let verdict = Self.change().verdict(Self.snapshot(ttft: ttft))
        #expect(verdict.hasPrefix("\(words), random → foresight a minute ago: foreseen "))
        #expect(verdict.contains("foreseen 1200 ms → 800 ms mean TTFT, hits 50% → 50%"))
    }

    @Test func `it is due after a minute`() {
        #expect(!Self.change().isDue(159))
        #expect(Self.change().isDue(160))
    }

    @Test func `shadows of another model foresee nothing for it`() {
        #expect(Self.change(model: "m").before.foreseen != nil)
        #expect(Self.change(model: "n").before.foreseen == nil)
    }
}
