import Foundation
import GatewayCore
import Synchronization
import Testing

@testable import Collectors

private let vllmPage = """
    vllm:num_requests_running{engine="0",model_name="m"} 3.0
    vllm:num_requests_waiting{engine="0",model_name="m"} 1.0
    vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.25

    """

/// An engine as vLLM answers.
private func vllm(_ path: String) -> TinyServer.Reply {
    switch path {
    case "/health": .page("")
    case "/metrics": .page(vllmPage, chunked: true)
    case "/v1/models":
        .page(#"{"object":"list","data":[{"id":"m","owned_by":"vllm"},{"id":"lora","owned_by":"vllm"}]}"#)
    case "/version": .page(#"{"version":"0.32.0"}"#)
    default: .page(#"{"detail":"Not Found"}"#, status: 404)
    }
}

/// Readings as they come.
private final class Inbox: Sendable {
    private let all = Mutex<[NodeReading]>([])
    private let arrivals = DispatchSemaphore(value: 0)
    func put(_ reading: NodeReading) {
        all.withLock { $0.append(reading) }
        arrivals.signal()
    }
    func of(_ node: String) -> [NodeReading] { all.withLock { $0.filter { $0.node == node } } }

    /// Waits for a condition, at most 20 s, looking at each reading that comes.
    func wait(until isDone: (Inbox) -> Bool) -> Bool {
        let deadline = DispatchTime.now() + 20
        while !isDone(self) {
            guard arrivals.wait(timeout: deadline) == .success else { return false }
        }
        return true
    }
}

private func target(_ name: String, _ url: String) throws -> ScrapeTarget {
    ScrapeTarget(name: name, url: try EngineURL(parsing: url))
}

private func engineFailure(_ reading: NodeReading?) -> String? {
    guard case .failure(let failure) = reading?.engine else { return nil }
    return failure.message
}

private func engineReading(_ reading: NodeReading?) -> EngineReading? {
    guard case .success(let engine) = reading?.engine else { return nil }
    return engine
}

@Suite(.serialized) struct ScraperTests {
    private func scrape(
        _ targets: [ScrapeTarget], interval: Double = 0.1, timeout: Double = 0.4, until: (Inbox) -> Bool
    ) -> Inbox {
        let inbox = Inbox()
        let scraper = Scraper.start(
            targets: targets, pace: ScrapePace(intervalSeconds: interval, timeoutSeconds: timeout)
        ) { inbox.put($0) }
        let isDone = inbox.wait(until: until)
        scraper.stop()
        #expect(isDone)
        return inbox
    }

    @Test func `a dead, a hung, a dripping and a babbling engine do not slow a good one`() throws {
        let good = TinyServer(vllm)
        let hung = TinyServer { _ in .silence }
        let drip = TinyServer { _ in
            .drip("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + String(repeating: "a", count: 100))
        }
        let garbage = TinyServer { _ in .page("<html>no metrics</html>") }
        let dead = TinyServer.deadPort()
        let inbox = scrape([
            try target("hung", hung.url), try target("dead", "http://127.0.0.1:\(dead)"),
            try target("good", good.url),
            try target("drip", drip.url), try target("garbage", garbage.url),
        ]) { inbox in
            inbox.of("good").count >= 20
                && ["hung", "dead", "drip", "garbage"].allSatisfy { inbox.of($0).count >= 2 }
        }
        let readings = inbox.of("good").prefix(20)
        #expect(readings.allSatisfy { engineReading($0)?.running == 3 && $0.probe == .ready })
        let took = readings[19].instant - readings[0].instant
        #expect(took > 1.5 && took < 3.8, "19 intervals of 0.1 s took \(took) s")
        #expect(
            engineFailure(inbox.of("hung").last)
                == "hung: no whole answer within 0.4 s at \(hung.url)/metrics: see whether the engine hangs or is overloaded"
        )
        #expect(engineFailure(inbox.of("drip").last)?.hasPrefix("drip: no whole answer within 0.4 s") == true)
        #expect(
            engineFailure(inbox.of("dead").last)
                == "dead: Connection refused at http://127.0.0.1:\(dead)/metrics: see that the engine runs and that host and port are right"
        )
        #expect(
            engineFailure(inbox.of("garbage").last)
                == "garbage: \(garbage.url)/metrics, line 1: expected a metric name, found \"<html>no metrics</html>\": see that the URL is the engine's or exporter's own"
        )
        guard case .failed(let reason) = inbox.of("dead").last?.probe else {
            Issue.record("a dead engine's probe must fail")
            return
        }
        #expect(reason.contains("/health"))
        // Kept connections: two lanes, whatever the number of turns.
        #expect(good.connectionCount == 2)
    }

    @Test func `first contact tells kind, version and models, once`() throws {
        let server = TinyServer(vllm)
        let inbox = scrape([try target("n", server.url)]) { $0.of("n").count >= 4 }
        let reading = try #require(engineReading(inbox.of("n").first))
        #expect(reading.kind == .vllm)
        #expect(reading.version == "0.32.0")
        #expect(reading.models == ["m", "lora"])
        #expect(engineReading(inbox.of("n").last)?.version == "0.32.0")
        #expect(server.requests.filter { $0 == "/v1/models" }.count == 1)
        #expect(server.requests.filter { $0 == "/version" }.count == 1)
    }

    @Test func `the key goes to the engine and not to the GPU exporter, which has its own beat`() throws {
        let engine = TinyServer(vllm)
        let exporter = TinyServer { path in
            path == "/metrics"
                ? .page("DCGM_FI_DEV_GPU_UTIL{gpu=\"0\",UUID=\"GPU-1\"} 50\n") : .page("", status: 404)
        }
        var node = try target("n", engine.url)
        node.apiKey = "sesame"
        node.gpuMetricsURL = try EngineURL(parsing: exporter.url + "/metrics")
        let inbox = scrape([node]) { inbox in
            inbox.of("n").filter { $0.gpus != nil }.count >= 2
                && inbox.of("n").filter { $0.engine != nil }.count >= 2
        }
        let result = try #require(inbox.of("n").compactMap(\.gpus).first)
        let gpus = try result.get()
        #expect(gpus.map(\.utilization) == [0.5])
        #expect(engine.requests.allSatisfy { $0.hasSuffix(" Authorization: Bearer sesame") })
        #expect(exporter.requests.allSatisfy { $0 == "/metrics" })
    }

    @Test func `a hung GPU exporter does not hold up its node's engine`() throws {
        let engine = TinyServer(vllm)
        let exporter = TinyServer { _ in .silence }
        var node = try target("n", engine.url)
        node.gpuMetricsURL = try EngineURL(parsing: exporter.url + "/metrics")
        let inbox = scrape([node], interval: 0.05, timeout: 1) { $0.of("n").contains { $0.gpus != nil } }
        #expect(inbox.of("n").filter { engineReading($0) != nil }.count >= 10)
        guard case .failure(let failure) = inbox.of("n").compactMap(\.gpus).first else {
            Issue.record("a hung exporter must fail")
            return
        }
        #expect(failure.message.contains("within 1 s at \(exporter.url)/metrics"))
    }

    @Test(arguments: [
        (401, "", "give the node's key by apiKeyEnv"),
        (404, "", "see that the URL is the engine's root and that its metrics are on"),
        (
            307, "Location: http://elsewhere:1/metrics\r\n",
            "redirects to http://elsewhere:1/metrics are not followed"
        ),
        (500, "", "see the engine's log"),
    ])
    func `a refusal says what to do`(status: Int, headers: String, words: String) throws {
        let server = TinyServer { _ in .page("", status: status, headers: headers) }
        let inbox = scrape([try target("n", server.url)]) { !$0.of("n").isEmpty }
        let message = try #require(engineFailure(inbox.of("n").first))
        #expect(message.hasPrefix("n: HTTP \(status) at \(server.url)/metrics"))
        #expect(message.contains(words))
    }

    @Test func `an SGLang without metrics is told how to start`() throws {
        let server = TinyServer { path in
            path == "/v1/models"
                ? .page(#"{"data":[{"id":"m","owned_by":"sglang"}]}"#) : .page("", status: 404)
        }
        let inbox = scrape([try target("n", server.url)]) { $0.of("n").count >= 2 }
        #expect(
            engineFailure(inbox.of("n").first)
                == "n: HTTP 404 at \(server.url)/metrics: start SGLang with --enable-metrics")
        // Its models are known all the same, for routing.
        #expect(
            inbox.of("n").first?.identity == EngineIdentity(kind: .sglang, version: nil, models: ["m"]))
        // Its /health generates a token: it is probed by its model list.
        #expect(inbox.of("n").last?.probe == .ready)
        #expect(server.requests.filter { $0 == "/health" }.count == 1)
    }

    @Test func `a loading llama-server is not ready, and its reason is told`() throws {
        let server = TinyServer { _ in
            .page(
                #"{"error":{"message":"Loading model","type":"unavailable_error","code":503}}"#, status: 503)
        }
        let inbox = scrape([try target("n", server.url)]) { !$0.of("n").isEmpty }
        #expect(inbox.of("n").first?.probe == .notReady("Loading model"))
    }

    @Test func `a vLLM that sleeps is not ready, though its health says so`() throws {
        let server = TinyServer { path in
            path == "/metrics"
                ? .page(
                    vllmPage + "vllm:engine_sleep_state{sleep_state=\"awake\"} 0\n"
                        + "vllm:engine_sleep_state{sleep_state=\"weights_offloaded\"} 1\n") : vllm(path)
        }
        let inbox = scrape([try target("n", server.url)]) { !$0.of("n").isEmpty }
        #expect(inbox.of("n").first?.probe == .notReady("asleep: POST \(server.url)/wake_up wakes it"))
    }

    @Test func `llama.cpp's KV use comes from its slots`() throws {
        let server = TinyServer { path in
            switch path {
            case "/metrics": .page("llamacpp:requests_processing 1\nllamacpp:prompt_tokens_total 5\n")
            case "/slots":
                .page(
                    #"[{"n_ctx":100,"is_processing":true,"n_prompt_tokens":30,"next_token":[{"n_decoded":20}]},{"n_ctx":100,"is_processing":false}]"#
                )
            case "/props": .page(#"{"build_info":"b11434-abc"}"#)
            default: .page("{}")
            }
        }
        let inbox = scrape([try target("n", server.url)]) { !$0.of("n").isEmpty }
        let reading = try #require(engineReading(inbox.of("n").first))
        #expect(reading.kvUsage == 0.25)
        #expect(reading.kvCapacityTokens == 200)
        #expect(reading.version == "b11434-abc")
    }

    @Test func `TensorRT-LLM's JSON is told from Prometheus, which it keeps elsewhere`() throws {
        let server = TinyServer { path in
            switch path {
            case "/metrics": .page("[]")
            case "/prometheus/metrics": .page("trtllm_num_requests_running 2\n")
            default: .page("{}")
            }
        }
        let inbox = scrape([try target("n", server.url)]) { $0.of("n").count >= 3 }
        #expect(inbox.of("n").allSatisfy { engineReading($0)?.running == 2 })
        // Reading the JSON empties it for others: it is read once.
        #expect(server.requests.filter { $0 == "/metrics" }.count == 1)
    }

    @Test func `a NIM keeps its metrics under v1 and has no health of its own`() throws {
        let server = TinyServer { path in
            switch path {
            case "/v1/metrics": .page("num_requests_running 2\ngpu_cache_usage_perc 0.5\n")
            case "/v1/models": .page(#"{"data":[{"id":"meta/llama","owned_by":"system"}]}"#)
            default: .page("", status: 404)
            }
        }
        let inbox = scrape([try target("n", server.url)]) { $0.of("n").count >= 3 }
        #expect(inbox.of("n").allSatisfy { engineReading($0)?.kvUsage == 0.5 })
        #expect(engineReading(inbox.of("n").last)?.models == ["meta/llama"])
        #expect(inbox.of("n").last?.probe == .ready)
        #expect(server.requests.filter { $0 == "/metrics" }.count == 1)
    }

    @Test func `an engine that comes back as another is asked anew`() throws {
        let isSecond = Atomic<Bool>(false)
        let isAway = Atomic<Bool>(false)
        let server = TinyServer { path in
            if isAway.load(ordering: .relaxed) { return .raw("", close: true) }
            guard isSecond.load(ordering: .relaxed) else {
                return path == "/prometheus/metrics" ? .page("trtllm_num_requests_running 1\n") : .page("[]")
            }
            return vllm(path)
        }
        let inbox = scrape([try target("n", server.url)]) { inbox in
            let readings = inbox.of("n")
            if readings.contains(where: { engineReading($0)?.kind == .tensorrtLLM }) {
                isSecond.store(true, ordering: .relaxed)
                isAway.store(!readings.contains { engineFailure($0) != nil }, ordering: .relaxed)
            }
            return readings.contains { engineReading($0)?.kind == .vllm }
        }
        #expect(engineReading(inbox.of("n").last)?.version == "0.32.0")
        #expect(engineReading(inbox.of("n").last)?.models == ["m", "lora"])
    }

    @Test func `an engine that closes kept connections is asked anew`() throws {
        let server = TinyServer(vllm)
        let inbox = scrape([try target("n", server.url)]) { inbox in
            server.dropConnections()
            return inbox.of("n").count >= 10
        }
        #expect(inbox.of("n").filter { engineReading($0) != nil }.count >= 5)
        #expect(server.connectionCount > 2)
    }

    @Test func `the health of a target that rests is not probed, and its metrics are read`() throws {
        let probes = Atomic<Int>(0)
        let rests = Atomic<Bool>(true)
        let server = TinyServer { path in
            if path == "/health" { probes.add(1, ordering: .relaxed) }
            return vllm(path)
        }
        let inbox = Inbox()
        let scraper = Scraper.start(
            targets: [try target("n", server.url)],
            pace: ScrapePace(intervalSeconds: 0.02, timeoutSeconds: 1),
            rests: { $0 == 0 && rests.load(ordering: .relaxed) }, publish: { inbox.put($0) })
        #expect(inbox.wait { $0.of("n").count >= 5 })
        #expect(probes.load(ordering: .relaxed) == 0)
        #expect(inbox.of("n").allSatisfy { $0.probe == nil && engineReading($0)?.running == 3 })
        rests.store(false, ordering: .relaxed)
        #expect(inbox.wait { $0.of("n").last?.probe == .ready })
        #expect(probes.load(ordering: .relaxed) > 0)
        scraper.stop()
    }

    @Test func `a name is resolved off the loop`() throws {
        let server = TinyServer(vllm)
        let inbox = scrape(
            [
                try target("named", "http://localhost:\(server.port)"),
                try target("nameless", "http://no-such-host.invalid:1"),
            ], timeout: 2
        ) { !$0.of("named").isEmpty && !$0.of("nameless").isEmpty }
        #expect(engineReading(inbox.of("named").first)?.running == 3)
        #expect(engineFailure(inbox.of("nameless").first)?.contains("no-such-host.invalid") == true)
    }

    @Test func `nothing is published after the stop`() throws {
        let server = TinyServer(vllm)
        let inbox = Inbox()
        let scraper = Scraper.start(
            targets: [try target("n", server.url)], pace: ScrapePace(intervalSeconds: 0.01, timeoutSeconds: 1)
        ) { inbox.put($0) }
        #expect(inbox.wait { $0.of("n").count >= 3 })
        scraper.stop()
        let count = inbox.of("n").count
        // Ten intervals of another scraper: time enough for the first one to speak if it could.
        let later = scrape([try target("n", server.url)], interval: 0.01) { $0.of("n").count >= 10 }
        #expect(later.of("n").count >= 10)
        #expect(inbox.of("n").count == count)
        scraper.stop()
    }
}
