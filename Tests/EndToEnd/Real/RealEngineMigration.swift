import Foundation
import Glibc
import TestSupport
import Testing

/// A real engine dies by SIGKILL under 20 streams at temperature 0: each client gets the text that an undisturbed run gives.
extension RealEngines {
    private static func request(_ client: Int, tokens: Int) -> RawRequest {
        let more =
            #","stream":true,"ignore_eos":true"#
            + (client % 5 == 0 ? #","stream_options":{"include_usage":true}"# : "")
            + (client % 7 == 0 ? #","stop":["zzzz zzzz"]"# : "")
        let prompt = String(repeating: "the signal box number \(client) ", count: 8)
        return client.isMultiple(of: 2)
            ? .chat(prompt, maxTokens: tokens, more) : .completion(prompt, maxTokens: tokens, more)
    }

    /// What a client was told: its text, or the error event that it ended with.
    private struct Heard: Equatable, Sendable {
        var text = ""
        var error: String?
        var ids: Set<String> = []
        var usage: JSON?
        var isWhole = false
    }

    private static func hear(_ client: Int, port: UInt16, tokens: Int) -> Heard {
        guard let answer = try? request(client, tokens: tokens).send(port: port, seconds: 120) else {
            return Heard()
        }
        var heard = Heard()
        heard.isWhole = answer.isWhole && answer.events.last == "data: [DONE]\n\n"
        for event in answer.events where event.hasPrefix("data: {") {
            guard let data = try? JSONDecoder().decode(JSON.self, from: Data(event.dropFirst(6).utf8)) else {
                heard.error = "no JSON: \(event)"
                continue
            }
            if let error = data.error?.message?.string { heard.error = error }
            if let id = data.id?.string { heard.ids.insert(id) }
            if data.usage?.completion_tokens?.number != nil { heard.usage = data.usage }
            heard.text += data.choices?[0]?.delta?.content?.string ?? data.choices?[0]?.text?.string ?? ""
        }
        return heard
    }

    /// - Parameters:
    ///   - tokens: of each answer.
    ///   - mayRound: this engine's own undisturbed runs differ under load now and then, where two tokens are equally
    ///     likely to the last bit: then as many streams may differ as did between two undisturbed runs, and one more.
    func checkMigration(tokens: Int, mayRound: Bool) throws {
        let wanted = inParallel(20) { Self.hear($0, port: self.ports[0], tokens: tokens) }
        let again = inParallel(20) { Self.hear($0, port: self.ports[0], tokens: tokens) }
        #expect(wanted.allSatisfy { $0.isWhole && $0.error == nil })
        let killer = Thread {
            _ = try? eventually(seconds: 30) { try (self.gateway.node(1).decoding?.number ?? 0) >= 3 }
            self.killEngine(1)
        }
        killer.start()
        let heard = inParallel(20) { Self.hear($0, port: self.gateway.port, tokens: tokens) }
        let migrated = try gateway.settledStatus().totals?.requests?.migrated?.number ?? 0
        let differing = (0..<20).filter { heard[$0].text != wanted[$0].text }
        let undisturbed = (0..<20).filter { again[$0].text != wanted[$0].text }
        print(
            "real \(kind): \(Int(migrated)) of 20 streams went on elsewhere, \(20 - differing.count) exact;"
                + " two undisturbed runs: \(20 - undisturbed.count)")
        #expect(migrated >= 3)
        #expect(heard.map(\.error) == Array(repeating: nil, count: 20))
        #expect(heard.allSatisfy { $0.isWhole })
        #expect(heard.allSatisfy { $0.ids.count == 1 }, "one id a stream")
        #expect(differing.count <= (mayRound ? undisturbed.count + 1 : 0), "\(differing)")
        for client in stride(from: 0, to: 20, by: 5) {
            #expect(heard[client].usage?.completion_tokens == wanted[client].usage?.completion_tokens)
            #expect(heard[client].usage?.prompt_tokens == wanted[client].usage?.prompt_tokens)
        }
    }

    /// Text that does not encode back to its tokens: exact, or ended by an error event that says so; never another text
    /// without a word. Only as far as the seam: what comes later may be rounding.
    ///
    /// The cut comes hundreds of tokens in, since the few before an early one may happen to encode back. A witness tells: a
    /// stream of our own that the engine decodes in step with the gateway's, which are as many as run at once.
    func checkHonesty(tokens: Int) throws {
        let witness = try Self.request(0, tokens: 8000).open(port: ports[1])
        let killer = Thread {
            _ = try? eventually(seconds: 30) { try (self.gateway.node(1).decoding?.number ?? 0) >= 2 }
            while let past = witness.receive(seconds: 0), !past.isEmpty {}
            _ = try? witness.receive(until: "data: ", count: 300, seconds: 30)
            self.killEngine(1)
        }
        killer.start()
        let heard = inParallel(8) { Self.hear($0, port: self.gateway.port, tokens: tokens) }
        let refused = heard.filter { $0.error?.contains("the text so far is other tokens there") == true }
        print("real \(kind), ragged: \(refused.count) of 8 streams ended by an error event that says why")
        #expect(heard.allSatisfy { $0.error != nil || $0.isWhole })
        #expect(!refused.isEmpty)
    }

    /// SIGKILL to an engine and the processes under it: vLLM's children would live on.
    private func killEngine(_ index: Int) {
        guard let root = processID(index) else { return }
        for process in [root] + ProcessTree.descendants(of: root) { kill(process, SIGKILL) }
    }
}
