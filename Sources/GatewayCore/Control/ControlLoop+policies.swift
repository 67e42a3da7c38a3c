/// Which policy routes what: as commands change it.
extension ControlLoop {
    /// The settings after a command; as they are, when it is about something else.
    func changedPolicies(by command: Command) throws(InputProblem) -> PolicySettings {
        guard case .setPolicy(let name, let model, let parameters) = command else { return policies }
        return try policies.changed(to: name, model: model, parameters: parameters ?? [:])
    }

    func describePolicy(_ command: Command, of model: String?) -> Change {
        let changed = (try? changedPolicies(by: command)) ?? policies
        let before = policies.words(of: model, against: changed)
        let after = changed.words(of: model, against: policies)
        return Change(
            text: "policy\(model.map { " of \($0)" } ?? ""): \(before) → \(after)", before: before,
            after: after,
            inverse: trials.of(command)?.back ?? policies.restoring(model))
    }

    /// Why a command of the journal is passed over: it may be of a version with other policies.
    func policyProblem(_ command: Command) -> String? {
        do throws(InputProblem) { _ = try changedPolicies(by: command) } catch { return error.message }
        return nil
    }

    /// "policy foresight w=3", and those of models that have their own.
    var policyWords: [String] {
        ["policy \(policies.standard.words())"]
            + policies.models.map { "policy of \($0.model) \($0.setting.words())" }
    }
}

extension PolicySettings {
    /// The command that brings a model's policy, or that of those without their own, back to what it is here.
    package func restoring(_ model: String?) -> Command {
        if let model, own(model) == nil { return .setPolicy(name: Self.follow, model: model) }
        return of(model).command(model: model)
    }
}

extension PolicySetting {
    /// The command that sets all of it.
    package func command(model: String?) -> Command {
        .setPolicy(name: name, model: model, parameters: named.isEmpty ? nil : named)
    }
}

extension Command {
    var isOfPolicies: Bool { if case .setPolicy = self { true } else { false } }
}
