import Foundation
import GatewayCore
import Synchronization
import TestSupport
import Testing

/// Clients that ask as fast as they can, each on a connection of its own.
final class Hammer: Sendable {
    struct Answer: Sendable {
        var sent: Date
        var status: Int
        var node: String
    }

    private let isOn = Atomic<Bool>(true)
    private let running = Atomic<Int>(0)
    private let list = Mutex<[Answer]>([])
    private let broken = Mutex<[String]>([])

    init(port: UInt16, threads: Int, streaming: Bool = false) {
        running.store(threads, ordering: .relaxed)
        for number in 0..<threads {
            Thread.detachNewThread { [self] in
                do {
                    let client = try TestSocket(port: port)
                    while isOn.load(ordering: .relaxed) {
                        let sent = Date()
                        let answer = try client.ask(chat("from \(number)", stream: streaming))
                        let node =
                            answer.header("x-node")
                            ?? ["a", "b", "c"].first { answer.body.contains("\"\($0)\"") }
                        if streaming, answer.events.last != "[DONE]" {
                            broken.withLock { $0.append(answer.body) }
                        }
                        list.withLock {
                            $0.append(Answer(sent: sent, status: answer.status, node: node ?? "?"))
                        }
                    }
                } catch {
                    broken.withLock { $0.append("\(error)") }
                }
                running.subtract(1, ordering: .releasing)
            }
        }
    }

    var count: Int { list.withLock { $0.count } }

    /// Ends it and gives all answers; broken ones are counted apart.
    func stop() -> (answers: [Answer], broken: [String]) {
        isOn.store(false, ordering: .relaxed)
        _ = eventually { running.load(ordering: .acquiring) == 0 }
        return (list.withLock { $0 }, broken.withLock { $0 })
    }
}

extension ProxyTests {
    @Suite(.serialized) struct CommandsUnderLoad {
        @Test(arguments: [1, 2])
        func `from a drain's answer on its node gets no new request, and its streams finish`(loops: Int)
            throws
        {
            let mayEnd = Atomic<Bool>(false)
            let a = ScriptedEngine("a") { request, side in
                guard request.body.contains("long") else {
                    return ScriptedEngine.answer(request, side, from: "a")
                }
                side.begin()
                side.event(EngineSide.token("begun"))
                _ = eventually { mayEnd.load(ordering: .acquiring) }
                side.event(EngineSide.token("ended"))
                side.event("[DONE]")
                side.end()
            }
            let b = ScriptedEngine("b")
            let running = try RunningGateway(a, b, loops: loops)
            var long: [TestSocket] = []
            while a.seen.count(where: { $0.body.contains("long") }) < 2 {
                let client = try running.client()
                client.send(chat("long", stream: true))
                guard let node = client.through("\n\n", seconds: 3) else { break }
                if node.contains("begun") { long.append(client) }
            }
            let hammer = Hammer(port: running.port, threads: 8)
            #expect(eventually { hammer.count > 200 })
            let result = try running.perform(
                .drain(node: "a", deadlineSeconds: nil, atDeadline: .keep, force: false))
            let answered = Date()
            #expect(result.accepted)
            let then = hammer.count
            #expect(eventually { hammer.count > then + 200 })
            let (answers, broken) = hammer.stop()
            #expect(broken.isEmpty, "\(broken.prefix(2))")
            #expect(answers.allSatisfy { $0.status == 200 })
            #expect(answers.contains { $0.sent < answered && $0.node == "a" })
            #expect(!answers.contains { $0.sent > answered && $0.node == "a" })
            let node = try running.snapshot().nodes[0]
            #expect(node.state == .draining && !node.safeToDelete && node.drain?.remaining == long.count)
            mayEnd.store(true, ordering: .releasing)
            for client in long {
                let rest = client.through("0\r\n\r\n") ?? ""
                #expect(rest.contains("ended") && rest.contains("[DONE]"))
            }
            #expect(try eventually { try running.snapshot().nodes[0].state == .drained })
            #expect(try running.snapshot().nodes[0].safeToDelete)
        }

        @Test func `what is left at a drain's deadline is cut with an error event`() throws {
            let a = ScriptedEngine("a") { _, side in
                side.begin()
                side.event(EngineSide.token("begun"))
                _ = side.isLeft(within: 20)
                side.close()
            }
            let b = ScriptedEngine("b")
            let running = try RunningGateway(a, b)
            var client = try running.client()
            for _ in 0..<10 where a.count == 0 {
                client = try running.client()
                client.send(chat(stream: true))
                #expect(client.through("\n\n") != nil)
            }
            #expect(a.count == 1)
            let drain = Command.drain(node: "a", deadlineSeconds: 0.3, atDeadline: .cut, force: true)
            #expect(try running.perform(drain).accepted)
            let event = client.through("\"code\":502}}\n\n", seconds: 3)
            #expect(event?.contains("the operator cut its streams") == true)
            #expect(client.through("0\r\n\r\n") != nil)
            #expect(try eventually { try running.snapshot().nodes[0].safeToDelete })
        }

