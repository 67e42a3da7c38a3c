/// All policies, in the order in which they are listed.
package enum Policies {
    private static let all: [any RoutingPolicy.Type] = [
        Foresight.self, PrefixAffinity.self, SessionAffinity.self, LeastRequests.self, PowerOfTwo.self,
        RoundRobin.self, Random.self, SGLangCacheAwareA.self, SGLangCacheAwareB.self, DynamoKV.self,
        LLMDScorers.self, LLMDSticky.self, Preble.self, LMetric.self, BoundedLoad.self, SessionSticky.self,
        LongestPrefix.self,
    ]

    package static let names = all.map { $0.name }

    package static func summary(of name: String) -> String? { all.first { $0.name == name }?.summary }

    package static func parameters(of name: String) -> [PolicyParameter] {
        all.first { $0.name == name }?.parameters ?? []
    }

    /// The policy of that name, its parameters at their standard values but for those that are given; nil: there is none.
    package static func make(_ name: String, _ given: [String: Double] = [:]) -> (any RoutingPolicy)? {
        guard let kind = all.first(where: { $0.name == name }) else { return nil }
        var policy = kind.init()
        policy.values = kind.parameters.map { given[$0.name] ?? $0.standard }
        return policy
    }
}
