import Foundation
import GatewayCore
import Testing

struct NodeLoadTests {
    @Test func `a handle counts once, from its dispatch to where it is dropped`() {
        let load = NodeLoad()
        do {
            var first = load.began(uncachedTokens: 100)
            let second = load.began(uncachedTokens: 20)
            #expect(load.live == 2 && load.active == 2 && load.prefilling == 2)
            #expect(load.pendingPrefillTokens == 120)
            first.prefilled(now: 0)
            first.prefilled(now: 0)
            #expect(load.prefilling == 1 && load.pendingPrefillTokens == 20)
            _ = consume second
            #expect(
                load.live == 1 && load.active == 1 && load.prefilling == 0 && load.pendingPrefillTokens == 0)
            first.prefilled(now: 0)
        }
        #expect(load.live == 0 && load.active == 0)
    }

    @Test func `a late end of an engine that restarted takes nothing off the new one, and is not forgotten`()
    {
        let load = NodeLoad()
        var old: LoadHandle? = load.began(uncachedTokens: 100)
        var older: LoadHandle? = load.began(uncachedTokens: 7)
        older?.prefilled(now: 0)
        load.restarted()
        #expect(load.active == 0 && load.prefilling == 0 && load.pendingPrefillTokens == 0)
        #expect(load.live == 2, "never reaped while live")
        var new: LoadHandle? = load.began(uncachedTokens: 30)
        old?.prefilled(now: 0)
        #expect(load.active == 1 && load.prefilling == 1 && load.pendingPrefillTokens == 30 && load.live == 3)
        old = nil
        older = nil
        #expect(load.active == 1 && load.prefilling == 1 && load.live == 1)
        new?.prefilled(now: 0)
        #expect(load.prefilling == 0 && load.pendingPrefillTokens == 0)
        new = nil
        #expect(load.active == 0 && load.live == 0)
    }

    @Test func `counts are never negative and end at nothing, whatever threads and restarts do`() async {
        let load = NodeLoad()
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<4 {
                group.addTask {
                    var isSound = true
                    for turn in 0..<20_000 {
                        var handle = load.began(uncachedTokens: number + turn % 5)
                        if turn % 3 == 0 { handle.prefilled(now: 0) }
                        isSound =
                            isSound && load.active >= 0 && load.live > 0 && load.pendingPrefillTokens < 1000
                        _ = consume handle
                    }
                    return isSound
                }
            }
            group.addTask {
                for _ in 0..<5000 { load.restarted() }
                return true
            }
            for await isSound in group { #expect(isSound) }
        }
        #expect(load.live == 0 && load.active == 0 && load.prefilling == 0 && load.pendingPrefillTokens == 0)
    }

    @Test func `there is one ticket for a probe, and it comes back with the request that held it`() {
        let load = NodeLoad()
        #expect(load.takeProbe() && !load.takeProbe() && load.isProbing)
        var probe: LoadHandle? = load.began(uncachedTokens: 1, isProbe: true)
        do {
            let other = load.began(uncachedTokens: 1)
            _ = consume other
        }
        #expect(load.isProbing)
        probe?.prefilled(now: 0)
        #expect(load.isProbing)
        probe = nil
        #expect(!load.isProbing && load.takeProbe())
        _ = consume probe
    }

    @Test func `a busy engine is left alone until it said, and never for longer than a minute`() {
        let load = NodeLoad()
        let second: UInt64 = 1_000_000_000
        #expect(!load.isBusy(5 * second))
        load.busy(until: 10 * second)
        load.busy(until: 8 * second)
        #expect(load.isBusy(5 * second) && load.busySeconds(5 * second) == 5)
        #expect(!load.isBusy(10 * second))
        load.busy(until: 4000 * second)
        #expect(load.busySeconds(20 * second) == 60)
        #expect(load.consecutiveFailures == 0)
    }
}

struct SlowStartTests {
    @Test func `Envoy's curve, with its floor and its end`() {
        var slow = SlowStart()
        #expect(slow.factor(elapsed: 0) == 0.1 && slow.factor(elapsed: -5) == 0.1)
        #expect(
            slow.factor(elapsed: 15) == 0.5 && slow.factor(elapsed: 30) == 1 && slow.factor(elapsed: 1e9) == 1
        )
        slow.aggression = 2
        #expect(abs(slow.factor(elapsed: 7.5) - 0.5) < 1e-12)
        slow.aggression = 0.5
        #expect(abs(slow.factor(elapsed: 15) - 0.25) < 1e-12)
        slow.seconds = 0
        #expect(slow.factor(elapsed: 0) == 1)
    }

    @Test func `a weight rises to itself, keeps at least 1, and 0 stays 0`() {
        let slow = SlowStart()
        #expect([0, 10, 20, 40].map { slow.weight(80, elapsed: $0) } == [8, 27, 53, 80])
        #expect(slow.weight(2, elapsed: 0) == 1 && slow.weight(0, elapsed: 0) == 0)
        var last = 0
        for tenth in 0...300 {
            let weight = slow.weight(100, elapsed: Double(tenth) / 10)
            #expect(weight >= last)
            last = weight
        }
        #expect(last == 100)
    }
}

struct LoadDisagreementTests {
    @Test func `only a large difference that lasts is told, once, and its end when that has lasted too`() {
        var watch = LoadDisagreement()
        func step(_ ours: Int, _ engine: Double?, _ now: Double) -> LoadDisagreement.Change? {
            watch.step(ours: ours, engine: engine, patience: 15, now: now)
        }
        for now in 0..<60 { #expect(step(10, 12, Double(now)) == nil) }
        #expect(step(10, 13, 60) == nil && step(10, 13, 74) == nil)
        // It agrees for a moment: the watch begins anew.
        #expect(step(13, 13, 74.5) == nil && step(10, 20, 75) == nil && step(10, 20, 89.9) == nil)
        #expect(step(10, 20, 90) == .began(ours: 10, engine: 20))
        #expect(step(10, 25, 91) == nil && watch.since == 75)
        // What comes and goes is not told again each time.
        #expect(step(10, 10, 92) == nil && watch.since == nil && step(10, 20, 100) == nil)
        #expect(step(10, 10, 101) == nil && step(10, 10, 115.9) == nil && step(10, 10, 116) == .ended)
        #expect(step(10, 10, 117) == nil)
    }

    @Test func `what is large grows with the load, and an engine that tells nothing is not compared`() {
        #expect(!LoadDisagreement.isLarge(ours: 0, engine: 2) && LoadDisagreement.isLarge(ours: 0, engine: 3))
        #expect(
            !LoadDisagreement.isLarge(ours: 100, engine: 80)
                && LoadDisagreement.isLarge(ours: 100, engine: 79))
        var watch = LoadDisagreement()
        #expect(watch.step(ours: 50, engine: nil, patience: 0, now: 0) == nil && watch.since == nil)
    }
}
