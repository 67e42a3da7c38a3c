/// A policy with the values of its parameters.
package struct PolicySetting: Codable, Sendable, Equatable {
    package private(set) var name: String
    /// In the order of the policy's parameters.
    package private(set) var values: [Double]

    /// - Parameters:
    ///   - given: by parameter's name; the others keep their value where the policy was the same before, else they have
    ///     their standard one.
    package init(
        _ name: String, _ given: [String: Double] = [:], after before: PolicySetting? = nil
    ) throws(InputProblem) {
        guard Policies.names.contains(name) else {
            throw InputProblem(
                "no policy named \(name)",
                remedy: Self.meant(name, Policies.names)
                    + "there are \(Policies.names.joined(separator: ", "))")
        }
        let parameters = Policies.parameters(of: name)
        for (key, value) in given.sorted(by: { $0.key < $1.key }) {
            try Self.check(key, value, of: name, parameters)
        }
        let kept = before?.values(of: name)
        self.name = name
        values = parameters.indices.map { given[parameters[$0].name] ?? kept?[$0] ?? parameters[$0].standard }
    }

    private init(name: String, values: [Double]) {
        self.name = name
        self.values = values
    }

    /// The policy of a gateway that is told nothing.
    package static let usual = PolicySetting(
        name: Foresight.name, values: Foresight.parameters.map(\.standard))

    private static func check(
        _ key: String, _ value: Double, of name: String, _ parameters: [PolicyParameter]
    ) throws(InputProblem) {
        let names = parameters.map(\.name)
        guard let parameter = parameters.first(where: { $0.name == key }) else {
            throw InputProblem(
                "\(name) has no parameter \(key)",
                remedy: names.isEmpty
                    ? "it has none" : meant(key, names) + "it has \(names.joined(separator: ", "))")
        }
        guard parameter.range.contains(value) else {
            throw InputProblem(
                "\(key) of \(name) is \(value.brief), out of range", remedy: "give \(parameter.limits)")
        }
    }

    private static func meant(_ name: String, _ names: [String]) -> String {
        NearestName.of(name, among: names).map { "did you mean \($0)? " } ?? ""
    }

    package var parameters: [PolicyParameter] { Policies.parameters(of: name) }

    /// All values by name.
    package var named: [String: Double] {
        Dictionary(zip(parameters.map(\.name), values), uniquingKeysWith: { first, _ in first })
    }

    /// nil: it is of another policy, or of a gateway whose policy has other parameters.
    private func values(of policy: String) -> [Double]? {
        name == policy && values.count == parameters.count ? values : nil
    }

    /// "foresight w=3": with the values that are not the standard ones, or that differ from another setting's.
    package func words(against other: PolicySetting? = nil) -> String {
        let compared = other?.values(of: name)
        let told = zip(parameters, values).enumerated().compactMap { index, pair -> String? in
            let (parameter, value) = pair
            guard value != parameter.standard || value != compared?[index] ?? value else { return nil }
            return "\(parameter.name)=\(value.brief)"
        }
        return ([name] + told).joined(separator: " ")
    }

    /// nil: it is of a gateway that has other policies.
    package func make() -> (any RoutingPolicy)? { Policies.make(name, named) }
}

/// The policies that a gateway routes by.
package struct PolicySettings: Codable, Sendable, Equatable {
    package struct Named: Codable, Sendable, Equatable {
        package var model: String
        package var setting: PolicySetting
    }

    /// So many models may have a policy of their own.
    package static let modelLimit = 64
    /// Instead of a policy's name: the model follows the others again.
    package static let follow = "default"

    /// For all models that have none of their own.
    package var standard = PolicySetting.usual
    /// Sorted by model.
    package private(set) var models: [Named] = []

    package init() {}

    /// A model's own; nil: it follows the others.
    package func own(_ model: String) -> PolicySetting? { models.first { $0.model == model }?.setting }

    /// What requests of a model are routed by; nil: of those without their own.
    package func of(_ model: String?) -> PolicySetting { model.flatMap { own($0) } ?? standard }

    package mutating func set(_ setting: PolicySetting?, of model: String) {
        models.removeAll { $0.model == model }
        guard let setting else { return }
        models.append(Named(model: model, setting: setting))
        models.sort { $0.model < $1.model }
    }

    /// The settings after a command.
    /// - Parameters:
    ///   - name: a policy, or `follow`.
    ///   - model: nil: all without their own.
    package func changed(
        to name: String, model: String?, parameters: [String: Double]
    ) throws(InputProblem) -> PolicySettings {
        var after = self
        guard let model else {
            after.standard = try PolicySetting(name, parameters, after: standard)
            return after
        }
        if name == Self.follow {
            guard own(model) != nil else {
                throw InputProblem(
                    "\(model) has no policy of its own",
                    remedy: "it follows the default, \(standard.words()), already")
            }
            after.set(nil, of: model)
            return after
        }
        guard own(model) != nil || models.count < Self.modelLimit else {
            throw InputProblem(
                "\(Self.modelLimit) models have a policy of their own",
                remedy: "let one follow the default first: policy default --model NAME")
        }
        after.set(try PolicySetting(name, parameters, after: of(model)), of: model)
        return after
    }

    /// "foresight", "foresight w=3", "default (foresight)".
    package func words(of model: String?, against other: PolicySettings) -> String {
        if let model, own(model) == nil { return "default (\(standard.words(against: other.of(model))))" }
        return of(model).words(against: other.of(model))
    }
}

extension PolicyParameter {
    /// "0.5 to 8".
    package var limits: String { "\(range.lowerBound.brief) to \(range.upperBound.brief)" }
}

extension Double {
    /// Whole numbers without ".0".
    package var brief: String { Int(exactly: self).map { "\($0)" } ?? "\(self)" }
}
