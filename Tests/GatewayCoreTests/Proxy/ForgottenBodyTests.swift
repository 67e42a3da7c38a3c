import GatewayCore
import Synchronization
import TestSupport
import Testing

@testable import struct GatewayCore.Client

/// What is kept of a request once its stream has begun and can't go on elsewhere.
struct ForgottenBodyTests {
    private static let body =
        "{\"user\":\"acme\",\"messages\":[{\"role\":\"user\",\"content\":\"\(String(repeating: "long ", count: 2000))\"}],"
        + "\"model\":\"tiny\",\"session_id\":\"agent-1\"}"

    private func text(_ client: borrowing Client, _ place: ByteRange) -> String {
        client.withBody { $0.text(place.range) }
    }

    @Test(arguments: [false, true])
    func `names stay, and nothing else of a body of ten kilobytes`(isChunked: Bool) throws {
        var client = Client()
        let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(Self.body.utf8.count)"
        client.input.append(text: "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n\(framing)\r\n\r\n")
        guard case .complete(let head) = client.input.withBytes({ RequestHead.parse($0, limit: 8192) }) else {
            Issue.record("the head is not whole")
            return
        }
        client.head = head
        if isChunked { client.decoded.append(text: Self.body) } else { client.input.append(text: Self.body) }
        guard case .facts(let facts) = client.withBody({ BodyFacts.read($0) }) else {
            Issue.record("the body is no request")
            return
        }
        client.facts = facts
        client.forgetBody()
        #expect(client.input.count + client.decoded.count < 200)
        #expect(client.input.count == head.byteCount + (isChunked ? 0 : client.bodyByteCount))
        #expect(text(client, client.facts.model) == "tiny")
        #expect(text(client, client.facts.tenant) == "acme")
        #expect(text(client, client.facts.session) == "agent-1")
        #expect(client.facts.prompt.isEmpty && client.facts.promptBytes == 0)
    }
}

extension ProxyTests {
    @Suite(.serialized) struct ForgottenBodies {
        /// Streams that begin and go on when they are let.
        private final class Engines: Sendable {
            let asked = Mutex<[String]>([])
            private let goesOn = Atomic<Bool>(false)

            func letGoOn() { goesOn.store(true, ordering: .releasing) }

            func engine(_ name: String) -> ScriptedEngine {
                ScriptedEngine(name) { [self] request, side in
                    asked.withLock { $0.append(request.body) }
                    side.begin()
                    side.event(EngineSide.token("begun"))
                    _ = eventually(seconds: 20) { goesOn.load(ordering: .acquiring) }
                    side.event("{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}")
                    side.event("[DONE]")
                    side.end()
                }
            }
        }

        private static let names = "\"temperature\":0.7,\"user\":\"acme\",\"session_id\":\"agent-1\","
        private static let long = chat(
            String(repeating: "long ", count: 2000), stream: true, more: names)

        /// The one stream that has begun, by its names.
        private func listed(_ running: RunningGateway) throws -> StreamStatus? {
            try running.snapshot().streams.first {
                $0.phase == .decode && $0.tenant == "acme" && $0.session == "agent-1" && $0.model == "tiny"
            }
        }

        /// Then the next request of its connection is read from its first byte.
        @Test(arguments: [false, true])
        func `a stream that has begun is known by its names, and its connection goes on`(isPipelined: Bool)
            throws
        {
            let engines = Engines()
            let running = try RunningGateway(engines.engine("a"))
            let second = chat("the next one", stream: true)
            let client = try running.client()
            client.send(isPipelined ? Self.long + second : Self.long)
            #expect(try eventually { try listed(running) != nil })
            engines.letGoOn()
            #expect(try client.answer().body.hasSuffix("data: [DONE]\n\n"))
            if !isPipelined { client.send(second) }
            #expect(try client.answer().body.hasSuffix("data: [DONE]\n\n"))
            #expect(engines.asked.withLock { $0.count == 2 && $0[1].contains("the next one") })
        }

        @Test func `what an operator moves off its node stays there when nobody can go on with it`() throws {
            let engines = Engines()
            let running = try RunningGateway(engines.engine("a"), engines.engine("b"))
            let client = try running.client()
            client.send(Self.long)
            #expect(try eventually { try listed(running) != nil })
            let node = try #require(try listed(running)?.node)
            let drain = Command.drain(node: node, deadlineSeconds: nil, atDeadline: .keep, force: false)
            #expect(try running.perform(drain).accepted)
            #expect(try running.perform(.migrate(node: node)).accepted)
            try running.goOn(seconds: 0.5)
            #expect(try listed(running)?.node == node)
            engines.letGoOn()
            #expect(try client.answer().body.hasSuffix("data: [DONE]\n\n"))
            #expect(engines.asked.withLock { $0.count } == 1)
        }
    }
}
