/// Requests that wait for a node, by model: who is next, and how many may wait.
///
/// Next is the most urgent class, where waiting lifts a request by one class for each `ageing`; in it the tenant that has
/// been served least (the virtual token counter of Sheng et al., "Fairness in Serving Large Language Models", OSDI
/// 2024: prompt tokens count once, output tokens twice, and a tenant that comes back starts at the least of those that
/// wait); of that tenant the oldest request. A pure value: loops, sockets and clocks are numbers here.
package struct AdmissionQueue: Sendable {
    /// Weights of tokens in a tenant's counter, as in the paper's experiments.
    static let promptWeight = 1.0
    static let outputWeight = 2.0

    package struct Entry: Sendable, Equatable, HeldRequest {
        /// Who owns the connection, and its descriptor there.
        package var loop: Int
        package var fd: Int32
        /// The stream's id: unique.
        package var id: UInt64
        package var priority = RequestPriority.normal
        /// Hash of the tenant's name; 0: none.
        package var tenant: UInt64 = 0
        /// Of the prompt, estimated.
        package var tokens = 0
        /// Output tokens that are taken for granted until it ends.
        package var expectedOutput = 0
        /// Of the request in the gateway's memory.
        package var bytes = 0
        /// Monotonic nanoseconds at which it first began to wait.
        package var since: UInt64 = 0
        /// Passed over until then: there is room, but not for this one.
        package var notBefore: UInt64 = 0
        /// For a hold plan: what policies see of it, and its blocks' hashes.
        package var request = RoutingRequest()
        package var chain: [UInt64] = []
        package var level = 0
        package var work = 0.0
        package var heldSince: Double { Double(since) / 1e9 }

        package init(loop: Int, fd: Int32, id: UInt64) {
            self.loop = loop
            self.fd = fd
            self.id = id
        }
    }

    /// What a model's queue may hold.
    package struct Bounds: Sendable {
        package var requests: Int
        package var tokens: Int
        package init(requests: Int, tokens: Int) {
            self.requests = requests
            self.tokens = tokens
        }
    }

    package enum Arrival: Sendable, Equatable {
        /// It waits; these less urgent ones had to make room.
        case waits(inPlaceOf: [Entry])
        case full(waiting: Int, tokens: Int)
    }

    /// One model's queue as the operator sees it.
    package struct Row: Sendable, Equatable {
        package var model = ""
        /// By class: high, normal, low.
        package var waiting: [Int] = [0, 0, 0]
        package var tokens = 0
        package var oldestSeconds = 0.0
        /// Requests a second that left it for a node over the last ten seconds.
        package var drainPerSecond = 0.0
    }

    /// Waiting lifts a request by a class each time this has passed, in nanoseconds; at least 1.
    private let ageing: UInt64
    /// By the hash of the model's name; 0: requests without one.
    private var lines: [UInt64: WaitingLine] = [:]
    package private(set) var count = 0
    package private(set) var bytes = 0

    /// - Parameter ageingSeconds: after which a low request is as urgent as a normal one, and that as a high one.
    package init(ageingSeconds: Double) {
        ageing = max(1, UInt64(ageingSeconds * 1e9))
    }

    // MARK: in and out

    package mutating func add(
        _ entry: Entry, model: UInt64, name: String, bounds: Bounds, now: UInt64
    ) -> Arrival {
        var line = lines.removeValue(forKey: model) ?? WaitingLine(name: name)
        defer { lines[model] = line }
        guard let victims = line.makeRoom(for: entry, bounds: bounds, ageing: ageing, now: now) else {
            return .full(waiting: line.entries.count, tokens: line.tokens)
        }
        for victim in victims { drop(line.remove(victim.id)) }
        line.append(entry, now: now)
        count += 1
        bytes += entry.bytes
        return .waits(inPlaceOf: victims)
    }

    /// The next one of a model; nil: none that may go now.
    package mutating func next(model: UInt64, now: UInt64) -> Entry? {
        lines[model]?.next(ageing: ageing, now: now)
    }

    /// Lets a plan choose among a model's requests; they stay until `admitted`.
    package mutating func release(
        model: UInt64, by plan: HoldPlan, on candidates: inout [Candidate], random: inout SplitMix64,
        now: UInt64, match: (Entry, inout [Candidate]) -> Void, place: (Entry, Candidate) -> Bool
    ) {
        guard var line = lines.removeValue(forKey: model) else { return }
        var waiting = line.levelled(ageing: ageing, now: now)
        _ = plan.run(&waiting, on: &candidates, random: &random, match: match, place: place)
        line.remember(work: waiting)
        lines[model] = line
    }

    /// It went to a node: its tenant pays for its prompt and for the output that is expected.
    package mutating func admitted(_ id: UInt64, model: UInt64, now: UInt64) {
        guard var line = lines.removeValue(forKey: model) else { return }
        if let entry = line.remove(id) {
            drop(entry)
            line.drained.add(1, now: now)
            line.charge(
                entry.tenant,
                Double(entry.tokens) * Self.promptWeight + Double(entry.expectedOutput) * Self.outputWeight)
        }
        keep(line, model)
    }

    /// It left without a node: its client or its time is gone.
    package mutating func remove(_ id: UInt64, model: UInt64) {
        guard var line = lines.removeValue(forKey: model) else { return }
        drop(line.remove(id))
        keep(line, model)
    }

    package mutating func postpone(_ id: UInt64, model: UInt64, until: UInt64) {
        lines[model]?.postpone(id, until: until)
    }

    /// An admitted request of a tenant has ended with so many output tokens more (or less) than expected.
    package mutating func settle(tenant: UInt64, model: UInt64, unexpectedOutput: Int) {
        lines[model]?.charge(tenant, Double(unexpectedOutput) * Self.outputWeight)
    }

    /// Takes out all that are no more urgent than that, whatever their age.
    package mutating func shed(_ priority: RequestPriority) -> [Entry] {
        var victims: [Entry] = []
        for model in Array(lines.keys) {
            guard var line = lines.removeValue(forKey: model) else { continue }
            let shed = line.entries.filter { $0.priority >= priority }
            for entry in shed { drop(line.remove(entry.id)) }
            victims += shed
            keep(line, model)
        }
        return victims
    }

    private mutating func drop(_ entry: Entry?) {
        guard let entry else { return }
        count -= 1
        bytes -= entry.bytes
    }

    /// An empty line is kept for its counters while there are few.
    private mutating func keep(_ line: WaitingLine, _ model: UInt64) {
        if !line.entries.isEmpty || lines.count < Self.lineLimit { lines[model] = line }
    }

    private static let lineLimit = 256

    // MARK: questions

    package var modelsWaiting: [UInt64] { lines.filter { !$0.value.entries.isEmpty }.map(\.key) }

    package func waiting(model: UInt64) -> Int { lines[model]?.entries.count ?? 0 }

    /// Seconds after which a place is likely: those who wait over the rate at which they leave, 1...60.
    package func retryAfter(model: UInt64, now: UInt64) -> Int {
        guard let waiting = lines[model]?.entries.count, waiting > 0 else { return 1 }
        let rate = lines[model]?.drainPerSecond(now: now) ?? 0
        guard rate > 0 else { return 60 }
        return Int(min(60, max(1, (Double(waiting) / rate).rounded(.up))))
    }

    /// The queues that hold somebody, the longest first.
    package func rows(now: UInt64) -> [Row] {
        let rows = lines.values.filter { !$0.entries.isEmpty }.map { $0.row(now: now) }
        return rows.sorted { ($1.waiting.reduce(0, +), $0.model) < ($0.waiting.reduce(0, +), $1.model) }
    }
}
