import Foundation
import GatewayCore
import Testing

struct LatencyTests {
    /// Log-normal latencies around 300 ms, from 16 microseconds up.
    private func samples(_ count: Int, seed: UInt64) -> [UInt64] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { _ in
            let u = Double.random(in: 1e-12..<1, using: &random)
            let v = Double.random(in: 0..<1, using: &random)
            let normal = sqrt(-2 * log(u)) * cos(2 * .pi * v)
            return max(16_000, UInt64(0.3e9 * exp(2 * normal)))
        }
    }

    @Test(arguments: [1, 2, 10, 997, 5000])
    func `a quantile is within 3.2 percent of the truth`(count: Int) throws {
        for seed in 0..<4 as Range<UInt64> {
            let all = samples(count, seed: seed).sorted()
            var histogram = LatencyHistogram()
            for value in all { histogram.record(nanoseconds: value) }
            for q in [0, 0.1, 0.5, 0.9, 0.99, 0.999, 1] {
                let rank = max(1, Int((q * Double(count)).rounded(.up)))
                let exact = Double(all[rank - 1]) / 1e9
                let told = try #require(histogram.quantile(q))
                #expect(abs(told / exact - 1) <= 0.032, "q \(q) of \(count): \(told) for \(exact)")
            }
            #expect(histogram.count == UInt64(count))
            #expect(abs(histogram.sum - all.reduce(0) { $0 + Double($1) / 1e9 }) < 1e-6 * histogram.sum)
        }
    }

    @Test func `merging is recording everything in one`() {
        let all = samples(2000, seed: 9)
        var one = LatencyHistogram()
        var parts = Array(repeating: LatencyHistogram(), count: 3)
        for (index, value) in all.enumerated() {
            one.record(nanoseconds: value)
            parts[index % 3].record(nanoseconds: value)
        }
        var merged = LatencyHistogram()
        for part in parts { merged.merge(part) }
        merged.merge(LatencyHistogram())
        #expect(merged.count == one.count)
        for q in [0.01, 0.5, 0.99] { #expect(merged.quantile(q) == one.quantile(q)) }
    }

    @Test func `nothing recorded is nil, and the extremes have a bucket`() {
        var histogram = LatencyHistogram()
        #expect(histogram.quantile(0.5) == nil && histogram.summary == nil)
        for value in [0, 1, 999, 15_999, .max] as [UInt64] { histogram.record(nanoseconds: value) }
        #expect(histogram.quantile(0) == 0 && (histogram.quantile(1) ?? 0) > 60_000)
        histogram.removeAll()
        #expect(histogram == LatencyHistogram())
    }

    @Test func `the window is the last minute, ten seconds at a time`() {
        var rolling = RollingHistogram()
        for second in 0..<300 {
            rolling.record(nanoseconds: 1_000_000, now: Double(second))
            let count = rolling.window(now: Double(second)).count
            #expect(count == UInt64(min(second + 1, 51 + second % 10)))
        }
        #expect(rolling.window(now: 300 + 45).count == 10)
        #expect(rolling.window(now: 300 + 60).count == 0)
        #expect(rolling.window(now: 1e7).count == 0)
        rolling.record(nanoseconds: 1, now: 1e7)
        #expect(rolling.window(now: 1e7 + 49).count == 1)
    }

    @Test func `a rate is over the last ten seconds and nil before a second has passed`() {
        var window = RateWindow()
        #expect(window.rate == nil)
        window.add(total: 0, now: 100)
        window.add(total: 900, now: 100.1)
        window.add(total: 5, now: 100.5)
        #expect(window.rate == nil)
        window.add(total: 10, now: 101)
        #expect(window.rate == 10)
        for tenth in 0..<400 { window.add(total: 1000 + Double(tenth) * 0.5, now: 110 + Double(tenth) / 10) }
        #expect(abs((window.rate ?? 0) - 5) < 0.01)
        window.add(total: 0, now: 151)
        #expect(window.rate == 0)
    }
}
