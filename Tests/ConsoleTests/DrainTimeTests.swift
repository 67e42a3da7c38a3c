import Foundation
import GatewayCore
import Testing

@testable import Console

/// In how long a node will be empty.
struct DrainTimeTests {
    /// One node with streams of these ages.
    private static func snapshot(
        _ ages: [Double], active: Int? = nil, e2e: LatencySummary?,
        edit: (inout StreamStatus) -> Void = { _ in }
    ) -> Snapshot {
        var snapshot = Snapshot()
        var node = NodeStatus()
        node.name = "a"
        node.active = active ?? ages.count
        node.e2e = e2e
        snapshot.nodes = [node]
        snapshot.streams = ages.map { age in
            var stream = StreamStatus()
            stream.node = "a"
            stream.ageSeconds = age
            edit(&stream)
            return stream
        }
        return snapshot
    }

    /// From the standard normal distribution (Box and Muller 1958).
    private static func normal(_ random: inout SplitMix64) -> Double {
        let (u, v) = (Double.random(in: 1e-12..<1, using: &random), Double.random(in: 0..<1, using: &random))
        return (-2 * log(u)).squareRoot() * cos(2 * .pi * v)
    }

    @Test(arguments: [1, 5, 40])
    func `the last stream ends within the band eight times in ten`(_ count: Int) throws {
        var random = SplitMix64(seed: 9)
        let (median, deviation) = (10.0, 0.8)
        let usual = LatencySummary(p50: median, p99: median * exp(2.326 * deviation), count: 100)
        var (below, above) = (0, 0)
        for _ in 0..<400 {
            // Streams in the midst of their lives: those that are still open at an age.
            var lives: [(age: Double, life: Double)] = []
            while lives.count < count {
                let life = median * exp(deviation * Self.normal(&random))
                let age = Double.random(in: 0..<30, using: &random)
                if life > age { lives.append((age, life)) }
            }
            let time = try #require(DrainTime(["a"], Self.snapshot(lives.map(\.age), e2e: usual)))
            let last = lives.map { $0.life - $0.age }.max() ?? 0
            if last < time.low { below += 1 } else if last > time.high { above += 1 }
        }
        #expect(abs(below - 40) < 20 && abs(above - 40) < 20, "\(below) below and \(above) above, of 400")
    }

    @Test func `max_tokens bound it, and are enough where nothing was measured`() throws {
        let bound: (inout StreamStatus) -> Void = {
            $0.maxTokens = 100
            $0.outputTokens = 40
            $0.tokensPerSecond = 30
        }
        let usual = LatencySummary(p50: 60, p99: 300, count: 10)
        #expect(try #require(DrainTime(["a"], Self.snapshot([1], e2e: usual, edit: bound))).high <= 2.001)
        let unmeasured = try #require(DrainTime(["a"], Self.snapshot([1], e2e: nil, edit: bound)))
        #expect(abs(unmeasured.low - 2) < 0.01 && abs(unmeasured.high - 2) < 0.01)
    }

    @Test
    func `streams that are not listed count, an empty node and one of which nothing is known tell nothing`()
        throws
    {
        let usual = LatencySummary(p50: 10, p99: 60, count: 10)
        let few = try #require(DrainTime(["a"], Self.snapshot([5], e2e: usual)))
        let many = try #require(DrainTime(["a"], Self.snapshot([5], active: 300, e2e: usual)))
        #expect(many.low > few.low && many.high > few.high)
        #expect(DrainTime(["a"], Self.snapshot([], e2e: usual)) == nil)
        #expect(DrainTime(["a"], Self.snapshot([5], e2e: nil)) == nil)
        // Older than any that was measured: still an answer.
        #expect(try #require(DrainTime(["a"], Self.snapshot([86_000], e2e: usual))).high < 3_600)
    }

    @Test func `the drain's dialog, the status line and the node tell it`() {
        var snapshot = SampleFleet.snapshot(nodes: 4, second: 60)
        for index in snapshot.nodes.indices {
            snapshot.nodes[index].e2e = LatencySummary(p50: 10, p99: 60, count: 10)
        }
        var screen = Screen(Size(120, 40), snapshot)
        screen.type("d")
        #expect(screen.text.contains("finish untouched, the last likely in"), "\(screen.text)")
        snapshot.nodes[0].state = .draining
        snapshot.nodes[0].drain = DrainStatus(
            elapsedSeconds: 3, remaining: 16, oldestAgeSeconds: 20, secondsToDeadline: nil, atDeadline: .keep)
        var draining = Screen(Size(120, 40), snapshot)
        #expect(draining.text.contains(", empty in "), "\(draining.text)")
        draining.type("2")
        #expect(draining.text.contains(", empty in "), "\(draining.text)")
    }
}
