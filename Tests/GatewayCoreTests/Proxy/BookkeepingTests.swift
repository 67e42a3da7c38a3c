import Foundation
import GatewayCore
import Synchronization
import TestSupport
import Testing

extension ProxyTests {
    @Suite(.serialized) struct Bookkeeping {
        /// What a request's body asks the engine to do.
        private static func play(_ request: SeenRequest, _ side: EngineSide) {
            if request.body.contains("complete") {
                ScriptedEngine.answer(request, side, from: "a")
            } else if request.body.contains("early close") {
                side.close()
            } else if request.body.contains("early error") {
                side.json(500, "{}")
            } else if let last = request.body.firstMatch(of: /leave at (\d+)/).flatMap({ Int($0.1) }) {
                side.begin()
                for number in 0...last { side.event(EngineSide.token("\(number)")) }
                _ = side.isLeft()
                side.close()
            } else {
                side.begin()
                for number in 0..<20 {
                    guard side.event(EngineSide.token("\(number)")) else { return side.close() }
                    if number == 10, request.body.contains("die") { return side.reset() }
                }
                side.event("[DONE]")
                side.end()
            }
        }

        private static func ask(_ kind: Int, _ seed: Int, _ running: RunningGateway) throws {
            let client = try running.client()
            let isStreaming = seed % 2 == 0
            switch kind {
            case 0, 1: _ = try? client.ask(chat("complete", stream: isStreaming))
            case 2: _ = try? client.ask(chat("early close", stream: isStreaming))
            case 3: _ = try? client.ask(chat("early error", stream: isStreaming))
            case 4: _ = try? client.ask(chat("die", stream: true))
            case 5:  // hangs up at any token of the stream, or any byte of the request
                let request = Array(chat("leave at \(seed % 20)", stream: true).utf8)
                if seed % 3 == 0 {
                    client.send(Array(request.prefix(1 + seed % request.count)))
                } else {
                    client.send(request)
                    _ = client.end(of: EngineSide.token("\(seed % 20)"))
                }
                seed % 5 == 0 ? client.reset() : client.close()
            case 6:  // leaves without reading what it asked for, several at once
                client.send(chat("complete", stream: true) + chat("stream", stream: true) + chat("complete"))
                if seed % 2 == 0 { client.fill() }
                client.reset()
            case 7: _ = try? client.ask(chat("complete", model: "unknown"))
            case 8: _ = try? client.ask("GARBAGE\r\n\r\n")
            default:
                client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
                client.reset()
            }
        }

        @Test
        func `after a thousand ends of every kind nothing is left, and received is the sum of the ends`()
            throws
        {
            let engines = ["a", "b"].map { ScriptedEngine($0) { Self.play($0, $1) } }
            let running = try RunningGateway(
                nodes: engines.map { ($0.name, $0.port, ["tiny"]) }, loops: 2
            ) {
                // A third of the requests fail on purpose, on both.
                $0.rules.ejection.minimumShare = 1
            }
            let next = Atomic<Int>(0)
            let ended = Atomic<Int>(0)
            nonisolated(unsafe) let gateway = running
            for _ in 0..<8 {
                Thread.detachNewThread {
                    while true {
                        let number = next.add(1, ordering: .relaxed).oldValue
                        guard number < 1000 else { break }
                        let seed = Int(UInt32(truncatingIfNeeded: number &* 2_654_435_761) >> 4)
                        try? Self.ask(number % 10, seed, gateway)
                    }
                    ended.add(1, ordering: .releasing)
                }
            }
            let allEnded = eventually(seconds: 60) { ended.load(ordering: .acquiring) == 8 }
            #expect(allEnded)
            var snapshot = try running.snapshot()
            let isQuiet = try eventually {
                snapshot = try running.snapshot()
                let totals = snapshot.totals
                return totals.active == 0 && snapshot.gateway.clientConnections == 0
                    && totals.requests
                        == totals.completed + totals.cancelled + totals.failed + totals.refused
            }
            let totals = snapshot.totals
            #expect(
                isQuiet,
                Comment(
                    rawValue:
                        "\(totals.requests) received, \(totals.completed) completed, \(totals.cancelled) cancelled,"
                        + " \(totals.failed) failed, \(totals.refused) refused, \(totals.active) active")
            )
            for node in snapshot.nodes {
                #expect(node.active == 0 && node.prefilling == 0 && node.decoding == 0, "\(node.name)")
            }
            #expect(snapshot.streamsTotal == 0 && snapshot.streams.isEmpty && snapshot.gateway.queued == 0)
            #expect(totals.completed >= 200 && totals.cancelled > 20 && totals.failed >= 100)
            #expect(totals.refused >= 200 && totals.requests >= 700)
        }
    }
}
