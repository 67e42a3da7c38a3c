import FleetSim
import Foundation
import GatewayCore
import TestSupport
import Testing

/// The emulated engine over real sockets.
struct EmulatedEngineTests {
    private func chat(_ words: String, _ rest: String = "") -> String {
        #"{"model":"tiny","messages":[{"role":"user","content":"\#(words)"}]\#(rest)}"#
    }

    private func load(_ engine: RunningEngine, _ change: (inout LoadClient.Options) -> Void) -> LoadReport {
        var options = LoadClient.Options(
            address: .ip(octets: [127, 0, 0, 1], port: engine.port), authority: "127.0.0.1:\(engine.port)",
            model: "tiny")
        change(&options)
        return LoadClient(options).run(until: StopSignal())
    }

    @Test func `many streams at once complete, and both sides count the same`() throws {
        let engine = try RunningEngine { $0.kvTokens = 400_000 }
        let report = load(engine) {
            $0.loop = .closed(concurrency: 24)
            $0.workload = .chat
            $0.requests = 80
            $0.maxTokens = 40
        }
        #expect(report.completed == 80)
        #expect(report.faults.isEmpty, "\(report.examples)")
        #expect(try engine.metric("vllm:generation_tokens_total") == Double(report.outputTokens))
        #expect(try engine.metric("vllm:prompt_tokens_total") == Double(report.promptTokens))
        #expect(try engine.metric("vllm:prompt_tokens_cached_total") == Double(report.cachedTokens))
        #expect(report.cachedTokens > 0)
        #expect(try engine.metric("vllm:num_requests_running") == 0)
        #expect(try engine.metric("vllm:kv_cache_usage_perc") == 0)
    }

    @Test func `an open loop counts latency from when a request was due`() throws {
        let engine = try RunningEngine { $0.speed = 50 }
        let report = load(engine) {
            $0.loop = .open(requestsPerSecond: 40)
            $0.workload = .chat
            $0.seconds = 1
            $0.maxTokens = 5
        }
        #expect(report.failed == 0)
        #expect((20...65).contains(report.completed))
        #expect((report.timeToFirstToken.quantile(0.5) ?? 9) < 0.5)
    }

