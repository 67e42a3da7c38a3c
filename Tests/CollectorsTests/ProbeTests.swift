import Foundation
import GatewayCore
import Testing

@testable import Collectors

@Suite struct ProbeTests {
    private func probe(_ server: TinyServer, timeout: Double = 5) throws -> ProbeReport {
        EngineProbe.run(try EngineURL(parsing: server.url), apiKey: nil, timeoutSeconds: timeout)
    }

    @Test(.enabled(if: Captures.present)) func `a vLLM is known by what it answers`() throws {
        let page = String(decoding: try Captures.bytes("live/vllm-cpu/metrics-during.prom"), as: UTF8.self)
        let models = String(decoding: try Captures.body("live/vllm-cpu/models.http"), as: UTF8.self)
        let server = TinyServer { path in
            switch path {
            case "/health": .page("")
            case "/metrics": .page(page)
            case "/v1/models": .page(models)
            case "/version": .page(#"{"version":"0.32.0"}"#)
            default: .page("", status: 404)
            }
        }
        let report = try probe(server)
        #expect(report.engine == .vllm)
        #expect(report.version == "0.32.0")
        #expect(report.models == ["tiny"])
        #expect(report.isReady)
        #expect(report.problems.isEmpty)
        #expect(report.endpoints.map(\.path) == ["/health", "/metrics", "/v1/models", "/version"])
        #expect(report.endpoints.allSatisfy { $0.status == 200 })
        let running = report.readings.first { $0.name == "running" }
        #expect(running == .init(name: "running", isAvailable: true, value: 8))
        let decode = try #require(report.readings.first { $0.name == "decodeQueue" })
        #expect(!decode.isAvailable)
        #expect(decode.reason?.isEmpty == false)
        #expect(report.readings.first { $0.name == "ttft" }?.isAvailable == true)
    }

    @Test(.enabled(if: Captures.present)) func `a llama-server is known by what it answers`() throws {
        let page = String(decoding: try Captures.bytes("live/llamacpp/metrics-during.prom"), as: UTF8.self)
        let bodies = try ["models", "props", "slots-during"].map {
            String(decoding: try Captures.body("live/llamacpp/\($0).http"), as: UTF8.self)
        }
        let server = TinyServer { path in
            switch path {
            case "/health": .page(#"{"status":"ok"}"#)
            case "/metrics": .page(page)
            case "/v1/models": .page(bodies[0])
            case "/props": .page(bodies[1])
            case "/slots": .page(bodies[2])
            default: .page("", status: 404)
            }
        }
        let report = try probe(server)
        #expect(report.engine == .llamacpp)
        #expect(report.version == "b0-unknown")
        #expect(report.models == ["tiny"])
        let usage = try #require(report.readings.first { $0.name == "kvUsage" }?.value)
        #expect(usage > 0.005 && usage < 0.5)
        #expect(
            report.readings.first { $0.name == "ttft" }?.reason?.contains("no latency histograms") == true)
    }

    @Test func `a dead port says so once, and every reading is unknown`() throws {
        let url = try EngineURL(parsing: "http://127.0.0.1:\(TinyServer.deadPort())")
        let report = EngineProbe.run(url, apiKey: nil)
        #expect(report.engine == .unknown)
        #expect(!report.isReady)
        #expect(report.endpoints.count == 1)
        #expect(report.endpoints[0].problem == "Connection refused")
        #expect(report.readings.allSatisfy { !$0.isAvailable && $0.reason != nil })
        #expect(report.problems.first?.contains("see that the engine runs") == true)
    }

    @Test func `a hung server ends in time`() throws {
        let report = try probe(TinyServer { _ in .silence }, timeout: 0.2)
        #expect(report.endpoints.map(\.problem) == ["no whole answer within 0.2 s"])
    }

    @Test func `an Ollama is told that it has no metrics`() throws {
        let server = TinyServer { path in
            path == "/api/version" ? .page(#"{"version":"0.9.0"}"#) : .page("404 page not found", status: 404)
        }
        #expect(try probe(server).problems.contains { $0.contains("is Ollama") })
    }

    @Test func `a text that claims OpenMetrics and breaks it is read, and said`() throws {
        let server = TinyServer { path in
            path == "/metrics" ? .page("vllm:num_requests_running  1\n\n# EOF\n") : .page("{}")
        }
        let report = try probe(server)
        #expect(report.engine == .vllm)
        #expect(report.problems.contains { $0.contains("claims to be OpenMetrics and is not (line 1: ") })
    }

    @Test func `unknown is null in JSON`() throws {
        let report = try probe(TinyServer { _ in .page("", status: 404) })
        let json = String(decoding: try JSONEncoder().encode(report), as: UTF8.self)
        #expect(json.contains(#""version":null"#))
        #expect(json.contains(#""value":null"#))
        #expect(try JSONDecoder().decode(ProbeReport.self, from: Data(json.utf8)) == report)
    }
}
