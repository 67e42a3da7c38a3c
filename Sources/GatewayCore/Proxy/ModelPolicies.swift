/// A loop's policies: one for each model that has its own, and one for all others.
///
/// Models are named by the hash of their name; 0: a request without one.
struct ModelPolicies {
    private var standard: any RoutingPolicy
    private var own: [UInt64: any RoutingPolicy] = [:]
    /// Those of them that hold requests; apart, since asking each for it costs a cast a request.
    private var standardHold: Foresight?
    private var ownHolds: [UInt64: Foresight] = [:]

    init(_ settings: PolicySettings) {
        standard = settings.standard.make() ?? Foresight()
        follow(settings)
    }

    /// What a policy has learned stays where only its values change.
    mutating func follow(_ settings: PolicySettings) {
        standard = Self.changed(standard, to: settings.standard) ?? standard
        var wanted: [UInt64: any RoutingPolicy] = [:]
        for entry in settings.models {
            let hash = PromptHash.of(text: entry.model)
            wanted[hash] = Self.changed(own[hash], to: entry.setting)
        }
        own = wanted
        standardHold = standard as? Foresight
        ownHolds = own.compactMapValues { $0 as? Foresight }
    }

    /// The policy that says which requests of a model are held, if it is one that does.
    func hold(_ model: UInt64) -> Foresight? {
        guard !own.isEmpty, own[model] != nil else { return standardHold }
        return ownHolds[model]
    }

    private static func changed(_ policy: (any RoutingPolicy)?, to setting: PolicySetting) -> (
        any RoutingPolicy
    )? {
        guard var policy, type(of: policy).name == setting.name else { return setting.make() }
        if policy.values != setting.values { policy.values = setting.values }
        return policy
    }

    subscript(model: UInt64) -> any RoutingPolicy {
        guard !own.isEmpty else { return standard }
        return own[model] ?? standard
    }

    /// In place: a policy's memory is not copied for a choice.
    mutating func choose(
        _ model: UInt64, among candidates: [Candidate], for request: RoutingRequest, random: inout SplitMix64
    ) -> Choice {
        if !own.isEmpty, let place = own.index(forKey: model) {
            return own.values[place].choose(among: candidates, for: request, random: &random)
        }
        return standard.choose(among: candidates, for: request, random: &random)
    }
}
