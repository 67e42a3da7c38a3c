import Foundation
import GatewayCore
import TestSupport

/// One streamed text completion through a gateway, with when its first token came. In an emulated engine every four bytes
/// of the prompt are one token.
final class TextRequest {
    fileprivate let exchange: HTTPExchange
    private let due: ContinuousClock.Instant
    /// Since it was due; nil: none has come.
    private(set) var firstToken: Duration?
    private(set) var hasEnded = false

    /// - due: when it should have been sent; nil: now.
    init(
        _ gateway: String, _ model: String, prompt: String, tokens: Int = 1, session: String? = nil,
        due: ContinuousClock.Instant? = nil
    ) throws {
        self.due = due ?? ContinuousClock.now
        var headers = ["x-signalbox-decision": "1"]
        if let session { headers["x-session-id"] = session }
        exchange = try HTTPExchange(
            "POST", gateway + "/v1/completions",
            body: """
                {"model": "\(model)", "stream": true, "stream_options": {"include_usage": true}, "temperature": 0, \
                "max_tokens": \(tokens), "ignore_eos": true, "prompt": "\(prompt)"}
                """,
            headers: headers)
    }

    /// Reads what has come.
    func look() {
        guard !hasEnded else { return }
        exchange.pump()
        if firstToken == nil, exchange.body.contains("data: ") { firstToken = ContinuousClock.now - due }
        hasEnded = exchange.isClosed
    }

    var isComplete: Bool { hasEnded && exchange.events.last == "[DONE]" }

    var seconds: Double? { firstToken.map { $0 / .seconds(1) } }

    /// Why it went where it went, and which node that was.
    var decision: String {
        exchange.head.split(separator: "\r\n").first { $0.hasPrefix("x-signalbox-decision: ") }
            .map(String.init) ?? exchange.head
    }
    var node: String? { decision.firstMatch(of: /node=([^;]+);/).map { String($0.1) } }
    var wasHeld: Bool { decision.contains("held until a node needed it") }

    var predictedCachedTokens: Int? {
        decision.firstMatch(of: /cached_tokens=(\d+);/).flatMap { Int($0.1) }
    }

    /// Of the prompt, as the engine counted.
    var promptTokens: Int? { count("prompt_tokens") }
    var cachedTokens: Int? { count("cached_tokens") }

    private func count(_ name: String) -> Int? {
        guard let range = exchange.body.range(of: "\"\(name)\":", options: .backwards) else { return nil }
        return Int(exchange.body[range.upperBound...].prefix { $0.isNumber })
    }
}

extension [TextRequest] {
    /// Waits for bytes of one of them, or until the time is over, and reads what has come.
    func look(within time: Duration) {
        HTTPExchange.wait(for: filter { !$0.hasEnded }.map(\.exchange), atMost: time)
        forEach { $0.look() }
    }

    /// Reads what comes until all have ended.
    func finish(within seconds: Double = 60) throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while !allSatisfy(\.hasEnded) {
            let left = deadline - ContinuousClock.now
            guard left > .zero else {
                throw NotInTime(description: "\(count { !$0.hasEnded }) of \(count) requests have not ended")
            }
            look(within: left)
        }
    }

    /// Positions in the order of their first tokens.
    var order: [Int] {
        indices.sorted { (self[$0].firstToken ?? .zero) < (self[$1].firstToken ?? .zero) }
    }
}

/// Text of so many tokens that is the same for the same seed, and shares no beginning with that of another.
func text(tokens: Int, seed: UInt64) -> String {
    var random = SplitMix64(seed: seed)
    let letters = Array("abcdefghijklmnopqrstuvwxyz".utf8)
    let bytes = (0..<tokens * 4).map { _ in letters[Int(random.next() % 26)] }
    return String(decoding: bytes, as: UTF8.self)
}
