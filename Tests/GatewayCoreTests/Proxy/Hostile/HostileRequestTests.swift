import Foundation
import Testing

extension ProxyTests {
    @Suite(.serialized) struct HostileRequests {
        @Test(arguments: HostileGroup.all)
        func `each hostile request gets its status, nothing of it reaches an engine, and the gateway goes on`(
            group: HostileGroup
        ) throws {
            let engine = ScriptedEngine()
            let running = try RunningGateway(engine) { $0.limits.maxBodyBytes = 1_048_576 }
            for request in group.requests {
                let name = "RFC \(request.section): \(request.name)"
                let client = try running.client()
                client.send(request.bytes)
                do {
                    let answer = try client.answer()
                    #expect(answer.status == request.status, "\(name): \(answer.body)")
                    #expect(answer.body.contains("\"error\":{\"message\":"), "\(name)")
                    if request.mayStayOpen {
                        #expect(try client.ask(HostileGroup.get("/health")).status == 200, "\(name)")
                    } else {
                        #expect(answer.header("connection") == "close", "\(name)")
                        #expect(client.ends(), "\(name): the connection stays open")
                    }
                } catch {
                    Issue.record("\(name): \(error)")
                }
            }
            #expect(engine.count == 0, "something hostile came through: \(engine.seen)")
            #expect(try running.stillServes())
        }

        @Test func `what the RFC allows is served, and comes to the engine in one plain form`() throws {
            let engine = ScriptedEngine()
            let running = try RunningGateway(engine)
            for request in friendlyRequests {
                let before = engine.count
                let client = try running.client()
                client.send(request.bytes)
                #expect(try client.answer().status == 200, "\(request.name)")
                let seen = try #require(engine.seen.last, "\(request.name)")
                #expect(engine.count == before + 1, "\(request.name)")
                #expect(seen.target == request.target, "\(request.name)")
                #expect(seen.body == request.body, "\(request.name)")
                for name in request.absent { #expect(seen.header(name) == nil, "\(request.name): \(name)") }
            }
        }

        @Test func `a request smuggled behind another is never taken for one`() throws {
            let engine = ScriptedEngine()
            let running = try RunningGateway(engine) { $0.limits.maxBodyBytes = 1_048_576 }
            let smuggled = "GET /v1/smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
            for group in HostileGroup.all {
                for request in group.requests where !request.mayStayOpen {
                    let client = try running.client()
                    client.send(request.bytes + smuggled)
                    let answer = try? client.answer(seconds: 5)
                    #expect(
                        answer.map { $0.status >= 400 } == true, "\(request.name): \(answer?.head ?? "none")")
                    #expect(client.ends(), "\(request.name)")
                }
            }
            #expect(engine.count == 0)
        }

        @Test func `thousands of pipelined requests are answered in order within bounded memory`() throws {
            let engine = ScriptedEngine()
            let running = try RunningGateway(engine)
            let client = try running.client()
            let count = 4000
            let writer = Thread {
                for _ in 0..<count / 40 {
                    client.send(String(repeating: HostileGroup.get("/v1/models"), count: 40))
                }
            }
            writer.start()
            for place in 0..<count { #expect(try client.answer().status == 200, "answer \(place)") }
            client.send(chat())
            #expect(try client.answer().status == 200)
        }

        @Test func `a head that comes too slowly is answered 408, however it drips`() throws {
            let engine = ScriptedEngine()
            let running = try RunningGateway(engine) { $0.limits.headerSeconds = 0.5 }
            let silent = try running.client()
            silent.send("POST /v1/chat")
            #expect(try silent.answer(seconds: 3).status == 408)
            #expect(silent.ends())
            let dripping = try running.client()
            let began = Date()
            for byte in chat().utf8.prefix(60) {
                guard dripping.send([byte]) else { break }
                if case .bytes = dripping.fill(seconds: 0.1) { break }
            }
            #expect(Date().timeIntervalSince(began) < 3)
            #expect(try dripping.answer(seconds: 3).status == 408)
            #expect(try running.stillServes())
        }

        @Test(arguments: ["Content-Length: 4000\r\n", "Transfer-Encoding: chunked\r\n"])
        func `a body that drips is answered 408, however long it would go on`(framing: String) throws {
            let engine = ScriptedEngine()
            let running = try RunningGateway(engine) { $0.limits.headerSeconds = 0.5 }
            let client = try running.client()
            client.send("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n\(framing)\r\n")
            let began = Date()
            while Date().timeIntervalSince(began) < 8 {
                guard client.send(framing.contains("chunked") ? "1\r\n \r\n" : " ") else { break }
                if case .bytes = client.fill(seconds: 0.05) { break }
            }
            #expect(Date().timeIntervalSince(began) < 4)
            #expect(try client.answer(seconds: 3).status == 408)
            #expect(engine.count == 0)
        }

        @Test func `a body that goes on at a fair pace has all the time that it needs`() throws {
            let engine = ScriptedEngine()
            let running = try RunningGateway(engine) { $0.limits.headerSeconds = 0.5 }
            let client = try running.client()
            let text = String(repeating: "a", count: 30_000)
            let request = Array(chat(text).utf8)
            var start = 0
            while start < request.count {
                let end = min(request.count, start + 1200)
                client.send(Array(request[start..<end]))
                start = end
                if case .bytes = client.fill(seconds: 0.1) { break }
            }
            #expect(try client.answer().status == 200)
        }

        @Test func `an upload that drips is let go of, and its engine with it`() throws {
            let engine = ScriptedEngine("a", readsBodies: false) { _, side in _ = side.isLeft(within: 10) }
            let running = try RunningGateway(engine) { $0.limits.headerSeconds = 0.5 }
            let client = try running.client()
            client.send(
                "POST /v1/audio/transcriptions HTTP/1.1\r\nHost: x\r\n"
                    + "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 4000\r\n\r\n")
            let began = Date()
            while Date().timeIntervalSince(began) < 8, client.send("a") {
                if case .ended = client.fill(seconds: 0.05) { break }
            }
            #expect(Date().timeIntervalSince(began) < 4)
            #expect(try running.ask(HostileGroup.get("/health")).status == 200)
        }

        @Test func `random bytes crash nothing`() throws {
            let engine = ScriptedEngine()
            let running = try RunningGateway(engine, loops: 2) { $0.limits.headerSeconds = 0.3 }
            var seed: UInt64 = 42
            func random(_ below: Int) -> Int {
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Int(seed >> 33) % below
            }
            let valid = Array(chat(stream: true).utf8)
            for _ in 0..<200 {
                let client = try running.client()
                var bytes = valid
                for _ in 0...random(6) { bytes[random(bytes.count)] = UInt8(random(256)) }
                client.send(Array(bytes.prefix(1 + random(bytes.count))))
                if random(2) == 0 { client.reset() }
            }
            #expect(try running.stillServes())
        }
    }
}
