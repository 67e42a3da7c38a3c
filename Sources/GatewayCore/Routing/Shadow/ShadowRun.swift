/// One policy on the live stream of requests, in virtual time.
struct ShadowRun {
    /// Requests that have not ended there; past it the policy has fallen so far behind that its run says nothing.
    static let backlogLimit = 8192

    let setting: PolicySetting
    let label: String
    private(set) var window = ShadowWindow()
    /// Why the run was broken off.
    private(set) var problem: String?
    private var fleet: VirtualFleet<PrefillServer>
    private var backlog = 0

    init(setting: PolicySetting, fleet: VirtualFleet<PrefillServer>) {
        self.setting = setting
        label = setting.words()
        self.fleet = fleet
    }

    mutating func take(_ site: ShadowSite, _ decoding: ShadowDecoding) { fleet.take(site, decoding) }

    mutating func arrive(_ request: VirtualRequest) {
        guard problem == nil, fleet.hasNodes else { return }
        guard backlog < Self.backlogLimit else {
            return breakOff("more than \(Self.backlogLimit) requests would wait")
        }
        backlog += 1
        fleet.arrive(request)
    }

    /// Breaks the run off: what it did before is not comparable any more.
    mutating func breakOff(_ why: String) {
        problem = why
        window = ShadowWindow()
    }

    /// Lets time pass and takes what ended.
    mutating func advance(to now: Double, sample: (VirtualFleet<PrefillServer>.Outcome) -> ShadowSample?) {
        guard problem == nil else { return }
        fleet.advance(to: now)
        for outcome in fleet.takeOutcomes() {
            backlog -= 1
            if let sample = sample(outcome) { window.append(sample) }
        }
        window.expire(now: now)
    }
}