        @Test func `policies and weights change under load and nothing is lost`() throws {
            let engines = ["a", "b", "c"].map { ScriptedEngine($0) }
            let running = try RunningGateway(
                nodes: engines.map { ($0.name, $0.port, ["tiny"]) }, loops: 2)
            let hammer = Hammer(port: running.port, threads: 6, streaming: true)
            let policies = try running.snapshot().gateway.policies
            #expect(policies.count >= 4)
            for turn in 0..<3 {
                for policy in policies {
                    let then = hammer.count
                    #expect(try running.perform(.setPolicy(name: policy)).accepted)
                    #expect(eventually { hammer.count > then + 5 })
                }
                for weight in [0, 1, 50, 100] {
                    let name = ["a", "b", "c"][turn]
                    #expect(try running.perform(.setWeight(node: name, weight: weight)).accepted)
                }
            }
            let (answers, broken) = hammer.stop()
            #expect(broken.isEmpty, "\(broken.prefix(2))")
            #expect(answers.count > 30 && answers.allSatisfy { $0.status == 200 })
            let settled = try eventually { try running.snapshot().totals.completed == UInt64(answers.count) }
            #expect(settled)
            let totals = try running.snapshot().totals
            #expect(totals.failed == 0 && totals.cancelled == 0 && totals.refused == 0 && totals.active == 0)
        }

        @Test func `a model's policy is its own, is seen in decisions, and undo brings the others' back`()
            throws
        {
            let engine = ScriptedEngine()
            let running = try RunningGateway(nodes: [("a", engine.port, ["tiny"])], loops: 2)
            let before = try running.snapshot().gateway.policySettings
            let result = try running.perform(
                .setPolicy(name: "dynamo-kv", model: "tiny", parameters: ["scale": 4]))
            #expect(
                result.accepted && result.message.contains("policy of tiny: default"), "\(result.message)")
            #expect(try running.stillServes())
            #expect(try eventually { try running.snapshot().decisions.first?.policy == "dynamo-kv" })
            let settings = try running.snapshot().gateway.policySettings
            #expect(settings.own("tiny")?.named["scale"] == 4 && settings.standard == before.standard)
            #expect(try running.perform(try #require(result.inverse)).accepted)
            #expect(try running.snapshot().gateway.policySettings == before)
            #expect(try !running.perform(.setPolicy(name: "random", model: "huge")).accepted)
        }

        @Test func `requests wait while no node serves, and are served when one comes`() throws {
            let engine = ScriptedEngine()
            let running = try RunningGateway(
                nodes: [("a", engine.port, ["tiny"])], loops: 2, unready: ["a"])
            let clients = try (0..<20).map { _ in try running.client() }
            for client in clients { client.send(chat()) }
            #expect(try eventually { try running.snapshot().gateway.queued == 20 })
            #expect(engine.count == 0)
            try running.serve(["a"])
            for client in clients { #expect(try client.answer().status == 200) }
            #expect(try eventually { try running.snapshot().gateway.queued == 0 })
        }

        @Test func `a full queue is 429, and who waits too long gets 503 with Retry-After`() throws {
            let running = try RunningGateway(
                nodes: [("a", deadPort(), ["tiny"])], unready: ["a"]
            ) {
                $0.limits.queueCapacity = 3
                $0.limits.queueSeconds = 1
            }
            let clients = try (0..<3).map { _ in try running.client() }
            for client in clients { client.send(chat()) }
            #expect(try eventually { try running.snapshot().gateway.queued == 3 })
            let tooMany = try running.ask(chat())
            #expect(tooMany.status == 429 && tooMany.header("retry-after") != nil)
            for client in clients {
                let late = try client.answer()
                #expect(late.status == 503)
                #expect(late.header("retry-after").flatMap { Int($0) } != nil)
            }
            #expect(try eventually { try running.snapshot().totals.refused == 4 })
        }

        @Test func `stop by drain waits until a slow client has taken its whole answer`() throws {
            let body = "{\"text\":\"" + String(repeating: "x", count: 16_000_000) + "\"}"
            let engine = ScriptedEngine("a") { _, side in side.json(200, body) }
            let running = try RunningGateway(engine)
            let client = try TestSocket(port: running.port, receiveBuffer: 65_536)
            client.send(chat())
            #expect(client.through("\r\n\r\n") != nil)
            #expect(try running.perform(.stop(mode: .drain)).accepted)
            try running.goOn(seconds: 0.7)
            #expect(!running.gateway.hasStopped)
            let left = body.utf8.count - client.pending.count
            #expect(client.exactly(left + client.pending.count) != nil, "the answer was cut off")
            #expect(eventually { running.gateway.hasStopped })
        }

        @Test func `stop now ends, stop by drain waits for the last stream`() throws {
            let mayEnd = Atomic<Bool>(false)
            let engine = ScriptedEngine("a") { _, side in
                side.begin()
                side.event(EngineSide.token("begun"))
                _ = eventually { mayEnd.load(ordering: .acquiring) }
                side.event("[DONE]")
                side.end()
            }
            let running = try RunningGateway(engine)
            let client = try running.client()
            client.send(chat(stream: true))
            #expect(client.through("begun") != nil)
            #expect(try running.perform(.stop(mode: .drain)).accepted)
            #expect(throws: TestSocket.Failed.self) { try running.client().ask(chat()) }
            #expect(!running.gateway.hasStopped)
            mayEnd.store(true, ordering: .releasing)
            #expect(client.through("[DONE]") != nil)
            #expect(eventually { running.gateway.hasStopped })
        }
    }
}
