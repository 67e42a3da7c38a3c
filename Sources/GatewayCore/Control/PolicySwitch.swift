/// A change of policy: what was foreseen and measured before it, to be held against what came.
struct PolicySwitch {
    static let seconds = 60.0

    /// What the shadows foresee of a policy, and what is measured.
    struct Figures {
        /// The shadow's mean TTFT in seconds and hit rate; nil: no shadow.
        var foreseen: ShadowRow?
        /// Measured over the latency window, in seconds.
        var ttft: Double?
        var hitRate: Double?

        init(_ snapshot: Snapshot, policy: String, model: String?) {
            let settings = snapshot.gateway.policySettings
            foreseen = snapshot.shadows.first { row in
                row.policy == policy && row.problem == nil
                    && (model.map { $0 == row.model } ?? (settings.own(row.model) == nil))
            }
            ttft = snapshot.totals.ttft?.p50
            hitRate = snapshot.totals.prefixHitRate
        }
    }

    /// nil: of all models without their own policy.
    let model: String?
    let from: String
    let to: String
    /// Monotonic seconds.
    let began: Double
    let before: Figures
    /// What the shadow of the new policy foresaw then.
    let expected: Figures

    init(_ snapshot: Snapshot, model: String?, from: String, to: String, now: Double) {
        self.model = model
        self.from = from
        self.to = to
        began = now
        before = Figures(snapshot, policy: from, model: model)
        expected = Figures(snapshot, policy: to, model: model)
    }

    func isDue(_ now: Double) -> Bool { now - began >= Self.seconds }

    /// Whether it was worth it, in words; nothing measured says nothing.
    func verdict(_ snapshot: Snapshot) -> String {
        let after = Figures(snapshot, policy: to, model: model)
        let foreseen =
            "\(Self.milliseconds(before.foreseen?.ttftMean)) → "
            + "\(Self.milliseconds(expected.foreseen?.ttftMean)) mean TTFT, hits "
            + "\(Self.percent(before.foreseen?.hitRate)) → \(Self.percent(expected.foreseen?.hitRate))"
        let measured =
            "\(Self.milliseconds(before.ttft)) → \(Self.milliseconds(after.ttft)) median TTFT, hits "
            + "\(Self.percent(before.hitRate)) → \(Self.percent(after.hitRate))"
        return
            "\(word(loss(snapshot))), \(from) → \(to) a minute ago: foreseen \(foreseen); measured \(measured)"
    }

    /// By how much of itself the measured median became longer; below 0: shorter; nil: nothing was measured.
    func loss(_ snapshot: Snapshot) -> Double? {
        guard let old = before.ttft, let new = snapshot.totals.ttft?.p50, old > 0 else { return nil }
        return new / old - 1
    }

    private func word(_ loss: Double?) -> String {
        guard let loss else { return "too little traffic to judge" }
        if loss < -0.03 { return "it was worth it" }
        return loss > 0.03 ? "it was not worth it" : "it made no difference"
    }

    private static func milliseconds(_ seconds: Double?) -> String {
        seconds.map { "\(Int(($0 * 1000).rounded())) ms" } ?? "--"
    }

    private static func percent(_ ratio: Double?) -> String {
        ratio.map { "\(Int(($0 * 100).rounded()))%" } ?? "--"
    }
}

extension ControlLoop {
    /// A command that changes a policy is judged later.
    /// - Parameter snapshot: as it was before the command.
    mutating func noteSwitch(by command: Command, _ snapshot: Snapshot, before: PolicySettings) {
        guard case .setPolicy(_, let model, _) = command, policies.of(model) != before.of(model) else {
            return
        }
        policySwitch = PolicySwitch(
            snapshot, model: model, from: before.of(model).words(), to: policies.of(model).words(),
            now: seconds)
    }

    /// Tells a minute after a change of policy whether it was worth it.
    mutating func judgeSwitch(_ snapshot: Snapshot) {
        guard let policySwitch, policySwitch.isDue(seconds) else { return }
        self.policySwitch = nil
        events.add(policySwitch.verdict(snapshot), time: unixNow)
        if let request = autotuning.judge(policySwitch, policySwitch.loss(snapshot)) {
            _ = perform(request, userID: nil)
        }
    }
}
