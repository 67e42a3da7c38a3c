/// One node as the shadows take it to be.
package struct ShadowNode: Sendable {
    /// 0...100; 0 takes no new request.
    package var weight: Int
    package var speed: NodeSpeed
    /// Tokens that its KV cache holds; nil: not known.
    package var capacityTokens: Double?
    package var dollarsPerHour: Double?

    package init(weight: Int, speed: NodeSpeed, capacityTokens: Double? = nil, dollarsPerHour: Double? = nil)
    {
        self.weight = weight
        self.speed = speed
        self.capacityTokens = capacityTokens
        self.dollarsPerHour = dollarsPerHour
    }
}

/// The nodes of the model that is shadowed, by their index in the fleet, and the policy that is live.
package struct ShadowSite: Sendable {
    package var nodes: [ShadowNode]
    package var model: String
    package var live: PolicySetting

    package init(nodes: [ShadowNode], model: String, live: PolicySetting) {
        self.nodes = nodes
        self.model = model
        self.live = live
    }

    /// - Parameters:
    ///   - model: hash of its name.
    ///   - now: monotonic nanoseconds.
    package init(_ fleet: Fleet, model: UInt64, capacityTokens: [Double?], now: UInt64) {
        let place = fleet.model(hash: model)
        let serving = Set(place.map { fleet.models[$0].nodes } ?? []).union(fleet.unspecific)
        nodes = fleet.nodes.enumerated().map { index, node in
            ShadowNode(
                weight: serving.contains(index) && node.takesRequests ? node.effectiveWeight(now) : 0,
                speed: node.load.outlook(now: now).speed,
                capacityTokens: index < capacityTokens.count ? capacityTokens[index] : nil,
                dollarsPerHour: node.dollarsPerHour)
        }
        self.model = place.map { fleet.models[$0].name } ?? ""
        live = fleet.policies.of(self.model)
    }
}
