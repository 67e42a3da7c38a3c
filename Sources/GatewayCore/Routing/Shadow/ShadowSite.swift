/// One node as the shadows take it to be.
package struct ShadowNode: Sendable {
    /// 0...100; 0 takes no new request.
    package var weight: Int
    /// It serves the model, and only its weight could keep requests away.
    package var isReady = true
    /// Requests at most; nil: no limit.
    package var limit: Int?
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

extension VirtualFleet where Engine == PrefillServer {
    /// The nodes as they are now.
    mutating func take(_ site: ShadowSite, _ decoding: ShadowDecoding) {
        weights = site.nodes.map(\.weight)
        limits = site.nodes.map(\.limit)
        learn(site.nodes.map(\.speed), secondsPerToken: decoding.secondsPerToken)
    }

    /// Lets requests come, none before `now`, and all end.
    /// - Returns: what became of each; nil: it took too long, or not all were answered.
    mutating func play(
        _ arrivals: [ShadowArrival], decoding: ShadowDecoding, isLate: () -> Bool
    ) -> [Outcome]? {
        guard hasNodes else { return nil }
        // Apart from those that are underway already.
        func id(_ place: Int) -> Int { -1 - place }
        for (place, arrival) in arrivals.enumerated() {
            arrive(decoding.request(arrival, id: id(place)))
            if place % 64 == 0, isLate() { return nil }
        }
        while let next = nextInstant {
            advance(to: next)
            if isLate() { return nil }
        }
        let outcomes = takeOutcomes().filter { $0.request < 0 }.sorted { $0.request > $1.request }
        return outcomes.count == arrivals.count ? outcomes : nil
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
            let isReady = serving.contains(index) && node.isReady
            var shadow = ShadowNode(
                weight: isReady ? node.effectiveWeight(now) : 0, speed: node.load.outlook(now: now).speed,
                capacityTokens: index < capacityTokens.count ? capacityTokens[index] : nil,
                dollarsPerHour: node.dollarsPerHour)
            shadow.isReady = isReady
            shadow.limit = node.limit
            return shadow
        }
        self.model = place.map { fleet.models[$0].name } ?? ""
        live = fleet.policies.of(self.model)
    }

    private static let standardCapacityTokens = 400_000.0
    /// Of what is played again, blocks over all caches: some 30 MB.
    private static let playedBlockLimit = 600_000

    /// Plays requests again behind a policy, with empty caches at first.
    /// - Parameter arrivals: in the order in which they came.
    /// - Returns: what became of each; nil: it took too long, or not all were answered.
    func play(
        _ arrivals: [ShadowArrival], by setting: PolicySetting, decoding: ShadowDecoding,
        isLate: () -> Bool
    ) -> [VirtualFleet<PrefillServer>.Outcome]? {
        guard let policy = setting.make(), let sized = arrivals.first(where: { !$0.chain.isEmpty }) else {
            return nil
        }
        var fleet = fleet(
            policy, blockTokens: max(1, sized.promptTokens / sized.chain.count),
            blockLimit: Self.playedBlockLimit, secondsPerToken: decoding.secondsPerToken)
        return fleet.play(arrivals, decoding: decoding, isLate: isLate)
    }

    /// These nodes in virtual time behind a policy, with empty caches.
    /// - Parameters:
    ///   - blockTokens: what a hash of a prompt's chain stands for.
    ///   - blockLimit: over all caches.
    ///   - secondsPerToken: of decoding.
    func fleet(
        _ policy: any RoutingPolicy, blockTokens: Int, blockLimit: Int, secondsPerToken: Double
    ) -> VirtualFleet<PrefillServer> {
        let share = blockLimit / max(1, nodes.count { $0.weight > 0 })
        let engines = nodes.map { node in
            let told = node.capacityTokens ?? .nan
            let tokens = told.isFinite && told > 0 ? told : Self.standardCapacityTokens
            return PrefillServer(
                cacheBlocks: max(1, min(share, Int(min(tokens, 1e12)) / blockTokens)),
                blockTokens: blockTokens, speed: node.speed, secondsPerOutputToken: secondsPerToken)
        }
        var fleet = VirtualFleet(engines: engines, speeds: nodes.map(\.speed), policy: policy)
        fleet.weights = nodes.map(\.weight)
        fleet.limits = nodes.map(\.limit)
        return fleet
    }
}
