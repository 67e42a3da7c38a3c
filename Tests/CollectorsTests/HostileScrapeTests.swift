import GatewayCore
import Testing

@testable import Collectors

/// Scrapes made to hurt: each must be read or refused in time that grows no faster than its size.
@Suite struct HostileScrapeTests {
    private func seconds(_ body: () throws -> Void) rethrows -> Double {
        let clock = ContinuousClock()
        let took = try clock.measure(body)
        return Double(took.components.seconds) + Double(took.components.attoseconds) / 1e18
    }

    @Test func `a text of nothing but families is read in a line`() throws {
        let text = (0..<60_000).map { "# TYPE f\($0) gauge\n" }.joined()
        var count = 0
        let took = try seconds { count = try parse(text).declaredFamilies.count }
        #expect(count == 60_000)
        // Comparing each with each would be 1.8 billion comparisons: minutes in this build.
        #expect(took < 15)
    }

    @Test func `samples without end are refused`() {
        let text = String(repeating: "a 1\n", count: 200_001)
        #expect(refusal(text) == "line 200001: more than 200000 samples")
    }

    @Test func `a histogram of senselessly many rows or bounds is not read`() throws {
        let rows = (0..<5000).map {
            "t_bucket{r=\"\($0)\",le=\"1\"} 1\nt_bucket{r=\"\($0)\",le=\"+Inf\"} 1\n"
        }
        #expect(try parse(rows.joined()).buckets("t") == nil)
        let bounds =
            (0..<5000).reversed().map { "t_bucket{le=\"\($0)\"} 1\n" }.joined() + "t_bucket{le=\"+Inf\"} 1\n"
        #expect(try parse(bounds).buckets("t") == nil)
    }

    @Test func `models, GPUs and ranks have a limit`() throws {
        let models = (0..<1000).map { "vllm:num_requests_running{model_name=\"m\($0)\"} 1\n" }.joined()
        let reading = try EngineReading.read(try parse(models), from: "x")
        #expect(reading.models.count == 256)
        #expect(reading.running == 1000)
        let gpus = (0..<1000).map { "DCGM_FI_DEV_GPU_UTIL{UUID=\"GPU-\($0)\"} 1\n" }.joined()
        #expect(throws: CollectionFailure.self) { try GPUReading.read(try parse(gpus), from: "x") }
        let list = (0..<1000).map { "{\"id\":\"m\($0)\"}" }.joined(separator: ",")
        #expect(EngineFacts.models(Array("{\"data\":[\(list)]}".utf8))?.names.count == 256)
        #expect(EngineFacts.models([UInt8](repeating: 0x5b, count: 2 << 20)) == nil)
        #expect(EngineFacts.models([UInt8](repeating: 0x5b, count: 1 << 19)) == nil)
    }

    @Test func `numbers past every limit do not trap`() throws {
        let text = try parse(
            """
            sglang:num_running_reqs{tp_rank="9223372036854775807",pp_rank="9223372036854775807"} 1e308
            sglang:num_queue_reqs 1e400
            sglang:prompt_tokens_total -1

            """)
        let reading = try EngineReading.read(text, from: "x")
        #expect(reading.running == 1e308)
        #expect(reading.waiting == nil)
        let gpu = try parse("DCGM_FI_DEV_XID_ERRORS{UUID=\"a\",gpu=\"99999999999999999999\"} 1e300\n")
        #expect(try GPUReading.read(gpu, from: "x").map(\.lastXid) == [nil])
        var meter = NodeMeter()
        meter.take(reading, at: 0)
        meter.take(reading, at: 1)
        #expect(meter.rates.promptTokensPerSecond == 0)
        let huge = BucketHistogram(bounds: [1, .infinity], counts: [1e300, 1e300], sum: 0)
        #expect(LatencySummary(of: huge) == nil)
        #expect(BucketHistogram(bounds: [1, .infinity], counts: [1], sum: 0).quantile(0.5) == nil)
    }

    @Test func `a text from elsewhere is made printable in a failure`() {
        let answer = ScrapeAnswer(
            status: 302, body: ScrapeBody(ByteQueue()), location: "http://a/\u{1b}[2J\u{202e}")
        let failure = ScrapeFailure(node: "n", kind: .unknown).status(
            answer, at: "http://n/metrics", path: "/metrics")
        #expect(!failure.message.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202e })
    }
}
