import GatewayCore
import Testing

@Suite struct NodeMeterTests {
    private func reading(
        generated: Double? = nil, prompt: Double? = nil, queries: Double? = nil, hits: Double? = nil,
        ttft: [Double]? = nil
    ) -> EngineReading {
        var reading = EngineReading()
        reading.generatedTokens = generated
        reading.promptTokens = prompt
        reading.prefixQueries = queries
        reading.prefixHits = hits
        reading.ttft = ttft.map { BucketHistogram(bounds: [0.1, 0.5, 1, .infinity], counts: $0, sum: 0) }
        return reading
    }

    @Test func `nothing is known of nothing, and no rate of one reading`() {
        var meter = NodeMeter()
        #expect(meter.rates == NodeRates())
        meter.take(reading(generated: 500, queries: 10, hits: 4, ttft: [1, 2, 3, 4]), at: 100)
        #expect(meter.rates.generatedTokensPerSecond == nil)
        #expect(meter.rates.prefixHitRate == nil)
        #expect(meter.rates.ttft == nil)
        #expect(meter.rates.prefixHitRateLifetime == 0.4)
        meter.take(EngineReading(), at: 101)
        #expect(meter.rates.generatedTokensPerSecond == nil)
        #expect(meter.restartedAt == nil)
    }

    @Test func `rates are over ten seconds`() {
        var meter = NodeMeter()
        // 1,000 tokens a second for a while, then 100 a second.
        for second in 0...20 {
            meter.take(reading(generated: Double(second) * 1000, prompt: 7), at: Double(second))
        }
        #expect(meter.rates.generatedTokensPerSecond == 1000)
        #expect(meter.rates.promptTokensPerSecond == 0)
        for second in 1...10 {
            meter.take(reading(generated: 20000 + Double(second) * 100, prompt: 7), at: 20 + Double(second))
        }
        #expect(meter.rates.generatedTokensPerSecond == 100)
    }

    @Test func `the hit rate of the window is told beside the lifetime's`() {
        var meter = NodeMeter()
        meter.take(reading(queries: 1000, hits: 100), at: 0)
        meter.take(reading(queries: 1100, hits: 190), at: 1)
        #expect(meter.rates.prefixHitRate == 0.9)
        #expect(meter.rates.prefixHitRateLifetime == 190.0 / 1100)
        for second in 2...13 { meter.take(reading(queries: 1100, hits: 190), at: Double(second)) }
        #expect(meter.rates.prefixHitRate == nil)
    }

    @Test func `a restart gives neither a negative rate nor a spike`() {
        var meter = NodeMeter()
        for second in 0...5 {
            meter.take(
                reading(generated: 1e6 + Double(second) * 10, ttft: [1e4, 1e4, 1e4, 1e4]), at: Double(second))
        }
        #expect(meter.restartedAt == nil)
        meter.take(reading(generated: 40, ttft: [0, 1, 1, 1]), at: 6)
        #expect(meter.restartedAt == 6)
        #expect(meter.rates.generatedTokensPerSecond == nil)
        #expect(meter.rates.ttft == nil)
        meter.take(reading(generated: 60, ttft: [0, 2, 2, 2]), at: 7)
        #expect(meter.rates.generatedTokensPerSecond == 20)
        #expect(meter.rates.ttft?.count == 1)
        #expect(meter.restartedAt == 6)
    }

    @Test func `after a long silence the rate is of the new time`() {
        var meter = NodeMeter()
        meter.take(reading(generated: 0), at: 0)
        meter.take(reading(generated: 300_000), at: 300)
        meter.take(reading(generated: 300_005), at: 301)
        #expect(meter.rates.generatedTokensPerSecond == 5)
    }

    @Test func `a counter that appears late is measured from then`() {
        var meter = NodeMeter()
        meter.take(reading(prompt: 1), at: 0)
        meter.take(reading(generated: 100, prompt: 1), at: 1)
        #expect(meter.rates.generatedTokensPerSecond == nil)
        meter.take(reading(generated: 150, prompt: 1), at: 2)
        #expect(meter.rates.generatedTokensPerSecond == 50)
        #expect(meter.rates.promptTokensPerSecond == 0)
    }

    @Test func `latencies are of the last minute only`() throws {
        var meter = NodeMeter()
        meter.take(reading(ttft: [0, 0, 100, 100]), at: 0)
        meter.take(reading(ttft: [0, 0, 200, 200]), at: 1)
        #expect(meter.rates.ttft == LatencySummary(p50: 0.75, p99: 0.995, count: 100))
        for second in 2...70 { meter.take(reading(ttft: [10, 10, 210, 210]), at: Double(second)) }
        // The hundred slow ones are over a minute ago; the ten fast ones too.
        #expect(meter.rates.ttft == nil)
        meter.take(reading(ttft: [14, 14, 214, 214]), at: 71)
        #expect(meter.rates.ttft?.count == 4)
        #expect(meter.rates.ttft?.p50 == 0.05)
    }

    @Test func `other buckets begin a new window`() {
        var meter = NodeMeter()
        meter.take(reading(ttft: [1, 2, 3, 4]), at: 0)
        var other = reading()
        other.ttft = BucketHistogram(bounds: [1, .infinity], counts: [5, 6], sum: 0)
        meter.take(other, at: 1)
        #expect(meter.rates.ttft == nil)
        other.ttft?.counts = [6, 7]
        meter.take(other, at: 2)
        #expect(meter.rates.ttft?.count == 1)
    }

    @Test func `a reading that is not later is left out`() {
        var meter = NodeMeter()
        meter.take(reading(generated: 10), at: 1)
        meter.take(reading(generated: 5), at: 1)
        meter.take(reading(generated: 20), at: 2)
        #expect(meter.rates.generatedTokensPerSecond == 10)
        #expect(meter.restartedAt == nil)
    }

    @Test(arguments: [(0.5, 0.3), (0.25, 0.1), (1.0, 1.0), (0.1, 0.04), (0.875, 0.75)])
    func `a quantile lies in its bucket as histogram_quantile says`(share: Double, value: Double) throws {
        let histogram = BucketHistogram(bounds: [0.1, 0.5, 1, .infinity], counts: [5, 15, 20, 20], sum: 0)
        let quantile = try #require(histogram.quantile(share))
        #expect(abs(quantile - value) < 1e-12)
    }

    @Test func `quantiles at the edges`() {
        #expect(BucketHistogram(bounds: [1, .infinity], counts: [0, 5], sum: 0).quantile(0.5) == 1)
        #expect(BucketHistogram(bounds: [1, .infinity], counts: [0, 0], sum: 0).quantile(0.5) == nil)
        #expect(BucketHistogram(bounds: [.infinity], counts: [3], sum: 0).quantile(0.5) == nil)
        #expect(BucketHistogram(bounds: [-1, .infinity], counts: [3, 3], sum: 0).quantile(0.5) == -1)
    }

    @Test func `histograms of several nodes merge`() throws {
        let one = BucketHistogram(bounds: [1, 2, .infinity], counts: [1, 2, 3], sum: 4)
        let other = BucketHistogram(bounds: [1, .infinity], counts: [10, 20], sum: 5)
        let merged = try #require(BucketHistogram.merged([one, other]))
        #expect(merged == BucketHistogram(bounds: [1, 2, .infinity], counts: [11, 12, 23], sum: 9))
        #expect(BucketHistogram.merged([]) == nil)
    }
}
