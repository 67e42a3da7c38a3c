/// The queue of one model: entries in their order of arrival and the counters of the tenants that use it.
struct WaitingLine: Sendable {
    typealias Entry = AdmissionQueue.Entry

    private struct Tenant: Sendable {
        var hash: UInt64
        /// Weighted tokens of service; only differences mean something.
        var service = 0.0
        var waiting = 0
    }

    /// Tenants that do not wait are forgotten past so many, those with the least service first: they would be lifted to
    /// the others' least anyway.
    static let tenantLimit = 1024

    let name: String
    private(set) var entries: [Entry] = []
    /// The place in `tenants` of each entry's tenant.
    private var owners: [Int] = []
    private(set) var tokens = 0
    var drained = SlidingCount()
    private var tenants: [Tenant] = []
    /// Places in `tenants` by hash; a tenant keeps its place until it is forgotten.
    private var places: [UInt64: Int] = [:]
    /// Service of the tenant whose last request left an empty queue behind.
    private var lastService = 0.0
    /// When it began to hold somebody after ten seconds without.
    private var busySince: UInt64 = 0

    init(name: String) { self.name = name }

    // MARK: in and out

    /// Who must go so that the entry fits: the least urgent, the youngest first, and only such as are less urgent.
    /// nil: no room can be made.
    func makeRoom(
        for entry: Entry, bounds: AdmissionQueue.Bounds, ageing: UInt64, now: UInt64
    ) -> [Entry]? {
        func fits(_ requests: Int, _ tokens: Int) -> Bool {
            requests < bounds.requests && (requests == 0 || tokens + entry.tokens <= bounds.tokens)
        }
        if fits(entries.count, tokens) { return [] }
        let own = Self.level(entry, ageing: ageing, now: now)
        let weaker = entries.filter { Self.level($0, ageing: ageing, now: now) > own }.sorted {
            let a = Self.level($0, ageing: ageing, now: now)
            let b = Self.level($1, ageing: ageing, now: now)
            return a != b ? a > b : $0.since > $1.since
        }
        var victims: [Entry] = []
        var tokensLeft = tokens
        for victim in weaker {
            victims.append(victim)
            tokensLeft -= victim.tokens
            if fits(entries.count - victims.count, tokensLeft) { return victims }
        }
        return nil
    }

    mutating func append(_ entry: Entry, now: UInt64) {
        // What drained before a short pause still tells the rate.
        if entries.isEmpty, drained.sum(now: now) == 0 { busySince = now }
        let owner = join(entry.tenant)
        tenants[owner].waiting += 1
        tokens += entry.tokens
        // By age, so that one that comes back from a failed node has its old place.
        let place = entries.lastIndex { $0.since <= entry.since }.map { $0 + 1 } ?? 0
        entries.insert(entry, at: place)
        owners.insert(owner, at: place)
    }

    @discardableResult
    mutating func remove(_ id: UInt64) -> Entry? {
        guard let place = entries.firstIndex(where: { $0.id == id }) else { return nil }
        let entry = entries.remove(at: place)
        let owner = owners.remove(at: place)
        tokens -= entry.tokens
        tenants[owner].waiting -= 1
        if entries.isEmpty { lastService = tenants[owner].service }
        return entry
    }

    mutating func postpone(_ id: UInt64, until: UInt64) {
        guard let place = entries.firstIndex(where: { $0.id == id }) else { return }
        entries[place].notBefore = until
    }

    // MARK: order

    /// 0 is the most urgent.
    private static func level(_ entry: Entry, ageing: UInt64, now: UInt64) -> Int {
        let steps = now > entry.since ? (now - entry.since) / ageing : 0
        return max(0, Int(entry.priority.rawValue) - Int(min(steps, 8)))
    }

    func next(ageing: UInt64, now: UInt64) -> Entry? {
        var best: Int?
        var bestLevel = Int.max
        var bestService = 0.0
        for place in entries.indices where entries[place].notBefore <= now {
            let level = Self.level(entries[place], ageing: ageing, now: now)
            guard level <= bestLevel else { continue }
            let service = tenants[owners[place]].service
            guard level < bestLevel || service < bestService else { continue }
            best = place
            bestLevel = level
            bestService = service
        }
        return best.map { entries[$0] }
    }

    /// Weighted tokens of service by which a tenant may be ahead of another before it is behind it in the order.
    static let serviceQuantum = 65_536.0

    /// Those that may go now, each with its level: its class, then how far its tenant is ahead of the least served one.
    func levelled(ageing: UInt64, now: UInt64) -> [Entry] {
        let least = tenants.lazy.filter { $0.waiting > 0 }.map(\.service).min() ?? 0
        var waiting: [Entry] = []
        waiting.reserveCapacity(entries.count)
        for place in entries.indices where entries[place].notBefore <= now {
            let ahead = (tenants[owners[place]].service - least) / Self.serviceQuantum
            var entry = entries[place]
            entry.level = Self.level(entry, ageing: ageing, now: now) * 1000 + Int(min(999, max(0, ahead)))
            waiting.append(entry)
        }
        return waiting
    }

    /// Keeps what a plan looked up, in the order of `levelled`.
    mutating func remember(work planned: [Entry]) {
        var place = 0
        for entry in planned {
            while place < entries.count, entries[place].id != entry.id { place += 1 }
            if place < entries.count { entries[place].work = entry.work }
        }
    }

    // MARK: tenants

    /// The place of a tenant that gets one more request. One that comes back gets no credit for the time in which it
    /// asked for nothing.
    private mutating func join(_ hash: UInt64) -> Int {
        let known = places[hash]
        if let known, tenants[known].waiting > 0 { return known }
        let least = tenants.lazy.filter { $0.waiting > 0 }.map(\.service).min() ?? lastService
        let place = known ?? newPlace(hash)
        tenants[place].service = max(tenants[place].service, least)
        return place
    }

    private mutating func newPlace(_ hash: UInt64) -> Int {
        let place = tenants.count >= Self.tenantLimit ? placeToForget ?? tenants.count : tenants.count
        if place < tenants.count {
            places[tenants[place].hash] = nil
            tenants[place] = Tenant(hash: hash)
        } else {
            tenants.append(Tenant(hash: hash))
        }
        places[hash] = place
        return place
    }

    private var placeToForget: Int? {
        tenants.indices.filter { tenants[$0].waiting == 0 }.min {
            tenants[$0].service < tenants[$1].service
        }
    }

    mutating func charge(_ tenant: UInt64, _ service: Double) {
        if let place = places[tenant] { tenants[place].service += service }
    }

    // MARK: numbers

    func drainPerSecond(now: UInt64) -> Double {
        let elapsed = now > busySince ? Double(now - busySince) / 1e9 : 0
        return Double(drained.sum(now: now)) / min(Double(SlidingCount.seconds), max(1, elapsed))
    }

    func row(now: UInt64) -> AdmissionQueue.Row {
        var row = AdmissionQueue.Row()
        row.model = name
        for entry in entries { row.waiting[Int(entry.priority.rawValue)] += 1 }
        row.tokens = tokens
        row.oldestSeconds = entries.first.map { now > $0.since ? Double(now - $0.since) / 1e9 : 0 } ?? 0
        row.drainPerSecond = drainPerSecond(now: now)
        return row
    }
}
