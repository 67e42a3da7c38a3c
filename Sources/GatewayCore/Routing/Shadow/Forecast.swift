/// What the requests of the last minutes would meet after a change of nodes: played again in virtual time, behind the live
/// policy.
package struct Forecast: Codable, Sendable, Equatable {
    /// On the nodes as they are, or after the change. Compare the two: both are of the same model.
    package struct Figures: Codable, Sendable, Equatable {
        /// Seconds to the first token.
        package var ttftP50: Double
        package var ttftP99: Double
        /// Requests before their first token, on each node that takes any.
        package var queueEach: Double
        /// Of the requests, by node, 0...1.
        package var shares: [String: Double]

        package init(ttftP50: Double, ttftP99: Double, queueEach: Double, shares: [String: Double]) {
            self.ttftP50 = ttftP50
            self.ttftP99 = ttftP99
            self.queueEach = queueEach
            self.shares = shares
        }
    }

    package var change: NodeChange
    /// The busiest one that the nodes serve.
    package var model = ""
    package var before: Figures?
    package var after: Figures?
    /// Why there are no figures.
    package var problem: String?

    package init(_ change: NodeChange) { self.change = change }

    /// The median to expect where one is measured now: longer by as much as the one foreseen.
    package func expectedTTFT(measured: Double?) -> Double? {
        guard let before, let after else { return nil }
        guard let measured, before.ttftP50 > 0 else { return after.ttftP50 }
        return measured * after.ttftP50 / before.ttftP50
    }
}

extension Forecast {
    /// Fewer requests to judge by say nothing.
    static let leastRequests = 50
    /// Seconds of a core after which a look is broken off.
    static let lookSeconds = 5.0

    /// What a forecast is made from.
    package struct Ground: Sendable {
        var window: TuningWindow
        /// The nodes with warm caches at moments from which to go on; where there is none caches begin empty.
        var standings: [ShadowStanding] = []
        var decoding = ShadowDecoding()
    }

    /// - Parameters:
    ///   - names: of all nodes, in the order of their places.
    ///   - site: of a model by its hash.
    ///   - clock: seconds of a core.
    package init(
        of change: NodeChange, names: [String], from ground: Ground, site: (UInt64) -> ShadowSite,
        clock: () -> Double
    ) {
        self.init(change)
        let places = names.indices.filter { change.nodes.contains(names[$0]) }
        func changed(_ site: ShadowSite) -> ShadowSite? {
            var site = site
            return site.make(change.setting, at: places) ? site : nil
        }
        guard let hash = ground.window.models.first(where: { changed(site($0)) != nil }),
            case let present = site(hash), let future = changed(present)
        else {
            problem = "no request of the last minutes could have gone there"
            return
        }
        model = present.model
        let play = Play(of: hash, from: ground)
        guard play.judged >= Self.leastRequests else {
            problem = "too few requests to judge by: \(play.judged) of \(Self.leastRequests)"
            return
        }
        let end = clock() + Self.lookSeconds
        before = play.figures(on: present, names) { clock() > end }
        after = play.figures(on: future, names) { clock() > end }
        if after == nil { problem = "not all requests would be answered" }
    }

    /// Requests, and what became of each.
    fileprivate typealias Played = (
        arrivals: ArraySlice<ShadowArrival>, outcomes: ArraySlice<VirtualFleet<PrefillServer>.Outcome>
    )

    /// The requests that are played again, and from where. Several beginnings, since where what moves will find its new
    /// place is half chance.
    private struct Play {
        let decoding: ShadowDecoding
        let all: [ShadowArrival]
        /// With what came since; none: caches begin empty, and the first third of all fills them.
        var beginnings: [(standing: ShadowStanding, arrivals: [ShadowArrival])] = []

        init(of model: UInt64, from ground: Ground) {
            decoding = ground.decoding
            all = ground.window.arrivals(of: model)
            for standing in ground.standings where standing.model == model {
                let arrivals = all.filter { $0.instant > standing.fleet.now }
                if arrivals.count >= Forecast.leastRequests { beginnings.append((standing, arrivals)) }
            }
        }

        /// Requests, the same one counted once.
        var judged: Int { beginnings.first?.arrivals.count ?? all.count - all.count / 3 }

        func figures(on site: ShadowSite, _ names: [String], isLate: () -> Bool) -> Figures? {
            var played: [Played] = []
            for (standing, arrivals) in beginnings {
                var standing = standing
                standing.take(site, decoding)
                guard let outcomes = standing.play(arrivals, decoding: decoding, isLate: isLate) else {
                    return nil
                }
                played.append((arrivals[...], outcomes[...]))
            }
            if beginnings.isEmpty {
                guard let outcomes = site.play(all, by: site.live, decoding: decoding, isLate: isLate) else {
                    return nil
                }
                played.append((all.suffix(judged), outcomes.suffix(judged)))
            }
            return Figures(played, site, names)
        }
    }
}

extension Forecast.Figures {
    fileprivate init(_ played: [Forecast.Played], _ site: ShadowSite, _ names: [String]) {
        let waits = played.flatMap { zip($0.arrivals, $0.outcomes).map { $1.firstToken - $0.instant } }
        let sorted = waits.sorted()
        let seconds = played.reduce(0.0) {
            $0 + ($1.arrivals.last?.instant ?? 0) - ($1.arrivals.first?.instant ?? 0)
        }
        let nodes = Double(site.nodes.count { $0.weight > 0 })
        self.init(
            ttftP50: sorted[(sorted.count - 1) / 2], ttftP99: sorted[(sorted.count - 1) * 99 / 100],
            // Little (1961): how many are there is how often they come times how long they stay.
            queueEach: seconds > 0 ? waits.reduce(0, +) / seconds / nodes : 0,
            shares: played.flatMap(\.outcomes).reduce(into: [:]) {
                $0[names[$1.node], default: 0] += 1 / Double(waits.count)
            })
    }
}
