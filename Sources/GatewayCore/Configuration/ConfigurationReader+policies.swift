// Which policy routes which model's requests.
extension ConfigurationReader {
    /// - Parameter names: the policies there are.
    mutating func policies(
        _ fields: [ConfigurationKeys.Root: JSON5Value], among names: [String]
    ) -> PolicySettings {
        var settings = PolicySettings()
        set(&settings.standard, policy(fields[.policy], among: names))
        guard let models = fields[.models] else { return settings }
        guard case .object(let members) = models.kind else {
            note(models, "models is no object", remedy: "write { \"llama-3\": { policy: \"foresight\" } }")
            return settings
        }
        if members.count > PolicySettings.modelLimit {
            note(
                models, "models has \(members.count) entries",
                remedy: "write \(PolicySettings.modelLimit) at most; the others follow policy")
        }
        for member in members {
            let keys = ConfigurationKeys.Model.self
            guard let own = self.fields(of: member.value, place: "model \(member.key)", keys: keys) else {
                continue
            }
            if let setting = policy(own[.policy], among: names) { settings.set(setting, of: member.key) }
        }
        return settings
    }

    /// A name, or an object with the name and parameters: { name: "foresight", w: 3 }.
    private mutating func policy(_ value: JSON5Value?, among names: [String]) -> PolicySetting? {
        guard let value else { return nil }
        guard case .object(let members) = value.kind else {
            return choice(value, name: "policy", among: names).flatMap { made($0, [:], value) }
        }
        guard let named = members.first(where: { $0.key == "name" }) else {
            note(value, "policy has no name", remedy: "write { name: \"\(names.first ?? "")\" }")
            return nil
        }
        guard let name = choice(named.value, name: "policy", among: names) else { return nil }
        let parameters = Policies.parameters(of: name)
        var given: [String: Double] = [:]
        for member in members where member.key != "name" {
            if let parameter = parameters.first(where: { $0.name == member.key }) {
                given[member.key] = number(member.value, name: member.key, in: parameter.range)
            } else {
                unknown(member, place: "policy \(name)", known: ["name"] + parameters.map(\.name))
            }
        }
        return made(name, given, value)
    }

    private mutating func made(
        _ name: String, _ given: [String: Double], _ value: JSON5Value
    ) -> PolicySetting? {
        do throws(InputProblem) { return try PolicySetting(name, given) } catch {
            note(value, error.message, remedy: error.remedy)
            return nil
        }
    }
}
