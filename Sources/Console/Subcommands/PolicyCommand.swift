import GatewayCore

/// The routing policies: lists them, chooses one, sets its parameters; for all models or for one.
enum PolicyCommand {
    static let entry = Subcommand(
        name: "policy", arguments: "[NAME [PARAM=VALUE...]]",
        summary:
            "route by \(Policies.names.joined(separator: ", ")); without a name: lists them with parameters",
        flags: OperatorCommands.changeFlags + [Subcommands.jsonFlag, modelFlag, OperatorCommands.tryFlag],
        argumentCount: 0...17
    ) { arguments in
        if arguments.positional.isEmpty { return try list(arguments) }
        let change: PolicyWish
        do throws(InputProblem) { change = try PolicyWish(arguments.positional) } catch {
            throw UsageError("\(error)")
        }
        return try OperatorCommands.submit(change.command(model: arguments.value("--model")), arguments)
    }

    private static let modelFlag = Flag(
        name: "--model", value: "MODEL",
        help: "only this model's requests; the name \(PolicySettings.follow) lets it follow the others again")

    private static func list(_ arguments: Arguments) throws -> Int32 {
        var client = try AdminClient(path: try AdminSockets.find(arguments))
        let settings = try client.snapshot().gateway.policySettings
        let model = arguments.value("--model")
        print(arguments.has("--json") ? json(settings, model).text : text(settings, model))
        return 0
    }

    /// Every policy with its parameters; the live one with their values.
    static func text(_ settings: PolicySettings, _ model: String?) -> String {
        let live = settings.of(model)
        var lines: [String] = []
        for name in Policies.names {
            lines.append("\(name == live.name ? "*" : " ") \(name): \(Policies.summary(of: name) ?? "")")
            for (index, parameter) in Policies.parameters(of: name).enumerated() {
                let value = name == live.name ? live.values[index] : parameter.standard
                let left = "    \(parameter.name)=\(value.brief)"
                lines.append(
                    left.padding(toLength: max(24, left.count + 2), withPad: " ", startingAt: 0)
                        + "\(parameter.summary) (\(parameter.limits), standard \(parameter.standard.brief))")
            }
        }
        if model == nil {
            lines += settings.models.map { "  \($0.model): \($0.setting.words())" }
        }
        return lines.joined(separator: "\n")
    }

    private static func json(_ settings: PolicySettings, _ model: String?) -> JSONText {
        let live = settings.of(model)
        return .object([
            ("policy", .string(live.name)), ("policyParameters", values(live)),
            ("modelPolicies", ofModels(settings)),
            ("policies", .list(Policies.names.map(described))),
        ])
    }

    private static func described(_ name: String) -> JSONText {
        let parameters = Policies.parameters(of: name).map { parameter in
            JSONText.object([
                ("name", .string(parameter.name)), ("summary", .string(parameter.summary)),
                ("standard", JSONText(parameter.standard)), ("least", JSONText(parameter.range.lowerBound)),
                ("most", JSONText(parameter.range.upperBound)),
            ])
        }
        return .object([
            ("name", .string(name)), ("summary", JSONText(Policies.summary(of: name))),
            ("parameters", .list(parameters)),
        ])
    }

    /// A policy's parameters with their values.
    static func values(_ setting: PolicySetting) -> JSONText {
        .object(zip(setting.parameters, setting.values).map { ($0.name, JSONText($1)) })
    }

    /// The models with a policy of their own.
    static func ofModels(_ settings: PolicySettings) -> JSONText {
        .object(
            settings.models.map { entry in
                (
                    entry.model,
                    .object([
                        ("policy", .string(entry.setting.name)), ("policyParameters", values(entry.setting)),
                    ])
                )
            })
    }

    /// "foresight w=3 (llama: round-robin)".
    static func words(_ gateway: GatewayStatus) -> String {
        let settings = gateway.policySettings
        let own = settings.models.prefix(4).map { "\($0.model): \($0.setting.words())" }
        let more = settings.models.count > 4 ? ", ..." : ""
        return settings.standard.words()
            + (own.isEmpty ? "" : " (\(own.joined(separator: ", "))\(more))")
    }
}
