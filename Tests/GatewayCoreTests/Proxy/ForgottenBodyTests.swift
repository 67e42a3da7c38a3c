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
        /// A stream that is listed with its names, and then the next request of its connection, read from its first byte.
        @Test(arguments: [false, true])
        func `a stream that has begun is known by its names, and its connection goes on`(isPipelined: Bool)
            throws
        {
            let goesOn = Atomic<Bool>(false)
            let asked = Mutex<[String]>([])
            let engine = ScriptedEngine { request, side in
                asked.withLock { $0.append(request.body) }
                side.begin()
                side.event(EngineSide.token("begun"))
                _ = eventually(seconds: 20) { goesOn.load(ordering: .acquiring) }
                side.event("{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}")
                side.event("[DONE]")
                side.end()
            }
            let running = try RunningGateway(engine)
            let names = "\"temperature\":0.7,\"user\":\"acme\",\"session_id\":\"agent-1\","
            let first = chat(String(repeating: "long ", count: 2000), stream: true, more: names)
            let second = chat("the next one", stream: true)
            let client = try running.client()
            client.send(isPipelined ? first + second : first)
            let isListed = try eventually {
                let stream = try running.snapshot().streams.first
                return stream?.phase == .decode && stream?.tenant == "acme" && stream?.session == "agent-1"
                    && stream?.model == "tiny"
            }
            #expect(isListed)
            goesOn.store(true, ordering: .releasing)
            #expect(try client.answer().body.hasSuffix("data: [DONE]\n\n"))
            if !isPipelined { client.send(second) }
            #expect(try client.answer().body.hasSuffix("data: [DONE]\n\n"))
            #expect(asked.withLock { $0.count == 2 && $0[1].contains("the next one") })
        }
    }
}
