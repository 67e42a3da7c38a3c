import GatewayCore

/// A policy as a command line names it, with parameters: "foresight", "dynamo-kv:scale=4:credit=1".
struct NamedPolicy {
    /// As it was written.
    let label: String
    let name: String
    let values: [String: Double]
    let policy: any RoutingPolicy

    /// - Parameter overriding: values for parameters of that name, where a policy has one and the text does not give it.
    init(_ label: String, overriding: [String: Double] = [:]) throws {
        let parts = label.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        name = parts[0]
        var given: [String: Double] = [:]
        let parameters = Policies.parameters(of: name)
        for parameter in parameters { given[parameter.name] = overriding[parameter.name] }
        guard Policies.names.contains(name) else {
            throw UsageError("no policy \(name)", name, among: Policies.names)
        }
        for part in parts.dropFirst() {
            let (parameter, value) = try Self.value(part, of: name, parameters)
            given[parameter] = value
        }
        guard let policy = Policies.make(name, given) else { throw UsageError("no policy \(name)") }
        self.label = label
        self.policy = policy
        values = Dictionary(
            zip(parameters.map(\.name), policy.values), uniquingKeysWith: { first, _ in first })
    }

    private static func value(
        _ text: String, of name: String, _ parameters: [PolicyParameter]
    ) throws -> (String, Double) {
        let halves = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard halves.count == 2 else {
            throw UsageError("\(name):\(text) is not of the form \(name):PARAMETER=NUMBER")
        }
        guard let parameter = parameters.first(where: { $0.name == halves[0] }) else {
            let names = parameters.map(\.name)
            throw UsageError(
                "\(name) has no parameter \(halves[0])" + nearest(halves[0], in: names)
                    + (names.isEmpty ? "; it has none" : "; it has " + names.joined(separator: ", ")))
        }
        guard let number = Double(halves[1]), parameter.range.contains(number) else {
            throw UsageError(
                "\(name): \(parameter.name) takes a number from \(parameter.range.lowerBound) to "
                    + "\(parameter.range.upperBound), not \(halves[1])")
        }
        return (parameter.name, number)
    }

    /// "all", or names with commas between them.
    static func list(_ text: String, overriding: [String: Double]) throws -> [NamedPolicy] {
        let labels = text == "all" ? Policies.names : text.split(separator: ",").map(String.init)
        guard !labels.isEmpty else { throw UsageError("--policies names no policy") }
        return try labels.map { try NamedPolicy($0, overriding: overriding) }
    }
}
