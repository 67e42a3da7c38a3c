import GatewayCore

/// What is being tried, and what it goes back to.
enum TrialLines {
    /// Of the one that ends first: "TRIAL 4m12s then policy foresight"; nil: there is none.
    static func banner(_ snapshot: Snapshot) -> String? {
        guard let trial = snapshot.trials.min(by: { $0.until < $1.until }) else { return nil }
        let others = snapshot.trials.count > 1 ? " +\(snapshot.trials.count - 1)" : ""
        let before = DisplayWidth.shortened("\(trial.what) \(trial.before)", to: 26)
        return "TRIAL \(left(trial, snapshot)) then \(before)\(others)"
    }

    /// A line for each, the first to end first.
    static func lines(_ snapshot: Snapshot) -> [DialogView.Line] {
        snapshot.trials.sorted { $0.until < $1.until }.map { trial in
            [
                (trial.what, .title), (" \(trial.tried)", .accent),
                (", back to \(trial.before) in \(left(trial, snapshot)); by \(trial.actor)", .text),
            ]
        }
    }

    private static func left(_ trial: TrialStatus, _ snapshot: Snapshot) -> String {
        NumberText.span(max(trial.until - snapshot.time, 0).rounded())
    }
}
