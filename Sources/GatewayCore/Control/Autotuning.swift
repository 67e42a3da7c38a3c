/// Whether foresight is tuned by itself, and what came of it. Off by default.
///
/// A change is a command like an operator's: guarded, in the journal, an event, undone like any other. Wherever an
/// operator sets a policy afterwards, tuning stays off until it is switched on again.
struct Autotuning {
    /// Who its commands are from.
    static let actor = "autotune"
    /// Between two looks, where the configuration does not say.
    static let standardSeconds = 300.0
    /// Of a core, for playing requests again.
    static let coreShare = 0.03
    /// Of the measured median time to the first token: more than so much worse, and a change is taken back.
    static let mostLoss = 0.1

    /// What is known of one setting: a model's own, or that of all others.
    private struct Scope {
        /// As the operator last chose it: what the tail is held against.
        var operators: PolicySetting
        /// Changes in a row that were taken back; each doubles the time to the next look.
        var reverts = 0
        var stoppedBy: String?
    }

    /// The last change made.
    struct Change {
        /// nil: of all models without their own policy.
        var whose: String?
        var before: PolicySetting
        /// The configuration version that it made.
        var version: UInt64
        var isJudged = false
    }

    /// Seconds between two looks; nil: off.
    private(set) var interval: Double?
    private let configured: Double?
    private(set) var change: Change?
    private(set) var words = "no look yet"
    private var nextLook: Double
    private var isAsking = false
    /// One for each model with a policy of its own and one for all others.
    private var scopes: [String?: Scope] = [:]

    /// - Parameters:
    ///   - seconds: between two looks; nil: off.
    ///   - now: monotonic seconds, as below.
    init(every seconds: Double?, now: Double) {
        interval = seconds
        configured = seconds
        nextLook = now + (seconds ?? 0)
    }

    mutating func turn(on isOn: Bool, now: Double) {
        interval = isOn ? configured ?? Self.standardSeconds : nil
        nextLook = now + (interval ?? 0)
        scopes = [:]
        isAsking = false
        change = nil
        words = "no look yet"
    }

    /// What to ask now; nil: nothing.
    /// - Parameter model: the busiest one's name.
    mutating func question(_ model: String, _ policies: PolicySettings, now: Double) -> TuningQuestion? {
        guard interval != nil, !isAsking, now >= nextLook else { return nil }
        let whose = policies.own(model) == nil ? nil : model
        let present = policies.of(model)
        guard present.name == Foresight.name else {
            return wait("only \(Foresight.name) is tuned, and \(model) is routed by \(present.name)", now)
        }
        let scope = scopes[whose] ?? Scope(operators: present)
        if let actor = scope.stoppedBy {
            return wait("off for \(whose ?? "all models") since \(actor) set the policy", now)
        }
        scopes[whose] = scope
        isAsking = true
        return TuningQuestion(
            model: PromptHash.of(text: model), whose: whose, present: present, operators: scope.operators)
    }

    private mutating func wait(_ why: String, _ now: Double) -> TuningQuestion? {
        words = why
        nextLook = now + (interval ?? 0)
        return nil
    }

    /// The command that an answer asks for; nil: none, or the setting was changed meanwhile.
    mutating func take(_ answer: TuningAnswer, _ policies: PolicySettings, now: Double) -> CommandRequest? {
        guard let interval, isAsking else { return nil }
        isAsking = false
        let question = answer.question
        let pause = interval * Double(1 << min(scopes[question.whose]?.reverts ?? 0, 6))
        nextLook = now + max(pause, answer.seconds / Self.coreShare)
        guard policies.of(question.whose) == question.present, scopes[question.whose]?.stoppedBy == nil else {
            return nil
        }
        switch answer.finding {
        case .stay(let why):
            words = why
            return nil
        case .change(let setting, let why):
            words =
                "\(question.present.words(against: setting)) → \(setting.words(against: question.present)), \(why)"
            return CommandRequest(
                command: setting.command(model: question.whose), actor: Self.actor, reason: why)
        }
    }

    /// A change was applied.
    mutating func applied(whose: String?, before: PolicySetting, version: UInt64) {
        change = Change(whose: whose, before: before, version: version)
    }

    /// An operator set a policy.
    mutating func stop(_ whose: String?, by actor: String, _ setting: PolicySetting) {
        guard interval != nil else { return }
        scopes[whose] = Scope(operators: setting, stoppedBy: actor)
        words = "off for \(whose ?? "all models") since \(actor) set the policy"
        if change?.whose == whose { change = nil }
    }

    /// A minute after a change, what was measured: the command that takes it back where it was worse.
    mutating func judge(_ policySwitch: PolicySwitch, _ loss: Double?) -> CommandRequest? {
        guard let change, !change.isJudged, change.whose == policySwitch.model else { return nil }
        guard let loss, loss > Self.mostLoss else {
            self.change?.isJudged = true
            scopes[change.whose]?.reverts = 0
            return nil
        }
        scopes[change.whose]?.reverts += 1
        self.change = nil
        return CommandRequest(
            command: change.before.command(model: change.whose), actor: Self.actor,
            reason: "measured, it was worse")
    }

    /// As the console shows it; nil: off.
    /// - Parameter version: of the configuration now.
    func status(version: UInt64) -> AutotuneStatus? {
        guard interval != nil else { return nil }
        var status = AutotuneStatus(words: words)
        if let change, change.version == version {
            status.model = change.whose
            status.before = change.before
        }
        return status
    }
}

extension ControlLoop {
    /// Once a second: takes what was found, and asks anew when it is time.
    mutating func tune(_ snapshot: Snapshot) {
        shared.tuning.open(autotuning.interval != nil)
        if let answer = shared.tuning.takeAnswer(),
            let request = autotuning.take(answer, policies, now: seconds)
        {
            change(by: request, whose: answer.question.whose)
        }
        // The verdict on the last change comes first.
        guard policySwitch == nil, let model = snapshot.shadows.first?.model else { return }
        if let question = autotuning.question(model, policies, now: seconds) { shared.tuning.ask(question) }
    }

    private mutating func change(by request: CommandRequest, whose: String?) {
        let before = policies.of(whose)
        guard perform(request, userID: nil).accepted else { return }
        autotuning.applied(whose: whose, before: before, version: configurationVersion)
    }

    /// Tuning keeps its hands off what an operator has set.
    mutating func noteOperator(_ command: Command, _ actor: String) {
        guard case .setPolicy(_, let model, _) = command, ![Autotuning.actor, Trial.keeper].contains(actor)
        else { return }
        autotuning.stop(model, by: actor, policies.of(model))
        // A model that follows the others again is routed by what an operator chose for it, too.
        if model != nil, policies.own(model ?? "") == nil {
            autotuning.stop(nil, by: actor, policies.standard)
        }
    }
}
