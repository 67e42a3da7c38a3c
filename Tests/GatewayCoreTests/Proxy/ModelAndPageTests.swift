import Foundation
import GatewayCore
import TestSupport
import Testing

extension ProxyTests {
    @Suite(.serialized) struct ModelsAndPages {
        @Test func `an unknown model is 404 and names those that are served`() throws {
            let a = ScriptedEngine("a")
            let b = ScriptedEngine("b")
            let running = try RunningGateway(nodes: [
                ("a", a.port, ["small", "shared"]), ("b", b.port, ["large", "shared"]),
            ])
            let client = try running.client()
            let answer = try client.ask(chat(model: "gigantic"))
            #expect(answer.status == 404)
            for word in ["gigantic", "small", "large", "shared", "model_not_found"] {
                #expect(answer.body.contains(word))
            }
            for _ in 0..<3 {
                #expect(try client.ask(chat(model: "small")).header("x-node") == "a")
                #expect(try client.ask(chat(model: "large")).header("x-node") == "b")
            }
            let nodes = try (0..<4).map { _ in try client.ask(chat(model: "shared")).header("x-node") }
            #expect(Set(nodes) == ["a", "b"])
        }

        @Test func `v1/models is merged over nodes`() throws {
            let running = try RunningGateway(nodes: [
                ("a", deadPort(), ["small", "shared"]), ("b", deadPort(), ["shared", "lar\"ge"]),
            ])
            let answer = try running.ask("GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n")
            struct List: Decodable {
                struct Row: Decodable { let id: String, object: String }
                let object: String
                let data: [Row]
            }
            let list = try JSONDecoder().decode(List.self, from: Data(answer.body.utf8))
            #expect(list.data.map(\.id) == ["small", "shared", "lar\"ge"])
            #expect(list.object == "list" && list.data.allSatisfy { $0.object == "model" })
        }

        @Test func `a body that is missing or no JSON object is 400 and says where`() throws {
            let engine = ScriptedEngine()
            let running = try RunningGateway(engine)
            let client = try running.client()
            let none = try client.ask("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(none.status == 400 && none.body.contains("no body"))
            for body in [
                "{", "[]", "\"x\"", "{\"model\":}", "{\"model\":\"tiny\"", "{\"model\":\"tiny\"}}",
                "nonsense",
                "{\"model\":\"tiny\",}", "{'model':'tiny'}", "\u{0}",
            ] {
                let answer = try client.ask(post("/v1/chat/completions", body))
                #expect(answer.status == 400, "\(body)")
                #expect(answer.body.contains("at byte "), "\(body)")
            }
            #expect(try client.ask(chat()).status == 200)
            #expect(engine.count == 1)
        }

        @Test func `a request without a model is 400 while several are served`() throws {
            let running = try RunningGateway(nodes: [("a", deadPort(), ["one", "two"])])
            let answer = try running.ask(post("/v1/chat/completions", "{\"messages\":[]}"))
            #expect(answer.status == 400 && answer.body.contains("one, two"))
        }

        @Test func `health, ready and metrics`() throws {
            let engine = ScriptedEngine()
            let running = try RunningGateway(
                nodes: [("a", engine.port, ["tiny"])], unready: ["a"])
            let client = try running.client()
            func get(_ path: String) throws -> TestAnswer {
                try client.ask("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
            }
            #expect(try get("/health").status == 200)
            #expect(try get("/ready").status == 503)
            try running.serve(["a"])
            #expect(try get("/ready").status == 200)
            #expect(try client.ask(chat()).status == 200)
            let hasCounted = try eventually {
                try get("/metrics").body.contains("signalbox_requests_ended_total{outcome=\"completed\"} 1")
            }
            let page = try get("/metrics")
            #expect(hasCounted, "\(page.body.prefix(600))")
            #expect(page.header("content-type")?.hasPrefix("text/plain; version=0.0.4") == true)
        }
    }
}
