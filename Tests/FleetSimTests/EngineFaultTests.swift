import FleetSim
import Foundation
import GatewayCore
import TestSupport
import Testing

/// What a client sees of each fault, at each moment, on the bare socket.
struct EngineFaultTests {
    private static let tokens = 9

    /// What came on a connection until it ended or fell silent.
    private struct Seen {
        let text: String
        let isOpen: Bool
        var events: Int { text.components(separatedBy: #""delta":{"content":" "#).count - 1 }
        var isWhole: Bool { text.hasSuffix("data: [DONE]\n\n\r\n0\r\n\r\n") }
    }

    private func body(_ fields: String = "") -> String {
        #"{"model":"tiny","stream":true,"max_tokens":\#(Self.tokens),"ignore_eos":true,"#
            + #""messages":[{"role":"user","content":"hello"}]\#(fields)}"#
    }

    private func send(_ body: String, to client: HTTPClient) {
        client.send(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
    }

    private func see(_ engine: RunningEngine, patience: Int32 = 300) throws -> Seen {
        let client = try engine.client()
        send(body(), to: client)
        while client.receive(milliseconds: patience) {}
        return Seen(text: client.received, isOpen: client.isOpen)
    }

    @Test(
        arguments: ["cut", "rst"], ["request", "answer", "head", "frame", "event", "between", "done", "end"])
    func `a connection ends at the moment that was asked for`(kind: String, moment: String) throws {
        let engine = try RunningEngine()
        #expect(try engine.post("/emulator?\(kind)=1&at=\(moment)&after=4").status == 200)
        let seen = try see(engine, patience: 5000)
        #expect(!seen.isOpen)
        switch moment {
        case "request", "answer": #expect(seen.text.isEmpty)
        case "head":
            #expect(seen.text.hasPrefix("HTTP/1.1 200 OK\r\n") && !seen.text.contains("\r\n\r\n"))
        case "frame":
            #expect(seen.events == 4 && seen.text.hasSuffix(#""delta":{"content":""#))
        case "event":
            #expect(seen.events == 4 && seen.text.hasSuffix("\r\n") && !seen.text.hasSuffix("\n\r\n"))
        case "between": #expect(seen.events == 4 && seen.text.hasSuffix("\n\n\r\n"))
        case "done":
            #expect(seen.events == Self.tokens && seen.text.contains(#""finish_reason":"length""#))
            #expect(!seen.text.contains("[DONE]"))
        default: #expect(seen.events == Self.tokens && seen.text.hasSuffix("data: [DONE]\n\n\r\n"))
        }
        #expect(try see(engine).isWhole, "the next one is well")
    }

    @Test func `an answer hangs, says only its header, or stalls`() throws {
        let engine = try RunningEngine()
        for (query, events) in [("hang=1", nil), ("mute=1", 0), ("stall=1&after=3", 3)] as [(String, Int?)] {
            #expect(try engine.post("/emulator?\(query)").status == 200)
            let seen = try see(engine)
            #expect(seen.isOpen)
            #expect(seen.text.isEmpty == (events == nil), "\(query)")
            #expect(seen.events == events ?? 0)
        }
    }

    @Test func `a stream is slow`() throws {
        let engine = try RunningEngine()
        #expect(try engine.post("/emulator?slow=1&ms=20").status == 200)
        let start = MonotonicClock.now()
        #expect(try engine.post("/v1/chat/completions", body()).body.hasSuffix("data: [DONE]\n\n"))
        #expect(MonotonicClock.now() - start > 20_000_000 * UInt64(Self.tokens - 1))
    }

    @Test func `a stream ends by an error, by an abort, or by nothing`() throws {
        let engine = try RunningEngine()
        #expect(try engine.post("/emulator?error=1&after=2").status == 200)
        let failed = try engine.post("/v1/chat/completions", body()).chunks
        #expect(failed.count == 5)
        #expect(failed[3].hasPrefix(#"data: {"error": {"message": "EngineCore"#))
        #expect(failed[4] == "data: [DONE]\n\n")
        #expect(try engine.post("/emulator?abort=1&after=2").status == 200)
        let aborted = try engine.post("/v1/chat/completions", body()).chunks
        #expect(aborted.count == 5)
        #expect(aborted[3].contains(#""delta":{"content":""},"logprobs":null,"finish_reason":"abort""#))
        #expect(aborted[4] == "data: [DONE]\n\n")
        #expect(try engine.post("/emulator?truncate=1&after=2").status == 200)
        let truncated = try engine.post("/v1/chat/completions", body()).chunks
        #expect(truncated.count == 3)
        #expect(!truncated.joined().contains("[DONE]") && !truncated.joined().contains("length"))
    }

    @Test func `a stream holds garbage and goes on`() throws {
        let engine = try RunningEngine()
        #expect(try engine.post("/emulator?nojson=1&after=2").status == 200)
        let odd = try engine.post("/v1/chat/completions", body()).chunks
        #expect(odd.count == Self.tokens + 2)
        #expect(throws: JSONValue.Problem.self) { try JSONValue.parse(Array(odd[3].dropFirst(6).utf8)) }
        #expect(odd.last == "data: [DONE]\n\n")
        #expect(try engine.post("/emulator?utf8=1&after=2").status == 200)
        let illegible = try engine.post("/v1/chat/completions", body()).chunks
        #expect(illegible.count == Self.tokens + 2)
        #expect(illegible[3].contains("\u{FFFD}"))
        #expect(try engine.post("/emulator?chunk=1&after=2").status == 200)
        let broken = try see(engine)
        #expect(broken.events == 2 && broken.text.hasSuffix("\n\n\r\nzz\r\n") && broken.isOpen)
    }

    @Test func `a stream repeats itself to its limit`() throws {
        let engine = try RunningEngine()
        #expect(try engine.post("/emulator?repeat=1&after=10").status == 200)
        let long = body().replacingOccurrences(of: #""max_tokens":9"#, with: #""max_tokens":42"#)
        var checker = StreamChecker()
        checker.take(Array(try engine.post("/v1/chat/completions", long).body.utf8))
        checker.finish()
        #expect(checker.fault == nil && checker.tokens == 42)
        let span = checker.text.dropFirst(8).prefix(32)
        #expect(checker.text.dropFirst(8) == String(repeating: String(span), count: 5).prefix(160))
    }

    @Test func `a refusal says when to come again`() throws {
        let engine = try RunningEngine()
        #expect(try engine.post("/emulator?fail=1&status=429&retry-after=7").status == 200)
        let answer = try engine.post("/v1/chat/completions", body())
        #expect(answer.status == 429 && answer.head.contains("\r\nretry-after: 7\r\n"))
    }

    @Test func `a paused engine looks well and idle, and goes on where it was asked to`() throws {
        let engine = try RunningEngine()
        #expect(try engine.post("/emulator?pause=1").status == 200)
        let client = try engine.client()
        send(body(), to: client)
        #expect(client.receive() && client.received.hasSuffix("\r\n\r\n"), "the header alone comes")
        #expect(try engine.get("/health").status == 200)
        #expect(try engine.metric("vllm:num_requests_running") == 0)
        #expect(try engine.metric("vllm:num_requests_waiting") == 0)
        #expect(try engine.post("/emulator?pause=0").status == 200)
        #expect(try client.answer().chunks.count == Self.tokens + 2)
    }

    @Test func `TERM ends streams as vLLM's does`() throws {
        let engine = try RunningEngine {
            $0.ending = .vllm
            $0.speed = 0.2
        }
        let client = try engine.client()
        send(body(), to: client)
        #expect(eventually { client.receive() && client.received.contains(#""content":" "#) })
        engine.terminate()
        let answer = try client.answer()
        #expect(answer.chunks.last == "data: [DONE]\n\n")
        let farewell = answer.chunks.dropLast().last ?? ""
        #expect(farewell.hasPrefix(#"data: {"error": {"message": "EngineCore"#))
        #expect(eventually { (try? engine.client()) == nil })
    }

    @Test func `TERM with a shutdown timeout lets streams finish and refuses what is new`() throws {
        let engine = try RunningEngine {
            $0.ending = .shutdownTimeout
            $0.speed = 0.2
        }
        let client = try engine.client()
        send(body(), to: client)
        #expect(eventually { client.receive() && client.received.contains(#""content":" "#) })
        engine.terminate()
        #expect(try eventually { try engine.post("/v1/chat/completions", body()).status == 500 })
        #expect(try engine.get("/health").status == 200)
        #expect(try client.answer().chunks.count == Self.tokens + 2)
        #expect(eventually { (try? engine.client()) == nil })
    }

    @Test func `an engine tells what it wrote and who left`() throws {
        let engine = try RunningEngine { $0.speed = 1 }
        func account() throws -> JSONValue { try JSONValue.parse(Array(engine.get("/emulator").body.utf8)) }
        #expect(try engine.post("/v1/chat/completions", body()).status == 200)
        var client: HTTPClient? = try engine.client()
        if let client {
            send(body(#","user":"c1""#).replacingOccurrences(of: ":9", with: ":900"), to: client)
        }
        #expect(client?.receive() == true)
        #expect(try eventually { try account()["unfinished"]?.integer == 1 })
        // Before it leaves: its engine may see that sooner than this thread goes on.
        let left = MonotonicClock.now()
        client = nil
        #expect(try eventually { try account()["left"]?.integer == 1 })
        let told = try account()
        #expect(told["departures"]?[0]?["user"]?.string == "c1")
        #expect((0...100_000_000).contains((told["departures"]?[0]?["at"]?.integer ?? 0) - Int(left)))
        #expect(told["completions"]?.integer == 2 && told["finished"]?.integer == 1)
        #expect(told["finished_tokens"]?.integer == Self.tokens)
        #expect((told["written_tokens"]?.integer ?? 0) >= Self.tokens)
    }
}