    @Test func `a client that leaves frees the engine within 100 ms`() throws {
        let engine = try RunningEngine { $0.speed = 1 }
        var best = Double.infinity
        for _ in 0..<3 {
            var client: HTTPClient? = try engine.client()
            let body = chat("tell me all", #","stream":true,"max_tokens":5000,"ignore_eos":true"#)
            client?.send(
                "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            )
            #expect(client?.receive() == true)
            #expect(try eventually { try engine.metric("vllm:num_requests_running") == 1 })
            let left = MonotonicClock.now()
            client = nil
            #expect(try eventually { try engine.metric("vllm:num_requests_running") == 0 })
            best = min(best, Double(MonotonicClock.now() - left) / 1e9)
        }
        #expect(best < 0.1)
        #expect(try engine.metric("vllm:kv_cache_usage_perc") == 0)
    }

    @Test func `an answer is the same streamed and not, on another engine, and carried on`() throws {
        let first = try RunningEngine()
        let second = try RunningEngine { $0.seed = 5 }
        let limit = #","max_tokens":30,"ignore_eos":true"#
        let whole = try JSONValue.parse(
            Array(first.post("/v1/chat/completions", chat("a question", limit)).body.utf8))
        let text = try #require(whole["choices"]?[0]?["message"]?["content"]?.string)
        #expect(whole["usage"]?["completion_tokens"]?.integer == 30)
        #expect(whole["choices"]?[0]?["finish_reason"]?.string == "length")
        let streamed = try second.post("/v1/chat/completions", chat("a question", limit + #","stream":true"#))
        var checker = StreamChecker()
        checker.take(Array(streamed.body.utf8))
        checker.finish()
        #expect(checker.fault == nil)
        #expect(checker.text == text)
        let part = text.prefix(40)
        let continued = """
            {"model":"tiny","messages":[{"role":"user","content":"a question"},{"role":"assistant","content":"\(part)"}],\
            "continue_final_message":true,"add_generation_prompt":false,"max_tokens":20,"ignore_eos":true}
            """
        let rest = try JSONValue.parse(Array(second.post("/v1/chat/completions", continued).body.utf8))
        #expect(rest["choices"]?[0]?["message"]?["content"]?.string == String(text.dropFirst(40)))
    }

    @Test func `a stream is one event a chunk, the role first, then DONE and a last chunk`() throws {
        let engine = try RunningEngine()
        let answer = try engine.post(
            "/v1/chat/completions", chat("hello", #","stream":true,"max_tokens":3,"ignore_eos":true"#))
        #expect(answer.head.contains("content-type: text/event-stream; charset=utf-8\r\n"))
        #expect(answer.head.contains("transfer-encoding: chunked\r\n"))
        #expect(answer.chunks.count == 5)
        #expect(answer.chunks.allSatisfy { $0.hasPrefix("data: ") && $0.hasSuffix("\n\n") })
        #expect(answer.chunks[0].contains(#""delta":{"role":"assistant","content":""}"#))
        #expect(answer.chunks.last == "data: [DONE]\n\n")
    }

    @Test func `requests sent ahead, in chunks and after a go-ahead are answered in turn`() throws {
        let engine = try RunningEngine()
        let client = try engine.client()
        let body = chat("one", #","max_tokens":4"#)
        client.send("GET /version HTTP/1.1\r\nHost: x\r\n\r\n")
        client.send(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "5\r\n\(body.prefix(5))\r\n\(String(body.utf8.count - 5, radix: 16))\r\n\(body.dropFirst(5))\r\n0\r\n\r\n"
        )
        client.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.answer().body.contains("version"))
        #expect(try client.answer().body.contains("chat.completion"))
        #expect(try client.answer().status == 200)
        client.send(
            "POST /tokenize HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 17\r\n\r\n")
        #expect(try client.answer().status == 100)
        client.send(#"{"prompt":"abcde"}"#.prefix(17) + "}")
        #expect(try client.answer().status == 400)
    }

    @Test func `an idle connection is closed after five seconds`() throws {
        let engine = try RunningEngine()
        let client = try engine.client()
        #expect(try client.ask("GET", "/health").status == 200)
        let start = MonotonicClock.now()
        #expect(!client.receive(milliseconds: 8000))
        let seconds = Double(MonotonicClock.now() - start) / 1e9
        #expect((4.9...6.5).contains(seconds))
    }

    @Test func `what is no HTTP gets a 400 and the end`() throws {
        let engine = try RunningEngine()
        let client = try engine.client()
        client.send("NONSENSE\r\n\r\n")
        #expect(try client.answer().status == 400)
        #expect(!client.receive())
    }

    @Test func `faults come as ordered and run out`() throws {
        let engine = try RunningEngine()
        let body = chat("hello", #","stream":true,"max_tokens":9,"ignore_eos":true"#)
        func status() throws -> Int { try engine.post("/v1/chat/completions", body).status }
        #expect(try engine.post("/emulator?fail=2&status=503").status == 200)
        #expect(try [status(), status(), status()] == [503, 503, 200])

        #expect(try engine.post("/emulator?cut=1&after=4").status == 200)
        let cut = try #require(throws: HTTPClient.Closed.self) {
            try engine.post("/v1/chat/completions", body)
        }
        #expect(cut.received.components(separatedBy: "\"content\":\" ").count == 5)
        #expect(!cut.received.contains("[DONE]"))

        #expect(try engine.post("/emulator?garbage=1&health=1").status == 200)
        #expect(try engine.get("/health").status == 503)
        #expect(try engine.get("/metrics").body.hasPrefix("<html>"))
        #expect(try engine.get("/metrics").body.hasPrefix("# HELP"))
        #expect(try eventually { try engine.get("/health").status == 200 })

        #expect(try engine.post("/emulator?refuse=1").status == 200)
        #expect(throws: HTTPClient.NotConnected.self) { try engine.client() }
        #expect(eventually { (try? engine.client()) != nil })
        #expect(try engine.post("/emulator?explode=1").status == 400)
        #expect(try status() == 200)
    }
}
