import Foundation
import Synchronization
import TestSupport
import Testing

/// What holds over every kind of real engine, whatever its vendor.
extension RealEngines {
    private static let longPrompt = String(
        repeating: "the signal box stands where the branch line joins the main line . ", count: 40)

    /// The same text, streamed or not, directly or through the gateway.
    func checkAnswers() throws {
        for request in [RawRequest.chat("a lever moves a wire", maxTokens: 12)] {
            let direct = try request.send(port: ports[0])
            let ours = try request.send(port: gateway.port)
            #expect(ours.status == 200 && ours.isWhole)
            let text = ours.json?.choices?[0]?.message?.content?.string
            #expect(text != nil && text == direct.json?.choices?[0]?.message?.content?.string)
            #expect(ours.json?.usage?.completion_tokens?.number == 12)
            var streamed = request
            streamed.body.removeLast()
            streamed.body += #","stream":true}"#
            let stream = try streamed.send(port: gateway.port)
            #expect(stream.header("content-type")?.hasPrefix("text/event-stream") == true)
            #expect(stream.events.last == "data: [DONE]\n\n" && stream.isWhole)
            #expect(!stream.text.contains(#""choices":[]"#), "the usage event was not asked for")
            let pieces = stream.events.compactMap { event in
                (try? JSONDecoder().decode(JSON.self, from: Data(event.dropFirst(6).utf8)))?.choices?[0]?
                    .delta?
                    .content?.string
            }
            #expect(pieces.joined() == text)
        }
        let completion = RawRequest.completion("a lever moves a wire", maxTokens: 8)
        #expect(
            try completion.send(port: gateway.port).json?.choices?[0]?.text
                == completion.send(port: ports[0]).json?.choices?[0]?.text)
        let asking = RawRequest.completion(
            "a lever", maxTokens: 8, #","stream":true,"stream_options":{"include_usage":true}"#)
        let asked = try asking.send(port: gateway.port)
        #expect(asked.events.last == "data: [DONE]\n\n" && asked.text.contains(#""completion_tokens":8"#))
    }

    /// A long prompt again and again: the engine says that it was cached, and so do our totals.
    func checkPrefixHits(hits: String) throws {
        let before = try gateway.settledStatus().totals?.tokens?.cached?.number ?? 0
        let enginesBefore = try metric(hits, of: 0) + metric(hits, of: 1)
        let request = RawRequest.chat(Self.longPrompt, maxTokens: 4)
        var told = 0.0
        for _ in 0..<4 {
            let usage = try request.send(port: gateway.port).json?.usage
            told += usage?.prompt_tokens_details?.cached_tokens?.number ?? 0
        }
        #expect(told > 1000, "prefix affinity sends the same prompt to the same engine")
        let counted = try gateway.settledStatus().totals?.tokens?.cached?.number
        #expect(counted == before + told, "our cached tokens are those that the engine told: \(told)")
        #expect(try metric(hits, of: 0) + metric(hits, of: 1) - enginesBefore == told)
        let seen = try eventually(seconds: 5) {
            try (0..<2).contains { try (gateway.node($0).prefixHitRate?.number ?? 0) > 0.3 }
        }
        #expect(seen, "status shows the engine's hit rate")
    }

    func checkStatusAndProbe(engine: String, version: String) throws {
        for index in 0..<2 {
            let node = try gateway.node(index)
            #expect(node.engine?.string == engine && node.state?.string == "serving")
            #expect(node.engineVersion?.string?.hasPrefix(version) == true)
            #expect(node.running?.number != nil && node.waiting?.number != nil && node.stale == .bool(false))
        }
        let probe = try runToEnd(GatewayProcess.program, ["probe", "http://127.0.0.1:\(ports[0])"])
        #expect(probe.status == 0 && probe.out.contains("\(engine) \(version)"))
    }

