/// Every policy in shadow: the same live requests on the same nodes, each policy in its own virtual time.
///
/// One model at a time, the busiest. Answers are as long as they were on average of late, since a live one's length is
/// known only at its end. Bounded: in nodes, in blocks over all caches, in requests that wait, and in time.
package struct Shadows {
    /// Past so many nodes the caches that fit into `blockLimit` would be too small to say anything.
    static let nodeLimit = 64
    /// Blocks over all nodes of all runs: some 50 MB.
    static let blockLimit = 1_000_000
    /// A policy that takes longer than this in one turn is broken off, and begun anew after `pauseSeconds`.
    static let turnSeconds = 0.25
    static let pauseSeconds = 60.0
    private static let modelLimit = 256

    /// What is remembered of a live request until it has ended in every shadow.
    private struct Facts {
        var arrival: ShadowArrival
        var node: Int?
    }

    /// What runs: all policies at their standard values, foresight without its hold, and the live one as it is set.
    private static func settings(_ live: PolicySetting) -> [PolicySetting] {
        let standard = Policies.names.compactMap { try? PolicySetting($0) }
        let unheld = (try? PolicySetting(Foresight.name, ["hold": 0])).map { [$0] } ?? []
        let known = standard + unheld
        return known.contains(live) ? known : known + [live]
    }

    /// Hash of the model that is shadowed; nil: no request came.
    package private(set) var model: UInt64?
    /// Nodes and caches as the live policy has left them; nil: no request came, or there are too many nodes.
    private(set) var standing: ShadowStanding?
    private var runs: [ShadowRun] = []
    private var facts: [UInt64: Facts] = [:]
    private var order: [UInt64] = []
    private var counts: [UInt64: Double] = [:]
    private var decoding = ShadowDecoding()
    private var resumesAt: [String: Double] = [:]
    private var blockTokens = 64

    package init() {}

    /// Takes what came and works out what each policy does with it.
    /// - Parameters:
    ///   - site: of a model by its hash.
    ///   - now: monotonic seconds.
    ///   - clock: seconds of a core, for the bound on a policy's time.
    package mutating func turn(
        _ notes: ShadowMailbox.Notes, site: (UInt64) -> ShadowSite, now: Double, clock: () -> Double
    ) -> [ShadowRow] {
        decoding = notes.decoding
        choose(notes.arrivals)
        guard let model else { return [] }
        let site = site(model)
        guard site.nodes.count(where: { $0.weight > 0 }) <= Self.nodeLimit else {
            runs = []
            standing = nil
            return tooMany(site.model)
        }
        let arrivals = notes.arrivals.filter { $0.model == model }.sorted { $0.instant < $1.instant }
        remember(arrivals, notes.placements)
        // A live setting that has no run yet begins with all the others, so that their caches are equally warm.
        if !runs.contains(where: { $0.setting == site.live }),
            let longest = arrivals.max(by: { $0.chain.count < $1.chain.count }), !longest.chain.isEmpty
        {
            begin(site, blockTokens: max(1, longest.promptTokens / longest.chain.count))
        }
        let requests = arrivals.map { [decoding] in
            decoding.request($0, id: Int(truncatingIfNeeded: $0.stream))
        }
        for index in runs.indices { run(index, requests, site, now, clock) }
        standing?.take(site, decoding)
        standing?.follow(requests, notes.placements, until: now)
        return runs.map { row($0, site) }
    }

    /// The busiest model; another one takes over when it is twice as busy.
    private mutating func choose(_ arrivals: [ShadowArrival]) {
        for key in counts.keys { counts[key, default: 0] *= 0.98 }
        for arrival in arrivals where counts[arrival.model] != nil || counts.count < Self.modelLimit {
            counts[arrival.model, default: 0] += 1
        }
        guard let busiest = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) else { return }
        guard model == nil || busiest.value > 2 * (model.flatMap { counts[$0] } ?? 0) else { return }
        if model != busiest.key {
            runs = []
            standing = nil
        }
        model = busiest.key
    }

    private mutating func remember(_ arrivals: [ShadowArrival], _ placements: [ShadowPlacement]) {
        for arrival in arrivals {
            var kept = arrival
            kept.chain = []
            if facts.updateValue(Facts(arrival: kept), forKey: arrival.stream) == nil {
                order.append(arrival.stream)
            }
        }
        for placement in placements { facts[placement.stream]?.node = placement.node }
        let surplus = order.count - 4 * ShadowRun.backlogLimit
        guard surplus > 0 else { return }
        for stream in order.prefix(surplus) { facts[stream] = nil }
        order.removeFirst(surplus)
    }

    private mutating func begin(_ site: ShadowSite, blockTokens: Int) {
        self.blockTokens = blockTokens
        let settings = Self.settings(site.live)
        runs = settings.compactMap { setting in
            fleet(setting, site, of: settings.count).map { ShadowRun(setting: setting, fleet: $0) }
        }
        guard standing == nil, let model, let fleet = fleet(site.live, site, of: settings.count) else {
            return
        }
        standing = ShadowStanding(model: model, live: site.live, fleet: fleet)
    }

    private func fleet(_ setting: PolicySetting, _ site: ShadowSite, of count: Int)
        -> VirtualFleet<PrefillServer>?
    {
        setting.make().map {
            site.fleet(
                $0, blockTokens: blockTokens, blockLimit: Self.blockLimit / count,
                secondsPerToken: decoding.secondsPerToken)
        }
    }

    private mutating func run(
        _ index: Int, _ requests: [VirtualRequest], _ site: ShadowSite, _ now: Double, _ clock: () -> Double
    ) {
        if runs[index].problem != nil {
            guard now >= resumesAt[runs[index].label] ?? 0,
                let fleet = fleet(runs[index].setting, site, of: runs.count)
            else {
                return
            }
            runs[index] = ShadowRun(setting: runs[index].setting, fleet: fleet)
        }
        let began = clock()
        runs[index].take(site, decoding)
        for (number, request) in requests.enumerated() {
            runs[index].arrive(request)
            // A thread's own clock is a system call.
            if number & 15 == 0, clock() - began > Self.turnSeconds {
                runs[index].breakOff("it takes too much time")
            }
            if runs[index].problem != nil { break }
        }
        let facts = facts
        runs[index].advance(to: now) { Self.sample($0, site, facts) }
        if runs[index].problem != nil { resumesAt[runs[index].label] = now + Self.pauseSeconds }
    }

    private static func sample(
        _ outcome: VirtualFleet<PrefillServer>.Outcome, _ site: ShadowSite, _ facts: [UInt64: Facts]
    ) -> ShadowSample? {
        guard let facts = facts[UInt64(bitPattern: Int64(outcome.request))] else { return nil }
        let node = site.nodes[outcome.node]
        let prompt = facts.arrival.promptTokens
        let prefill = node.speed.prefillSeconds(
            new: prompt - outcome.cachedTokens, behind: outcome.cachedTokens)
        let seconds = prefill + outcome.finished - outcome.firstToken
        return ShadowSample(
            ended: outcome.finished, node: outcome.node,
            ttft: max(0, outcome.firstToken - facts.arrival.instant), promptTokens: prompt,
            cachedTokens: outcome.cachedTokens, prefillSeconds: prefill,
            dollars: node.dollarsPerHour.map { $0 / 3600 * seconds },
            agrees: facts.node.map { $0 == outcome.node })
    }

    private func row(_ run: ShadowRun, _ site: ShadowSite) -> ShadowRow {
        var row = run.window.row(isUsed: site.nodes.map { $0.weight > 0 })
        row.policy = run.label
        row.isLive = run.setting == site.live
        row.model = site.model
        row.problem = run.problem
        return row
    }

    private func tooMany(_ model: String) -> [ShadowRow] {
        var row = ShadowRow()
        row.policy = "all"
        row.model = model
        row.problem = "shadows are for models on up to \(Self.nodeLimit) nodes"
        return [row]
    }
}
