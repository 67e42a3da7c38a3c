/// A change that goes back by itself unless somebody keeps it.
struct Trial: Sendable, Equatable {
    /// Who takes it back.
    static let keeper = "trial"
    static let seconds = 1.0...86_400.0
    /// Between two attempts to take it back.
    static let retrySeconds = 10.0

    var command: Command
    var back: Command
    var actor: String
    /// Unix seconds.
    var until: Double

    var status: TrialStatus {
        TrialStatus(
            what: command.setting ?? "", tried: command.value ?? "", before: back.value ?? "", actor: actor,
            until: until)
    }
}

/// What is being tried: at most one change of each thing that can be set.
struct Trials: Sendable, Equatable {
    private(set) var running: [Trial] = []

    /// The trial that a command would end, since it is about the same.
    func of(_ command: Command) -> Trial? {
        guard let what = command.setting else { return nil }
        return running.first { $0.command.setting == what }
    }

    /// A command was applied. It wins over a trial of the same thing, and what was tried there is forgotten: a trial in its
    /// place goes back to what stood before both.
    ///
    /// - until: Unix seconds; nil: it is for good.
    mutating func take(_ command: Command, back: Command?, by actor: String, until: Double?) {
        if command == .keep { running = [] }
        guard let what = command.setting else { return }
        running.removeAll { $0.command.setting == what }
        guard let back, let until else { return }
        running.append(Trial(command: command, back: back, actor: actor, until: until))
    }

    /// One whose time is over.
    func due(at now: Double) -> Trial? { running.first { $0.until <= now } }

    mutating func postpone(_ trial: Trial, to until: Double) {
        guard let index = running.firstIndex(of: trial) else { return }
        running[index].until = until
    }

    /// What a command's answer says of the trial that it began.
    func words(of command: Command, at now: Double) -> String {
        guard let trial = of(command) else { return "" }
        return ", for \(Int((trial.until - now).rounded())) s, then \(trial.status.before) again unless kept"
    }
}

extension ControlLoop {
    /// Takes back what was tried for long enough, as a command like any other.
    mutating func endTrials() {
        while let trial = trials.due(at: unixNow) {
            // The commands end the trial, unless the journal can't be written.
            trials.postpone(trial, to: unixNow + Trial.retrySeconds)
            let back = CommandRequest(
                command: trial.back, actor: Trial.keeper, reason: "tried by \(trial.actor), not kept")
            if perform(back, userID: nil).accepted { continue }
            // The fleet is no more what it was, and the guard does not allow what stood before.
            _ = perform(
                CommandRequest(command: trial.command, actor: Trial.keeper, reason: "it can't go back"),
                userID: nil)
        }
    }
}

extension Command {
    /// What it sets, where that can be tried: "weight of gpu-2", "policy", "policy of llama".
    package var setting: String? {
        switch self {
        case .setWeight(let node, _): "weight of \(node)"
        case .setLimit(let node, _): "limit of \(node)"
        case .setQueueCapacity: "queue's capacity"
        case .setPolicy(_, let model, _): "policy\(model.map { " of \($0)" } ?? "")"
        case .drain, .undrain, .maintenance, .migrate, .cut, .cancelSession, .cancelStream, .pin, .unpin,
            .keep, .undo,
            .setAutotune,
            .stop:
            nil
        }
    }

    /// What it sets that to: "50", "foresight w=3".
    var value: String? {
        switch self {
        case .setWeight(_, let weight): "\(weight)"
        case .setLimit(_, let requests): requests.limitWord
        case .setQueueCapacity(let requests): "\(requests)"
        case .setPolicy(let name, _, let parameters):
            (try? PolicySetting(name, parameters ?? [:]))?.words() ?? name
        case .drain, .undrain, .maintenance, .migrate, .cut, .cancelSession, .cancelStream, .pin, .unpin,
            .keep, .undo,
            .setAutotune,
            .stop:
            nil
        }
    }
}
