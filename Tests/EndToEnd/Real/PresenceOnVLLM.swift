import Foundation
import TestSupport
import Testing

/// Cached tokens as routing predicts them from KV events, against what vLLM says it found.
extension RealEngines {
    struct Prediction {
        var predicted: Int
        var cached: Int
        var turn: Int
    }

    /// Tokens in one of vLLM's blocks as the script starts it.
    private static let blockTokens = 32

    /// Conversations that change the engine with every turn: what an engine holds of them is what it was sent two turns ago, and
    /// what other conversations begin with as well.
    func checkPresence() throws {
        let gateway = try GatewayProcess(["--config", configuration()], policy: "round-robin")
        let live = try eventually(seconds: 30) {
            try (0..<2).allSatisfy { try gateway.node($0).kvEvents?.live == .bool(true) }
        }
        #expect(live, "both engines' KV events are connected")
        var all: [Prediction] = []
        for conversation in 0..<5 {
            var messages = [Self.message("system", Self.words(180, seed: conversation % 2))]
            for turn in 0..<6 {
                messages.append(
                    Self.message("user", Self.words(20 + 23 * turn, seed: 100 * conversation + turn)))
                let (prediction, answer) = try ask(messages, turn, gateway)
                all.append(prediction)
                messages.append(Self.message("assistant", answer))
            }
        }
        for prediction in all {
            print(
                "presence: turn \(prediction.turn) predicted \(prediction.predicted), came \(prediction.cached)"
            )
        }
        let near = all.filter { abs($0.predicted - $0.cached) <= Self.blockTokens }.count
        print(
            "presence: \(near) of \(all.count) within one block; \(all.filter { $0.cached > 0 }.count) had cached tokens"
        )
        #expect(all.filter { $0.cached > 0 }.count >= 20)
        #expect(Double(near) >= 0.95 * Double(all.count))
    }

    private func ask(
        _ messages: [String], _ turn: Int, _ gateway: GatewayProcess
    ) throws -> (Prediction, answer: String) {
        let request = RawRequest(
            path: "/v1/chat/completions", headers: ["x-signalbox-decision: 1"],
            body: #"{"model":"tiny","messages":["# + messages.joined(separator: ",")
                + #"],"max_tokens":24,"temperature":0,"stream":true,"stream_options":{"include_usage":true}}"#
        )
        let stream = try request.send(port: gateway.port)
        try #require(stream.status == 200 && stream.isWhole, "\(stream.text)")
        var answer = ""
        var cached = 0.0
        for event in stream.events {
            guard let json = try? JSONDecoder().decode(JSON.self, from: Data(event.dropFirst(6).utf8)) else {
                continue
            }
            answer += json.choices?[0]?.delta?.content?.string ?? ""
            cached = json.usage?.prompt_tokens_details?.cached_tokens?.number ?? cached
        }
        let told = try #require(stream.header("x-signalbox-decision"))
        let predicted = told.components(separatedBy: "cached_tokens=").last?.prefix { $0.isNumber }
        // The events of what this turn left must be taken before the next one is predicted.
        try settle(gateway)
        return (
            Prediction(predicted: Int(predicted ?? "") ?? -1, cached: Int(cached), turn: turn), answer
        )
    }

    /// Waits until both feeds have told what the last request stored.
    private func settle(_ gateway: GatewayProcess) throws {
        var last: [Double?] = []
        _ = try eventually(seconds: 5) {
            let now = try (0..<2).map { try gateway.node($0).kvEvents?.blocks?.number }
            defer { last = now }
            return now == last
        }
    }

    /// Both engines with the endpoints that they say they publish at.
    private func configuration() throws -> String {
        let nodes = try ports.map { port in
            let sources = try RawRequest.get("/kv_event_sources").send(port: port).json
            guard case .object(let members)? = sources, let source = members.values.first,
                let endpoint = source.endpoint?.string, let replay = source.replay_endpoint?.string
            else { throw GatewayProcess.Failure(what: "no KV events at \(port)") }
            return
                "{name: 'engine-\(port)', url: 'http://127.0.0.1:\(port)', kvEvents: {endpoint: '\(endpoint)', replay: '\(replay)'}}"
        }
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("presence-\(ports[0]).json5")
        try Data("{nodes: [\(nodes.joined(separator: ", "))]}".utf8).write(to: file)
        return file.path
    }

    private static func message(_ role: String, _ text: String) -> String {
        let data = try? JSONEncoder().encode(text)
        return #"{"role":"\#(role)","content":\#(String(decoding: data ?? Data(), as: UTF8.self))}"#
    }

    /// Words that differ by the seed from the first on.
    private static func words(_ count: Int, seed: Int) -> String {
        let stock = ["lever", "wire", "signal", "points", "block", "line", "branch", "box", "train", "bell"]
        var state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 | 1
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return stock[Int((state >> 33) % UInt64(stock.count))]
        }.joined(separator: " ")
    }
}
