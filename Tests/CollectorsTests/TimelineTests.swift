import Foundation
import GatewayCore
import Testing

@testable import Collectors

/// A minute of a real engine under 80 requests, scraped once a second.
private struct Timeline {
    struct Line: Decodable {
        var t: Double
        var metrics: String
    }

    var readings: [(t: Double, reading: EngineReading)] = []

    init(_ path: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gunzip", "-c", try #require(Captures.folder).appendingPathComponent(path).path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        for line in text.split(separator: 0x0a) {
            let line = try JSONDecoder().decode(Line.self, from: line)
            let scrape = try MetricsText.parse(Array(line.metrics.utf8))
            readings.append((line.t, try EngineReading.read(scrape, from: path)))
        }
    }
}

@Suite(.enabled(if: Captures.present)) struct TimelineTests {
    @Test func `a minute of vLLM gives rates that add up to its counters`() throws {
        let timeline = try Timeline("live/vllm-cpu/timeline.jsonl.gz")
        #expect(timeline.readings.count == 60)
        let last = try #require(timeline.readings.last?.reading)
        #expect(last.prefixQueries == 21053)
        #expect(last.prefixHits == 18560)
        #expect(last.generatedTokens == 9702)
        var meter = NodeMeter()
        var busiest = 0.0
        for (index, line) in timeline.readings.enumerated() {
            meter.take(line.reading, at: line.t)
            let rates = meter.rates
            guard index >= 10 else { continue }
            let (before, now) = (timeline.readings[index - 10], line)
            let made = try #require(now.reading.generatedTokens) - #require(before.reading.generatedTokens)
            let rate = try #require(rates.generatedTokensPerSecond)
            // The window begins at the last scrape before ten seconds ago: at most one beat earlier.
            let earlier = timeline.readings[max(0, index - 11)]
            let more = try #require(now.reading.generatedTokens) - #require(earlier.reading.generatedTokens)
            let bounds = [made / (now.t - before.t), more / (now.t - earlier.t)].sorted()
            #expect(rate >= bounds[0] - 1e-6 && rate <= bounds[1] + 1e-6)
            busiest = max(busiest, rate)
        }
        #expect(busiest > 100)
        #expect(meter.restartedAt == nil)
        #expect(meter.rates.prefixHitRateLifetime == 18560.0 / 21053.0)
        let first = try #require(timeline.readings.first?.reading.ttft?.count)
        let summary = try #require(meter.rates.ttft)
        #expect(Double(summary.count) == (last.ttft?.count ?? 0) - first)
        #expect(summary.p50 > 0 && summary.p50 <= summary.p99)
    }

    @Test func `the same minute of llama.cpp reads the same prompt tokens`() throws {
        let timeline = try Timeline("live/llamacpp/timeline.jsonl.gz")
        let last = try #require(timeline.readings.last?.reading)
        #expect(last.promptTokens == 21053)
        #expect(last.prefixHits == 18456)
        #expect(last.generatedTokens == 9702)
        var meter = NodeMeter()
        for line in timeline.readings { meter.take(line.reading, at: line.t) }
        #expect(meter.restartedAt == nil)
        #expect(meter.rates.ttft == nil)
        #expect(meter.rates.prefixHitRateLifetime == 18456.0 / 21053.0)
    }
}
