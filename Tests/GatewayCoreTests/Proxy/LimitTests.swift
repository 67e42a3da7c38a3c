import Foundation
import GatewayCore
import TestSupport
import Testing

extension ProxyTests {
    /// What an operator admits: requests on a node, and requests that wait.
    @Suite(.serialized) struct Limits {
        private let folder = NSTemporaryDirectory() + "signalbox-limits-" + UUID().uuidString.prefix(8)

        private func queued(_ running: RunningGateway) throws -> Int { try running.snapshot().gateway.queued }

        /// Sends requests one after another.
        private func send(_ running: RunningGateway, _ count: Int) throws -> [TestSocket] {
            try (0..<count).map { number in
                let client = try running.client()
                client.send(chat("\(number)"))
                return client
            }
        }

        @Test(arguments: [1, 2])
        func `a lower limit cuts nothing and lets the next ones wait, a higher one lets them go`(loops: Int)
            throws
        {
            let engine = HoldingEngine()
            let running = try RunningGateway(engine.engine, loops: loops)
            var clients = try send(running, 4)
            #expect(eventually { engine.arrived.count == 4 })
            let lowered = try running.perform(.setLimit(node: "a", requests: 2))
            #expect(lowered.message == "limit of a: none → 2")
            #expect(lowered.inverse == .setLimit(node: "a", requests: nil))
            #expect(try running.snapshot().nodes[0].limit == 2)
            clients += try send(running, 3)
            #expect(try eventually { try queued(running) == 3 })
            engine.release(2)
            #expect(try eventually { try running.snapshot().nodes[0].active == 2 })
            #expect(engine.arrived.count == 4, "two are there, as many as may be")
            engine.release(1)
            #expect(eventually { engine.arrived.count == 5 })
            #expect(try running.perform(.setLimit(node: "a", requests: 4)).accepted)
            #expect(eventually { engine.arrived.count == 7 })
            #expect(try eventually { try queued(running) == 0 })
            engine.release(4)
            for client in clients { #expect(try client.answer().status == 200) }
        }

        @Test func `without a limit all go at once again`() throws {
            let engine = HoldingEngine()
            let running = try RunningGateway(engine.engine) { $0.limits.maxActivePerNode = 1 }
            #expect(try running.snapshot().nodes[0].configuredLimit == 1)
            let clients = try send(running, 3)
            #expect(try eventually { try queued(running) == 2 })
            let result = try running.perform(.setLimit(node: "a", requests: nil))
            #expect(result.message == "limit of a: 1 → none")
            #expect(result.inverse == .setLimit(node: "a", requests: 1))
            #expect(eventually { engine.arrived.count == 3 })
            engine.release(3)
            for client in clients { #expect(try client.answer().status == 200) }
        }

        @Test func `the queue's capacity is what an operator sets, and those that wait stay`() throws {
            let engine = HoldingEngine()
            let running = try RunningGateway(engine.engine) { $0.limits.maxActivePerNode = 1 }
            let clients = try send(running, 3)
            #expect(try eventually { try queued(running) == 2 })
            let lowered = try running.perform(.setQueueCapacity(requests: 1))
            #expect(lowered.message == "queue's capacity: 1024 → 1")
            #expect(lowered.inverse == .setQueueCapacity(requests: 1024))
            let gateway = try running.snapshot().gateway
            #expect(gateway.queueCapacity == 1 && gateway.configuredQueueCapacity == 1024)
            let refused = try running.ask(chat("one more"))
            #expect(refused.status == 429 && refused.body.contains("limits.queueCapacity"))
            #expect(try queued(running) == 2)
            #expect(try running.perform(.setQueueCapacity(requests: 3)).accepted)
            let last = try running.client()
            last.send(chat("last"))
            #expect(try eventually { try queued(running) == 3 })
            engine.release(4)
            for client in clients + [last] { #expect(try client.answer().status == 200) }
        }

        @Test func `limits are journalled, tried, and there again when the gateway starts again`() throws {
            defer { try? FileManager.default.removeItem(atPath: folder) }
            func gateway() throws -> RunningGateway {
                try RunningGateway(nodes: [("a", deadPort(), ["tiny"]), ("b", deadPort(), ["tiny"])]) {
                    $0.journal = folder
                }
            }
            try {
                let running = try gateway()
                #expect(try running.perform(.setLimit(node: "a", requests: 5)).accepted)
                #expect(try running.perform(.setQueueCapacity(requests: 7)).accepted)
                let tried = try running.perform(.setLimit(node: "b", requests: 3), trySeconds: 1)
                #expect(tried.message.contains("for 1 s, then none again unless kept"))
                #expect(try eventually { try running.snapshot().trials.isEmpty })
                #expect(try running.snapshot().nodes.map(\.limit) == [5, nil])
            }()
            let snapshot = try gateway().snapshot()
            #expect(snapshot.nodes.map(\.limit) == [5, nil] && snapshot.gateway.queueCapacity == 7)
            let restored = try #require(snapshot.gateway.restored)
            #expect(restored.contains("a limit 5") && restored.contains("queue's capacity 7"), "\(restored)")
        }
    }
}
