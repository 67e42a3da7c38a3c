import GatewayCore
import Testing

private let second: UInt64 = 1_000_000_000
private let start: UInt64 = 100 * second
private let model: UInt64 = 7
private let wide = AdmissionQueue.Bounds(requests: 1_000_000, tokens: 1_000_000_000)

private func entry(
    _ id: UInt64, tenant: UInt64 = 0, _ priority: RequestPriority = .normal, tokens: Int = 100,
    since: UInt64 = start
) -> AdmissionQueue.Entry {
    var entry = AdmissionQueue.Entry(loop: 0, fd: Int32(id), id: id)
    entry.tenant = tenant
    entry.priority = priority
    entry.tokens = tokens
    entry.bytes = tokens * 4
    entry.since = since
    return entry
}

extension AdmissionQueue {
    /// Adds with wide bounds.
    fileprivate mutating func put(_ entry: Entry) {
        #expect(add(entry, model: model, name: "m", bounds: wide, now: entry.since) == .waits(inPlaceOf: []))
    }

    /// Lets in the next one.
    fileprivate mutating func take(at now: UInt64) -> Entry? {
        guard let next = next(model: model, now: now) else { return nil }
        admitted(next.id, model: model, now: now)
        return next
    }

    fileprivate mutating func takeAll(at now: UInt64) -> [UInt64] {
        var ids: [UInt64] = []
        while let next = take(at: now) { ids.append(next.id) }
        return ids
    }
}

@Suite struct AdmissionQueueTests {
    @Test func `one tenant's requests of one class leave in their order of arrival`() {
        var queue = AdmissionQueue(ageingSeconds: 10)
        for id in 1...20 { queue.put(entry(UInt64(id), since: start + UInt64(id))) }
        #expect(queue.takeAll(at: start + second) == Array(1...20))
        #expect(queue.count == 0 && queue.bytes == 0)
    }

    @Test func `the urgent go first`() {
        var queue = AdmissionQueue(ageingSeconds: 10)
        queue.put(entry(1, .low))
        queue.put(entry(2, .normal, since: start + 1))
        queue.put(entry(3, .high, since: start + 2))
        queue.put(entry(4, .high, since: start + 3))
        #expect(queue.takeAll(at: start + second) == [3, 4, 2, 1])
    }

    @Test func `who waits rises by a class for each step of ageing, so that nobody starves`() {
        var queue = AdmissionQueue(ageingSeconds: 10)
        queue.put(entry(1, .low))
        var now = start
        var served: [UInt64] = []
        // A flood of urgent requests, one place each second: two arrive for each that leaves.
        for step in 0..<40 {
            now = start + UInt64(step) * second
            for number in 0..<2 {
                queue.put(entry(UInt64(100 + step * 2 + number), .high, since: now))
            }
            if let next = queue.take(at: now) { served.append(next.id) }
        }
        let place = served.firstIndex(of: 1)
        // As urgent as a high one after 20 s, it is the oldest of them.
        #expect(place == 20, "served \(served)")
    }

    @Test func `tenants that always wait are served alike in tokens, whatever they ask for`() {
        // One sends ten times the tokens: in longer prompts, and in more requests.
        for (large, copies) in [(1000, 1), (100, 10)] {
            var queue = AdmissionQueue(ageingSeconds: 1e6)
            var id: UInt64 = 0
            var served: [UInt64: Int] = [:]
            func fill() {
                for _ in 0..<copies {
                    id += 1
                    queue.put(entry(id, tenant: 1, tokens: large, since: start + id))
                }
                id += 1
                queue.put(entry(id, tenant: 2, tokens: 100, since: start + id))
            }
            for _ in 0..<50 { fill() }
            for turn in 0..<2000 {
                if turn % 3 == 0 { fill() }
                guard let next = queue.take(at: start + second) else { break }
                served[next.tenant, default: 0] += next.tokens
                id += 1
                // Each is replaced by one of its tenant: both always have somebody waiting.
                queue.put(entry(id, tenant: next.tenant, tokens: next.tokens, since: start + id))
            }
            let (a, b) = (Double(served[1] ?? 0), Double(served[2] ?? 0))
            #expect(abs(a - b) / max(a, b) < 0.1, "served \(a) and \(b) tokens")
        }
    }

