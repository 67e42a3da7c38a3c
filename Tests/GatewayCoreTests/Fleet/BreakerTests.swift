import GatewayCore
import Testing

struct BreakerTests {
    private let rules = EjectionRules()

    private func evidence(inRow: Int = 0, failures: Int = 0, slowness: String? = nil) -> Breaker.Evidence {
        var evidence = Breaker.Evidence()
        evidence.consecutiveFailures = inRow
        evidence.failures = failures
        evidence.slowness = slowness
        return evidence
    }

    private func step(
        _ breaker: inout Breaker, _ evidence: Breaker.Evidence, mayBeOut: Bool = true, at now: Double
    ) -> Breaker.Change? {
        breaker.step(evidence, rules, mayBeOut: { mayBeOut }, now: now)
    }

    @Test func `three failures in a row eject, a request that goes well brings it back`() {
        var breaker = Breaker()
        #expect(step(&breaker, evidence(inRow: 2, failures: 2), at: 0) == nil)
        let ejected = step(&breaker, evidence(inRow: 3, failures: 3), at: 1)
        #expect(
            ejected == .ejected(reason: "3 requests in a row failed before their first byte", seconds: 10))
        #expect(breaker.phase == .open && breaker.until == 11 && breaker.ejections == 1)
        #expect(step(&breaker, evidence(inRow: 4, failures: 4), at: 10.9) == nil)
        #expect(step(&breaker, evidence(inRow: 4, failures: 4), at: 11) == .probes)
        #expect(step(&breaker, evidence(inRow: 4, failures: 4), at: 50) == nil)
        breaker.completed(now: 51)
        #expect(step(&breaker, evidence(failures: 4), at: 51) == .returned)
        #expect(breaker.phase == .closed)
    }

    @Test func `each ejection takes twice as long as the last, up to five minutes`() {
        var breaker = Breaker()
        var lengths: [Double] = []
        var now = 0.0
        var failures = 3
        _ = step(&breaker, evidence(inRow: 3, failures: failures), at: now)
        for _ in 0..<8 {
            lengths.append(breaker.until - now)
            now = breaker.until
            #expect(step(&breaker, evidence(failures: failures), at: now) == .probes)
            failures += 1
            _ = step(&breaker, evidence(inRow: 4, failures: failures), at: now)
            #expect(breaker.phase == .open)
        }
        #expect(lengths == [10, 20, 40, 80, 160, 300, 300, 300])
    }

    @Test func `ejections are forgotten one by one while all is well`() {
        var breaker = Breaker()
        _ = step(&breaker, evidence(inRow: 3), at: 0)
        _ = step(&breaker, evidence(), at: 10)
        breaker.completed(now: 10)
        _ = step(&breaker, evidence(), at: 10)
        #expect(step(&breaker, evidence(), at: 300) == nil && breaker.ejections == 1)
        #expect(step(&breaker, evidence(), at: 311) == nil && breaker.ejections == 0)
    }

    @Test func `faulty streams eject where they are a share of what ended, and only in a minute`() {
        func ejects(faults: Int, ended: Int, over seconds: Double) -> Bool {
            var breaker = Breaker()
            for number in 0..<faults { breaker.faulted(now: Double(number) * seconds / Double(faults)) }
            for number in 0..<ended {
                breaker.completed(now: Double(number) * seconds / Double(max(ended, 1)))
            }
            return step(&breaker, evidence(), at: seconds) != nil
        }
        #expect(ejects(faults: 5, ended: 0, over: 30) && ejects(faults: 5, ended: 25, over: 30))
        #expect(!ejects(faults: 4, ended: 0, over: 30) && !ejects(faults: 5, ended: 26, over: 30))
        #expect(!ejects(faults: 5, ended: 0, over: 150))
    }

    @Test func `a fault of the request on probation ejects again`() {
        var breaker = Breaker()
        _ = step(&breaker, evidence(inRow: 3), at: 0)
        _ = step(&breaker, evidence(), at: 10)
        breaker.faulted(now: 12)
        #expect(
            step(&breaker, evidence(), at: 12)
                == .ejected(reason: "the request that tried it again failed", seconds: 20))
    }

    @Test func `with too few others it is spared, told once, and recalled when the others go`() {
        var breaker = Breaker()
        let bad = evidence(inRow: 3)
        guard case .spared = step(&breaker, bad, mayBeOut: false, at: 0) else {
            Issue.record("not spared")
            return
        }
        #expect(breaker.phase == .closed)
        #expect(step(&breaker, bad, mayBeOut: false, at: 1) == nil)
        guard case .ejected = step(&breaker, bad, at: 2) else {
            Issue.record("not ejected when it may be out")
            return
        }
        #expect(step(&breaker, bad, mayBeOut: false, at: 3) == .recalled && breaker.phase == .closed)
    }

    @Test func `slowness counts only when it was measured after the node came back`() {
        var breaker = Breaker()
        let slow = evidence(slowness: "TTFT")
        #expect(step(&breaker, slow, at: 0) == .ejected(reason: "TTFT", seconds: 10))
        _ = step(&breaker, slow, at: 10)
        breaker.completed(now: 11)
        #expect(step(&breaker, slow, at: 11) == .returned)
        #expect(step(&breaker, slow, at: 60) == nil)
        #expect(step(&breaker, slow, at: 72) == .ejected(reason: "TTFT", seconds: 20))
    }
}

struct SlownessTests {
    private func measure(_ p50: Double, count: UInt64 = 100, work: Double = 1000) -> Slowness.Measure {
        Slowness.Measure(ttft: LatencySummary(p50: p50, p99: p50 * 3, count: count), work: work)
    }

    private func isSlow(_ node: Slowness.Measure, _ peers: [Slowness.Measure]) -> Bool {
        Slowness.evidence(of: node, peers: peers, EjectionRules()) != nil
    }

    @Test func `much slower than its peers while it does less work`() {
        let peers = [measure(0.5), measure(1), measure(0.8)]
        #expect(isSlow(measure(6, work: 100), peers))
        #expect(
            Slowness.evidence(of: measure(6, work: 100), peers: peers, EjectionRules())
                == "TTFT p50 6.0 s, its 3 peers 0.8 s")
        // Mixed hardware: below the floor nothing is ill.
        #expect(!isSlow(measure(4.9, work: 100), [measure(0.1), measure(0.1)]))
        #expect(!isSlow(measure(6, work: 100), [measure(1.3), measure(1.3)]))
        // A long prefill is busy, not ill: it gets as much done as the others.
        #expect(!isSlow(measure(60, work: 1000), peers))
        #expect(!isSlow(measure(60, count: 19, work: 100), peers))
        #expect(!isSlow(measure(60, work: 100), [measure(1)]))
        #expect(!isSlow(measure(60, work: 100), [measure(1), measure(1, count: 5)]))
        #expect(!isSlow(Slowness.Measure(ttft: nil, work: 0), peers))
    }
}
