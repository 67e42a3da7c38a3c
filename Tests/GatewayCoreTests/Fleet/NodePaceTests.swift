import GatewayCore
import Testing

/// What a node is expected to do, from what was sent there and what came back.
struct NodePaceTests {
    private static let millisecond: UInt64 = 1_000_000

    /// How long the node takes for a prompt of 1,000 tokens that finds it idle, as its books see it at `now`.
    private static func wait(_ load: NodeLoad, _ now: UInt64) -> Double {
        let handle = load.began(uncachedTokens: 1000, now: now)
        let seconds = load.outlook(now: now).waitSeconds
        _ = consume handle
        return seconds
    }

    @Test
    func `whole answers that come sooner than their prefill was predicted to end teach that a node is fast`()
    {
        let load = NodeLoad()
        let before = Self.wait(load, 0)
        for step in 1...200 as ClosedRange<UInt64> {
            let start = step * 20 * Self.millisecond
            var handle = load.began(uncachedTokens: 1000, now: start)
            handle.answered(now: start + Self.millisecond)
        }
        let after = Self.wait(load, 10_000 * Self.millisecond)
        #expect(before > 0.04)
        #expect(after < 0.005, "\(after)")
    }

    @Test func `whole answers that take longer teach nothing of prefill: their decoding is in them`() {
        let load = NodeLoad()
        let before = Self.wait(load, 0)
        for step in 1...200 as ClosedRange<UInt64> {
            let start = step * 5000 * Self.millisecond
            var handle = load.began(uncachedTokens: 1000, now: start)
            handle.answered(now: start + 4000 * Self.millisecond)
        }
        #expect(abs(Self.wait(load, 2_000_000 * Self.millisecond) - before) < 1e-6)
    }

    @Test func `a whole answer leaves only what was sent after it`() {
        let load = NodeLoad()
        var first = load.began(uncachedTokens: 22_000, now: 0)
        let second = load.began(uncachedTokens: 11_000, now: 0)
        #expect(load.outlook(now: 0).waitSeconds > 1.4)
        first.answered(now: 2000 * Self.millisecond)
        #expect(abs(load.outlook(now: 2000 * Self.millisecond).waitSeconds - 0.5) < 0.01)
        _ = consume second
    }

    @Test func `what is given up is waited for no longer`() {
        let load = NodeLoad()
        let first = load.began(uncachedTokens: 22_000, now: 0)
        let second = load.began(uncachedTokens: 11_000, now: 0)
        _ = consume first
        #expect(abs(load.outlook(now: 0).waitSeconds - 0.5) < 0.01)
        _ = consume second
        #expect(load.outlook(now: 0).waitSeconds == 0)
    }

    @Test func `first tokens in a flow without a pause teach as well as those in bursts`() {
        let load = NodeLoad()
        for step in 1...2000 as ClosedRange<UInt64> {
            let start = step * Self.millisecond
            var handle = load.began(uncachedTokens: 1000, now: start)
            handle.prefilled(now: start + Self.millisecond / 2)
        }
        #expect(Self.wait(load, 10_000 * Self.millisecond) < 0.005)
    }

    @Test func `prefills that wait together share a step's fixed cost`() {
        let speed = NodeSpeed(fixed: 0.02, perToken: 1e-5)
        #expect(
            speed.addedSeconds(new: 1024, behind: 0, waiting: 1) == speed.prefillSeconds(new: 1024, behind: 0)
        )
        #expect(abs(speed.addedSeconds(new: 1024, behind: 0, waiting: 2) - (0.02 / 8 + 0.01024)) < 1e-9)
        // A prompt that fills steps of its own pays for them.
        #expect(
            speed.addedSeconds(new: 16_384, behind: 0, waiting: 9)
                == speed.prefillSeconds(new: 16_384, behind: 0))
    }
}
