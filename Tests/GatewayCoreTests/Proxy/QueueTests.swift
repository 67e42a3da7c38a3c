import Foundation
import GatewayCore
import TestSupport
import Testing

extension ProxyTests {
    @Suite(.serialized) struct Queues {
        /// A gateway that gives its one node so many requests at once.
        private func saturated(
            _ engine: HoldingEngine, places: Int, loops: Int = 1,
            _ change: (inout GatewayConfiguration) -> Void = { _ in }
        ) throws -> RunningGateway {
            try RunningGateway(engine.engine, loops: loops) {
                $0.limits.maxActivePerNode = places
                change(&$0)
            }
        }

        private func queued(_ running: RunningGateway) throws -> Int { try running.snapshot().gateway.queued }

        /// Sends a request and waits until it is in the queue, so that the order of arrival is known.
        private func enqueue(
            _ running: RunningGateway, _ text: String, at place: Int, more: String = "", headers: String = ""
        ) throws -> TestSocket {
            let client = try running.client()
            client.send(chat(text, more: more, headers: headers))
            #expect(try eventually { try queued(running) == place })
            return client
        }

        @Test(arguments: [1, 2])
        func `a full node gets no more than its places, and the rest drains in order`(loops: Int) throws {
            let engine = HoldingEngine()
            let running = try saturated(engine, places: 2, loops: loops)
            let first = try (0..<2).map { number -> TestSocket in
                let client = try running.client()
                client.send(chat("first \(number)"))
                return client
            }
            #expect(eventually { engine.arrived.count == 2 })
            let waiting = try (0..<8).map { try enqueue(running, "wait \($0)", at: $0 + 1) }
            #expect(engine.arrived.count == 2, "the rest waits in the gateway")
            for number in 0..<8 {
                engine.release(1)
                #expect(eventually { engine.arrived.count == number + 3 })
            }
            engine.release(2)
            #expect(Array(engine.arrived.dropFirst(2)) == (0..<8).map { "wait \($0)" })
            for client in first + waiting { #expect(try client.answer().status == 200) }
            #expect(try eventually { try queued(running) == 0 })
        }

        @Test func `a place that becomes free is given at once`() throws {
            let engine = HoldingEngine()
            let running = try saturated(engine, places: 1)
            let holder = try running.client()
            holder.send(chat("holder"))
            #expect(eventually { engine.arrived.count == 1 })
            let clients = try (0..<20).map { try enqueue(running, "\($0)", at: $0 + 1) }
            var waits: [Double] = []
            for number in 0..<20 {
                #expect(engine.arrived.count == number + 1)
                let begun = Date()
                engine.release(1)
                #expect(eventually { engine.arrived.count == number + 2 })
                waits.append(Date().timeIntervalSince(begun) * 1000)
            }
            print("from letting one go to the next one's arrival: \(waits.sorted()[10]) ms at the median")
            // Ten looks a second would give 50 ms at the median.
            #expect(waits.sorted()[10] < 30, "\(waits)")
            engine.release(1)
            for client in clients { #expect(try client.answer().status == 200) }
        }

        @Test
        func `headers and bodies say how urgent a request is, and a header that says nonsense is refused`()
            throws
        {
            let engine = HoldingEngine()
            let running = try saturated(engine, places: 1)
            let holder = try running.client()
            holder.send(chat("holder"))
            #expect(eventually { engine.arrived.count == 1 })
            let clients = [
                try enqueue(running, "low", at: 1, headers: "X-Signalbox-Priority: low\r\n"),
                try enqueue(running, "later", at: 2, more: "\"priority\":5,"),
                try enqueue(running, "normal", at: 3),
                try enqueue(running, "sooner", at: 4, more: "\"priority\":-1,"),
                try enqueue(
                    running, "high", at: 5, more: "\"priority\":9,",
                    headers: "X-Signalbox-Priority: HIGH\r\n"),
            ]
            let wrong = try running.ask(chat(headers: "X-Signalbox-Priority: urgent\r\n"))
            #expect(wrong.status == 400 && wrong.body.contains("x-signalbox-priority"))
            engine.release(6)
            for client in clients { #expect(try client.answer().status == 200) }
            #expect(engine.arrived == ["holder", "sooner", "high", "normal", "low", "later"])
        }

        @Test func `a tenant that asks for much does not crowd out one that asks for little`() throws {
            let engine = HoldingEngine()
            let running = try saturated(engine, places: 1)
            let holder = try running.client()
            holder.send(chat("holder"))
            #expect(eventually { engine.arrived.count == 1 })
            var clients: [TestSocket] = []
            for number in 0..<12 {
                clients.append(
                    try enqueue(
                        running, "big \(number)", at: number + 1, headers: "X-Signalbox-Tenant: big\r\n"))
            }
            for number in 0..<3 {
                clients.append(
                    try enqueue(
                        running, "small \(number)", at: number + 13, more: "\"user\":\"small\","))
            }
            engine.release(20)
            for client in clients { #expect(try client.answer().status == 200) }
            let last = engine.arrived.lastIndex { $0.hasPrefix("small") } ?? 99
            #expect(last <= 7, "they took turns: \(engine.arrived)")
        }

        @Test func `a newcomer does not overtake those who wait`() throws {
            let engine = HoldingEngine()
            let running = try saturated(engine, places: 1, loops: 2)
            let holder = try running.client()
            holder.send(chat("holder"))
            #expect(eventually { engine.arrived.count == 1 })
            let clients = try (0..<10).map { try enqueue(running, "old \($0)", at: $0 + 1) }
            engine.release(5)
            #expect(eventually { engine.arrived.count >= 4 })
            let fresh = try (0..<4).map { number -> TestSocket in
                let client = try running.client()
                client.send(chat("new \(number)"))
                return client
            }
            engine.release(20)
            for client in clients + fresh { #expect(try client.answer().status == 200) }
            #expect(
                engine.arrived.filter { $0.hasPrefix("old") || $0 == "holder" }
                    == Array(engine.arrived.prefix(11)))
        }

        @Test func `a client that leaves the queue is forgotten`() throws {
            let engine = HoldingEngine()
            let running = try saturated(engine, places: 1)
            let holder = try running.client()
            holder.send(chat("holder"))
            #expect(eventually { engine.arrived.count == 1 })
            let leaver = try enqueue(running, "leaver", at: 1)
            let stayer = try enqueue(running, "stayer", at: 2)
            leaver.close()
            #expect(try eventually { try queued(running) == 1 })
            engine.release(2)
            #expect(try stayer.answer().status == 200)
            #expect(!engine.arrived.contains("leaver"))
        }

        @Test func `a session that is cancelled leaves the queue too, and its client is told`() throws {
            let engine = HoldingEngine()
            let running = try saturated(engine, places: 1, loops: 2)
            let holder = try running.client()
            holder.send(chat("holder"))
            #expect(eventually { engine.arrived.count == 1 })
            let mine = try enqueue(running, "mine", at: 1, headers: "X-Signalbox-Session: s9\r\n")
            let other = try enqueue(running, "other", at: 2, headers: "X-Signalbox-Session: s8\r\n")
            #expect(try running.perform(.cancelSession(id: "s9")).accepted)
            #expect(try mine.answer().status == 499)
            engine.release(2)
            #expect(try other.answer().status == 200)
            #expect(engine.arrived == ["holder", "other"])
        }

        @Test func `the operator sees each model's queue`() throws {
            let engine = HoldingEngine()
            let running = try saturated(engine, places: 1)
            let holder = try running.client()
            holder.send(chat("holder"))
            #expect(eventually { engine.arrived.count == 1 })
            let clients = [
                try enqueue(running, "one", at: 1, headers: "X-Signalbox-Priority: high\r\n"),
                try enqueue(running, "two", at: 2, headers: "X-Signalbox-Priority: low\r\n"),
            ]
            let row = try #require(try running.snapshot().queues.first)
            #expect(row.model == "tiny" && row.high == 1 && row.normal == 0 && row.low == 1)
            #expect(row.tokens > 0 && row.oldestSeconds > 0 && row.drainPerSecond == 0)
            #expect(
                try eventually {
                    try running.ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").body.contains(
                        "signalbox_queue_requests{model=\"tiny\",priority=\"high\"} 1")
                })
            engine.release(3)
            for client in clients { #expect(try client.answer().status == 200) }
            #expect(try eventually { try running.snapshot().queues.isEmpty })
        }

        @Test func `a storm of clients over few places, some of whom leave, leaves nothing behind`() throws {
            let engine = ScriptedEngine("a") { request, side in
                // It takes two milliseconds, or until it is left.
                _ = side.socket.fill(seconds: 0.002)
                ScriptedEngine.answer(request, side, from: "a")
            }
            let running = try RunningGateway(engine, loops: 2) { $0.limits.maxActivePerNode = 3 }
            let outcome = Tally()
            let workers = DispatchGroup()
            let port = running.port
            for worker in 0..<24 {
                workers.enter()
                Thread.detachNewThread {
                    defer { workers.leave() }
                    for turn in 0..<20 {
                        let priority = ["high", "normal", "low"][(worker + turn) % 3]
                        guard let client = try? TestSocket(port: port) else { return outcome.count("broken") }
                        client.send(
                            chat(
                                stream: turn % 2 == 0,
                                headers:
                                    "X-Signalbox-Priority: \(priority)\r\nX-Signalbox-Tenant: \(worker % 5)\r\n"
                            ))
                        if turn % 4 == 3 {
                            client.fill(seconds: 0.001)
                            client.reset()
                            outcome.count("left")
                        } else {
                            outcome.count((try? client.answer()).map { "\($0.status)" } ?? "broken")
                        }
                    }
                }
            }
            #expect(workers.wait(timeout: .now() + 60) == .success)
            #expect(outcome.counts == ["200": 360, "left": 120], "\(outcome.counts)")
            let isEmpty = try eventually {
                let snapshot = try running.snapshot()
                return snapshot.gateway.queued == 0 && snapshot.queues.isEmpty && snapshot.totals.active == 0
                    && snapshot.nodes[0].active == 0 && snapshot.gateway.memory.queueBytes == 0
            }
            #expect(isEmpty)
        }

        @Test func `who waits too long for a full node gets 429 with the rate's Retry-After`() throws {
            let engine = HoldingEngine()
            let running = try saturated(engine, places: 1) { $0.limits.queueSeconds = 0.5 }
            let holder = try running.client()
            holder.send(chat("holder"))
            #expect(eventually { engine.arrived.count == 1 })
            let late = try running.ask(chat("late"))
            #expect(late.status == 429 && late.body.contains("limits.queueSeconds"))
            #expect(late.header("retry-after") == "60", "nothing has left the queue")
            engine.release(1)
            #expect(try holder.answer().status == 200)
        }

        @Test func `a full queue gives the place of the least urgent to a more urgent request`() throws {
            let engine = HoldingEngine()
            let running = try saturated(engine, places: 1, loops: 2) { $0.limits.queueCapacity = 2 }
            let holder = try running.client()
            holder.send(chat("holder"))
            #expect(eventually { engine.arrived.count == 1 })
            let normal = try enqueue(running, "normal", at: 1)
            let low = try enqueue(running, "low", at: 2, headers: "X-Signalbox-Priority: low\r\n")
            let refused = try running.ask(
                chat("one too many", headers: "X-Signalbox-Priority: low\r\n"))
            #expect(refused.status == 429 && refused.body.contains("limits.queueCapacity"))
            let high = try running.client()
            high.send(chat("high", headers: "X-Signalbox-Priority: high\r\n"))
            let put = try low.answer()
            #expect(put.status == 429 && put.header("retry-after") != nil)
            engine.release(3)
            #expect(try high.answer().status == 200)
            #expect(try normal.answer().status == 200)
            #expect(engine.arrived == ["holder", "high", "normal"])
        }

        @Test func `a queue is bounded by tokens too`() throws {
            let engine = HoldingEngine()
            let running = try saturated(engine, places: 1) { $0.limits.queueTokens = 1000 }
            let holder = try running.client()
            holder.send(chat("holder"))
            #expect(eventually { engine.arrived.count == 1 })
            let long = try enqueue(running, String(repeating: "word ", count: 600), at: 1)
            let other = try running.ask(chat(String(repeating: "word ", count: 600)))
            #expect(other.status == 429 && other.body.contains("limits.queueTokens"))
            engine.release(2)
            #expect(try long.answer().status == 200)
        }

        /// Memory of this process, which is the gateway's here.
        private func resident() throws -> Double {
            let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
            return (Double(text.split(separator: " ")[1]) ?? 0) * Double(sysconf(Int32(_SC_PAGESIZE)))
        }

        @Test func `near the memory ceiling low priority is refused, at it everything, and it is told`()
            throws
        {
            let ceiling = try max(400_000_000, resident() * 2)
            let near = try RunningGateway(ScriptedEngine()) { $0.limits.memoryBytes = Int(ceiling) }
            #expect(try near.ask(chat(headers: "X-Signalbox-Priority: low\r\n")).status == 200)
            let ballast = [UInt8](repeating: 1, count: Int(ceiling * 0.885 - (try resident())))
            let low = chat(headers: "X-Signalbox-Priority: low\r\n")
            #expect(try eventually { try near.ask(low).status == 503 })
            #expect(try near.ask(chat()).status == 200)
            #expect(try eventually { try near.snapshot().totals.shed > 0 })
            #expect(ballast.last == 1)
            let full = try RunningGateway(ScriptedEngine()) { $0.limits.memoryBytes = Int(ceiling / 4) }
            let high = chat(headers: "X-Signalbox-Priority: high\r\n")
            #expect(try eventually { try full.ask(high).status == 503 })
            let refused = try full.ask(high)
            #expect(refused.header("retry-after") != nil && refused.body.contains("limits.memoryBytes"))
            let told = try eventually {
                try full.snapshot().events.contains { $0.text.contains("memory is short") }
            }
            #expect(told)
        }

        @Test func `what waits is put out when memory grows short, and told so`() throws {
            let ceiling = try max(400_000_000, resident() * 2)
            let running = try RunningGateway(nodes: [("a", deadPort(), ["tiny"])], unready: ["a"]) {
                $0.limits.memoryBytes = Int(ceiling)
            }
            let client = try running.client()
            client.send(chat())
            #expect(try eventually { try queued(running) == 1 })
            let ballast = [UInt8](repeating: 1, count: Int(ceiling * 0.95 - (try resident())))
            let put = try client.answer()
            #expect(put.status == 503 && put.body.contains("limits.memoryBytes"))
            #expect(try eventually { try queued(running) == 0 })
            #expect(ballast.last == 1)
        }

        @Test func `a rolling restart of every node loses nothing`() throws {
            let engines = ["a", "b", "c"].map { ScriptedEngine($0) }
            let running = try RunningGateway(engines[0], engines[1], engines[2], loops: 2)
            let outcome = Tally()
            let workers = DispatchGroup()
            let port = running.port
            for _ in 0..<8 {
                workers.enter()
                Thread.detachNewThread {
                    defer { workers.leave() }
                    while !outcome.isOver {
                        guard let client = try? TestSocket(port: port), let answer = try? client.ask(chat())
                        else {
                            outcome.count("broken")
                            continue
                        }
                        outcome.count("\(answer.status)")
                    }
                }
            }
            for _ in 0..<2 {
                for name in ["a", "b", "c"] {
                    _ = try running.perform(
                        .drain(node: name, deadlineSeconds: nil, atDeadline: .keep, force: false))
                    #expect(
                        try eventually {
                            try running.snapshot().nodes.first { $0.name == name }?.safeToDelete == true
                        })
                    _ = try running.perform(.undrain(node: name))
                    try running.serve([name])
                }
            }
            #expect(eventually { outcome.counts["200"] ?? 0 > 100 })
            outcome.end()
            workers.wait()
            let counts = outcome.counts
            print("rolling restart of three nodes, twice: \(counts)")
            #expect(Array(counts.keys) == ["200"] && counts["200"] ?? 0 > 100, "\(counts)")
        }
    }
}
