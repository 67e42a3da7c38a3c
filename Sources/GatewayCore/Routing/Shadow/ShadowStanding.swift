/// The fleet as the live policy has left it, in virtual time: each request goes where it went in reality, so that prefixes and
/// sessions are warm where they are warm. To be gone on with in another way than it went.
package struct ShadowStanding: Sendable {
    /// Hash of the model's name.
    let model: UInt64
    private var live: PolicySetting
    private(set) var fleet: VirtualFleet<PrefillServer>
    /// Nobody tells of a client that left before its request was sent: after so many seconds it is taken to have.
    private static let longestWait = 60.0
    /// Those that came and were not sent yet, by stream.
    private var waiting: [UInt64: VirtualRequest] = [:]

    init(model: UInt64, live: PolicySetting, fleet: VirtualFleet<PrefillServer>) {
        self.model = model
        self.live = live
        self.fleet = fleet
    }

    /// The nodes and their policy as they are now.
    mutating func take(_ site: ShadowSite, _ decoding: ShadowDecoding) {
        fleet.take(site, decoding)
        guard site.live != live, let policy = site.live.make() else { return }
        live = site.live
        fleet.policy = policy
    }

    /// Lets time pass with what came and where it was sent.
    /// - Parameter requests: by the stream's number.
    mutating func follow(_ requests: [VirtualRequest], _ placements: [ShadowPlacement], until now: Double) {
        for request in requests { waiting[UInt64(bitPattern: Int64(request.id))] = request }
        for placement in placements.sorted(by: { $0.instant < $1.instant }) {
            guard let request = waiting.removeValue(forKey: placement.stream) else { continue }
            fleet.arrive(request, sentTo: placement.node, at: placement.instant)
        }
        fleet.advance(to: now)
        _ = fleet.takeOutcomes()
        waiting = waiting.filter { now - $0.value.arrival < Self.longestWait }
    }

    /// Lets those that wait go on, and requests come, none before now, and all end.
    /// - Returns: what became of each that came; nil: it took too long, or not all were answered.
    mutating func play(
        _ arrivals: [ShadowArrival], decoding: ShadowDecoding, isLate: () -> Bool
    ) -> [VirtualFleet<PrefillServer>.Outcome]? {
        guard fleet.hasNodes else { return nil }
        for request in waiting.values.sorted(by: { ($0.arrival, $0.id) < ($1.arrival, $1.id) }) {
            fleet.arrive(request)
        }
        return fleet.play(arrivals, decoding: decoding, isLate: isLate)
    }
}
