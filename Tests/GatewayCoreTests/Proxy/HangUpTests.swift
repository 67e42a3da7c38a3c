import Foundation
import GatewayCore
import Synchronization
import TestSupport
import Testing

extension ProxyTests {
    @Suite(.serialized) struct HangUps {
        @Test func `a client that hangs up closes its engine's connection within 100 ms`() throws {
            let left = Mutex<[Date]>([])
            let engine = ScriptedEngine("a") { request, side in
                if request.body.contains("stream\":true") {
                    side.begin()
                    side.event(EngineSide.token("one"))
                }
                if side.isLeft() { left.withLock { $0.append(Date()) } }
                side.close()
            }
            let running = try RunningGateway(engine)
            for isStreaming in [true, false] {
                var best = Double.infinity
                for _ in 0..<3 {
                    left.withLock { $0 = [] }
                    let before = engine.count
                    let client = try running.client()
                    client.send(chat(stream: isStreaming))
                    if isStreaming { #expect(client.through("one") != nil) }
                    #expect(eventually { engine.count > before })
                    let at = Date()
                    client.close()
                    #expect(eventually { left.withLock { !$0.isEmpty } }, "the engine was never left")
                    best = min(best, left.withLock { $0.first?.timeIntervalSince(at) } ?? .infinity)
                }
                #expect(best < 0.1, "streaming \(isStreaming)")
            }
            #expect(try eventually { try running.snapshot().totals.cancelled == 6 })
            #expect(try running.snapshot().nodes[0].active == 0)
        }

        @Test func `for a slow client the engine is not read, and goes on when the client reads again`()
            throws
        {
            let total = 64 * 1_048_576
            let accepted = Atomic<Int>(0)
            let text = String(repeating: "x", count: 65_536 - 200)
            let engine = ScriptedEngine("a") { _, side in
                side.begin()
                let data = EngineSide.token(text)
                let frame = Array("data: \(data)\n\n".utf8)
                let chunk = Array("\(String(frame.count, radix: 16))\r\n".utf8) + frame + [13, 10]
                for _ in 0..<(total / frame.count) {
                    guard side.socket.send(chunk) else { return }
                    accepted.add(frame.count, ordering: .relaxed)
                }
                side.event("[DONE]")
                side.end()
            }
            let running = try RunningGateway(engine)
            let client = try TestSocket(port: running.port, receiveBuffer: 65_536)
            client.send(chat(stream: true))
            var (last, since) = (0, Date())
            let stands = eventually(seconds: 15) {
                let now = accepted.load(ordering: .relaxed)
                if now != last { (last, since) = (now, Date()) }
                return now > 0 && Date().timeIntervalSince(since) > 0.3
            }
            #expect(stands, "the engine is read although its client does not read")
            let held = accepted.load(ordering: .relaxed)
            #expect(held < total / 3, "\(held) bytes were taken for a client that reads nothing")
            #expect(try running.ask("GET /health HTTP/1.1\r\nHost: x\r\n\r\n").status == 200)
            let answer = try client.answer()
            #expect(answer.body.utf8.count > total - 200_000)
            #expect(answer.body.hasSuffix("data: [DONE]\n\n"))
            #expect(accepted.load(ordering: .relaxed) > held)
        }

        @Test
        func `a client that never reads loses its stream after the reader's limit, and its engine is left`()
            throws
        {
            let left = Atomic<Bool>(false)
            let engine = ScriptedEngine("a") { _, side in
                side.begin()
                let event = EngineSide.token(String(repeating: "x", count: 60_000))
                while side.event(event) {}
                left.store(true, ordering: .releasing)
                side.close()
            }
            let running = try RunningGateway(engine) { $0.limits.readerSeconds = 0.5 }
            let client = try TestSocket(port: running.port, receiveBuffer: 65_536)
            client.send(chat(stream: true))
            #expect(eventually(seconds: 20) { left.load(ordering: .acquiring) })
            #expect(try eventually { try running.snapshot().totals.active == 0 })
            let totals = try running.snapshot().totals
            #expect(try running.snapshot().nodes[0].active == 0)
            #expect(totals.slowReaders == 1)
            client.close()
        }

        @Test func `connections beyond the limit are turned away, and taken again when others end`() throws {
            let running = try RunningGateway(ScriptedEngine()) { $0.limits.maxConnections = 3 }
            let clients = try (0..<3).map { _ in try running.client() }
            for client in clients { #expect(try client.ask(chat()).status == 200) }
            let fourth = try running.client()
            #expect(try fourth.answer().status == 503)
            #expect(fourth.ends())
            #expect(try eventually { try running.snapshot().gateway.clientConnections == 3 })
            for client in clients { client.close() }
            #expect(try eventually { try running.snapshot().gateway.clientConnections == 0 })
            #expect(try running.stillServes())
            #expect(try eventually { try running.snapshot().gateway.connectionsRefused == 1 })
        }

        @Test func `a client that hangs up while its request waits leaves the queue`() throws {
            let running = try RunningGateway(
                nodes: [("a", deadPort(), ["tiny"])], unready: ["a"])
            let client = try running.client()
            client.send(chat())
            #expect(try eventually { try running.snapshot().gateway.queued == 1 })
            client.close()
            #expect(try eventually { try running.snapshot().gateway.queued == 0 })
            #expect(try eventually { try running.snapshot().totals.cancelled == 1 })
        }
    }
}