    func checkErrors() throws {
        let unknown = try RawRequest.chat("a", maxTokens: 1, model: "nope").send(port: gateway.port)
        #expect(unknown.status == 404 && unknown.text.contains("served: tiny"))
        let bad = RawRequest(path: "/v1/chat/completions", body: #"{"model":"tiny","messages":"no list"}"#)
        let direct = try bad.send(port: ports[0])
        let ours = try bad.send(port: gateway.port)
        #expect(ours.status == direct.status && (400..<500).contains(ours.status))
        #expect(ours.body == direct.body)
    }

    private func completedByNode() throws -> [Double] {
        let nodes = try gateway.settledStatus().nodes
        return (0..<2).map { nodes?[$0]?.completed?.number ?? -1 }
    }

    func checkSessions() throws {
        try gateway.command("policy", "session-affinity")
        for session in 0..<4 {
            let before = try completedByNode()
            for turn in 0..<3 {
                let request = RawRequest.chat("session \(session) turn \(turn)", maxTokens: 2)
                _ = try request.with(header: "x-session-id: s\(session)").send(port: gateway.port)
            }
            let grown = zip(try completedByNode(), before).map { $0 - $1 }
            #expect(grown.sorted() == [0, 3], "session \(session) was spread: \(grown)")
        }
        try gateway.command("policy", "prefix-affinity")
    }

    /// What one client of the load saw.
    private struct StreamCount: Sendable {
        var whole = 0
        var faults: [String] = []

        mutating func add(_ fault: String?) {
            whole += fault == nil ? 1 : 0
            if let fault { faults.append(fault) }
        }
    }

    /// One stream of 24 tokens; what is wrong with it, or nil. Tokens are counted by usage: vLLM puts several into one
    /// event when it is busy.
    private static func stream(_ client: Int, _ port: UInt16) -> String? {
        let request = RawRequest.chat(
            "client \(client) asks", maxTokens: 24, #","stream":true,"stream_options":{"include_usage":true}"#
        )
        guard let answer = try? request.send(port: port) else { return "no answer" }
        let isGood =
            answer.status == 200 && answer.isWhole && answer.events.last == "data: [DONE]\n\n"
            && answer.text.contains(#""completion_tokens":24"#)
            && answer.text.contains(#""finish_reason":"length""#)
            && !answer.text.contains(#"{"error""#)
        return isGood ? nil : "HTTP \(answer.status): \(answer.text)"
    }

    /// 6 clients stream all the time while each node is drained, waited for and undrained.
    func checkDrainUnderLoad() throws {
        let port = gateway.port
        try gateway.command("policy", "least-requests")
        let drained = Mutex(false)
        let loads = Mutex<[StreamCount]>([])
        let clients = Thread { [name = kind] in
            let counts = inParallel(6) { client in
                var count = StreamCount()
                while !drained.withLock({ $0 }) { count.add(Self.stream(client, port)) }
                return count
            }
            loads.withLock { $0 = counts }
            print("\(name) drained under load: \(counts.map(\.whole).reduce(0, +)) whole streams")
        }
        clients.start()
        for index in [0, 1] {
            #expect(try eventually(seconds: 20) { try (gateway.node(index).active?.number ?? 0) > 0 })
            let drain = try gateway.command("drain", name(index), "--wait", "--deadline", "60s")
            #expect(drain.status == 0, "\(drain.errors)")
            let node = try gateway.node(index)
            #expect(node.state?.string == "drained" && node.safeToDelete == .bool(true))
            #expect(try gateway.command("undrain", name(index)).status == 0)
        }
        drained.withLock { $0 = true }
        #expect(eventually(seconds: 60) { loads.withLock { $0.count } == 6 })
        let counts = loads.withLock { $0 }
        #expect(counts.flatMap(\.faults) == [])
        #expect(counts.allSatisfy { $0.whole > 0 })
        try gateway.command("policy", "prefix-affinity")
    }

    /// A client leaves in the middle: its engine stops, and we count it; also where the client asked for one answer, which
    /// llama.cpp itself would not notice.
    func checkHangUp(running: String) throws {
        let whole = RawRequest.chat("go on", maxTokens: 8000, #","ignore_eos":true"#)
        let waiting = try whole.open(port: gateway.port)
        let runs = try eventually(seconds: 20) { try metric(running, of: 0) + metric(running, of: 1) >= 1 }
        #expect(runs)
        waiting.hangUp()
        let stopped = try eventually(seconds: 5) { try metric(running, of: 0) + metric(running, of: 1) == 0 }
        #expect(stopped)
        let cancelled = try gateway.settledStatus().totals?.requests?.cancelled?.number ?? 0
        let request = RawRequest.chat("go on", maxTokens: 8000, #","stream":true,"ignore_eos":true"#)
        let connection = try request.open(port: gateway.port)
        _ = try connection.receive(until: "data:", count: 5, seconds: 60)
        #expect(try metric(running, of: 0) + metric(running, of: 1) >= 1)
        connection.hangUp()
        #expect(try eventually(seconds: 3) { try metric(running, of: 0) + metric(running, of: 1) == 0 })
        #expect(
            try eventually(seconds: 3) {
                let now = try gateway.status.totals?.requests
                return now?.cancelled?.number == cancelled + 1 && now?.active?.number == 0
            } as Bool)
    }
}