    @Test func `output counts twice, in advance and set right at the end`() {
        var queue = AdmissionQueue(ageingSeconds: 1e6)
        for id in 1...4 {
            var request = entry(UInt64(id), tenant: UInt64(id % 2), tokens: 100, since: start + UInt64(id))
            request.expectedOutput = 50
            queue.put(request)
        }
        #expect(queue.take(at: start + second)?.tenant == 1)
        #expect(queue.take(at: start + second)?.tenant == 0)
        // Tenant 1's answer was long, tenant 0's ended at once: 0 is behind by far.
        queue.settle(tenant: 1, model: model, unexpectedOutput: 500)
        queue.settle(tenant: 0, model: model, unexpectedOutput: -50)
        for id in 5...12 { queue.put(entry(UInt64(id), tenant: 0, tokens: 100, since: start + UInt64(id))) }
        for _ in 0..<9 { #expect(queue.take(at: start + second)?.tenant == 0) }
        #expect(queue.take(at: start + second)?.tenant == 1)
    }

    @Test func `a tenant that comes back gets no credit for its absence`() {
        var queue = AdmissionQueue(ageingSeconds: 1e6)
        for id in 1...100 { queue.put(entry(UInt64(id), tenant: 1, since: start + UInt64(id))) }
        for _ in 0..<50 { _ = queue.take(at: start + second) }
        for id in 200...299 { queue.put(entry(UInt64(id), tenant: 2, since: start + UInt64(id))) }
        let next = (0..<20).compactMap { _ in queue.take(at: start + second)?.tenant }
        #expect(next.filter { $0 == 1 }.count == 10, "they take turns: \(next)")
    }

    @Test func `a queue that was empty for a moment forgets nobody's service`() {
        var queue = AdmissionQueue(ageingSeconds: 1e6)
        for id in 1...10 { queue.put(entry(UInt64(id), tenant: 1, since: start + UInt64(id))) }
        #expect(queue.takeAll(at: start + second).count == 10)
        queue.put(entry(20, tenant: 2, since: start + 20))
        queue.put(entry(21, tenant: 1, since: start + 21))
        // Both start at what the last one had when it left.
        #expect(queue.takeAll(at: start + second) == [20, 21])
    }

    @Test func `length is bounded, and a more urgent request takes the youngest place of the least urgent`() {
        var queue = AdmissionQueue(ageingSeconds: 1e6)
        let bounds = AdmissionQueue.Bounds(requests: 3, tokens: 1000)
        func add(_ id: UInt64, _ priority: RequestPriority) -> AdmissionQueue.Arrival {
            queue.add(
                entry(id, priority, since: start + id), model: model, name: "m", bounds: bounds,
                now: start + id)
        }
        #expect(add(1, .low) == .waits(inPlaceOf: []))
        #expect(add(2, .low) == .waits(inPlaceOf: []))
        #expect(add(3, .normal) == .waits(inPlaceOf: []))
        #expect(add(4, .low) == .full(waiting: 3, tokens: 300))
        #expect(add(5, .normal) == .waits(inPlaceOf: [entry(2, .low, since: start + 2)]))
        #expect(add(6, .high) == .waits(inPlaceOf: [entry(1, .low, since: start + 1)]))
        #expect(add(7, .normal) == .full(waiting: 3, tokens: 300))
        #expect(queue.count == 3 && queue.bytes == 1200)
        #expect(queue.takeAll(at: start + second) == [6, 3, 5])
    }

    @Test func `tokens are bounded, but one that is larger than the bound may wait alone`() {
        var queue = AdmissionQueue(ageingSeconds: 1e6)
        let bounds = AdmissionQueue.Bounds(requests: 100, tokens: 1000)
        func add(_ id: UInt64, _ tokens: Int, _ priority: RequestPriority = .normal) -> AdmissionQueue.Arrival
        {
            queue.add(
                entry(id, priority, tokens: tokens, since: start + id), model: model, name: "m",
                bounds: bounds, now: start + id)
        }
        #expect(add(1, 5000) == .waits(inPlaceOf: []))
        #expect(add(2, 1) == .full(waiting: 1, tokens: 5000))
        #expect(queue.takeAll(at: start + second) == [1])
        for id in 3...6 { #expect(add(UInt64(id), 250, .low) == .waits(inPlaceOf: [])) }
        #expect(add(7, 1, .low) == .full(waiting: 4, tokens: 1000))
        guard case .waits(let victims) = add(8, 600, .high) else {
            Issue.record("there was room to be made")
            return
        }
        #expect(victims.map(\.id) == [6, 5, 4])
    }

    @Test func `models wait apart`() {
        var queue = AdmissionQueue(ageingSeconds: 10)
        let bounds = AdmissionQueue.Bounds(requests: 1, tokens: 1000)
        #expect(
            queue.add(entry(1), model: 1, name: "a", bounds: bounds, now: start) == .waits(inPlaceOf: []))
        #expect(
            queue.add(entry(2), model: 2, name: "b", bounds: bounds, now: start) == .waits(inPlaceOf: []))
        #expect(
            queue.add(entry(3), model: 2, name: "b", bounds: bounds, now: start)
                == .full(waiting: 1, tokens: 100))
        #expect(queue.next(model: 1, now: start)?.id == 1 && queue.next(model: 2, now: start)?.id == 2)
        #expect(queue.rows(now: start + 3 * second).map(\.model).sorted() == ["a", "b"])
        #expect(queue.rows(now: start + 3 * second).allSatisfy { $0.oldestSeconds == 3 && $0.tokens == 100 })
    }

    @Test func `one that nobody can take now is passed over for a while`() {
        var queue = AdmissionQueue(ageingSeconds: 10)
        queue.put(entry(1))
        queue.put(entry(2, since: start + 1))
        queue.postpone(1, model: model, until: start + second)
        #expect(queue.next(model: model, now: start + 10)?.id == 2)
        #expect(queue.next(model: model, now: start + second)?.id == 1)
    }

    @Test func `what leaves without a node costs its tenant nothing`() {
        var queue = AdmissionQueue(ageingSeconds: 1e6)
        queue.put(entry(1, tenant: 1, tokens: 9000))
        queue.put(entry(2, tenant: 1, since: start + 1))
        queue.put(entry(3, tenant: 2, since: start + 2))
        queue.remove(1, model: model)
        queue.remove(77, model: model)
        #expect(queue.count == 2 && queue.bytes == 800)
        #expect(queue.takeAll(at: start + second) == [2, 3])
    }

    @Test func `Retry-After is those who wait over the rate at which they leave, from 1 to 60`() {
        var queue = AdmissionQueue(ageingSeconds: 1e6)
        #expect(queue.retryAfter(model: model, now: start) == 1, "nobody waits")
        for id in 1...100 { queue.put(entry(UInt64(id), since: start)) }
        #expect(queue.retryAfter(model: model, now: start) == 60, "nothing has left yet")
        // Four a second for ten seconds.
        var now = start
        for step in 0..<40 {
            now = start + UInt64(step) * second / 4
            _ = queue.take(at: now)
        }
        #expect(queue.retryAfter(model: model, now: now) == 15, "60 wait, 4 leave a second")
        #expect(queue.rows(now: now).first.map { ($0.drainPerSecond * 10).rounded() / 10 } == 4.1)
        #expect(queue.retryAfter(model: model, now: now + 11 * second) == 60, "nothing leaves any more")
        while queue.count > 2 { _ = queue.take(at: now) }
        #expect(queue.retryAfter(model: model, now: now) == 1)
    }

    @Test func `shedding puts out a class and what is less urgent, whatever its age`() {
        var queue = AdmissionQueue(ageingSeconds: 1)
        queue.put(entry(1, .low))
        queue.put(entry(2, .normal, since: start + 1))
        queue.put(entry(3, .high, since: start + 2))
        #expect(queue.shed(.low).map(\.id) == [1])
        #expect(queue.shed(.normal).map(\.id) == [2])
        #expect(queue.count == 1 && queue.bytes == 400)
        #expect(queue.shed(.high).map(\.id) == [3])
        #expect(queue.count == 0)
    }

    @Test func `a thousand tenants and more leave bounded traces and the order stays fair`() {
        var queue = AdmissionQueue(ageingSeconds: 1e6)
        for round in 0..<2 {
            for tenant in 1...1200 {
                let id = UInt64(round * 10_000 + tenant)
                queue.put(entry(id, tenant: id, since: start + id))
            }
            #expect(queue.takeAll(at: start + second).count == 1200)
        }
        #expect(queue.count == 0)
    }

    @Test(arguments: 0..<20)
    func `whatever happens in whatever order, counts and bytes are those of who waits`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var queue = AdmissionQueue(ageingSeconds: 3)
        var held: [UInt64: AdmissionQueue.Entry] = [:]
        let bounds = AdmissionQueue.Bounds(requests: 20, tokens: 3000)
        var now = start
        for id in 1...2000 {
            now += UInt64.random(in: 0..<second, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<6:
                let new = entry(
                    UInt64(id), tenant: .random(in: 0..<5, using: &random),
                    RequestPriority.allCases.randomElement(using: &random) ?? .normal,
                    tokens: .random(in: 1..<500, using: &random), since: now)
                if case .waits(let victims) = queue.add(
                    new, model: model, name: "m", bounds: bounds, now: now)
                {
                    for victim in victims { held[victim.id] = nil }
                    held[new.id] = new
                }
            case 6..<9:
                if let next = queue.take(at: now) { #expect(held.removeValue(forKey: next.id) != nil) }
            default:
                guard let id = held.keys.min() else { continue }
                queue.remove(id, model: model)
                held[id] = nil
            }
            #expect(queue.count == held.count && queue.bytes == held.values.reduce(0) { $0 + $1.bytes })
            #expect(held.count <= 20 && (held.count < 2 || held.values.reduce(0) { $0 + $1.tokens } <= 3000))
        }
        #expect(queue.takeAll(at: now).count == held.count)
    }
}
