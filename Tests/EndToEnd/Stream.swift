import TestSupport

/// One streamed chat completion of exactly so many tokens from an emulated engine.
final class Stream {
    private let exchange: HTTPExchange
    private let wanted: Int

    /// - number: makes the prompt one of its own.
    init(
        _ gateway: String, _ model: String, tokens: Int, number: Int = 0, session: String? = nil,
        tenant: String? = nil
    ) throws {
        wanted = tokens
        let names = [("X-Session-Id", session), ("X-Signalbox-Tenant", tenant)]
        exchange = try HTTPExchange(
            "POST", gateway + "/v1/chat/completions",
            body: """
                {"model": "\(model)", "stream": true, "max_tokens": \(tokens), "ignore_eos": true, "temperature": 0,
                 "messages": [{"role": "user", "content": "Count for customer \(number), please."}]}
                """,
            headers: Dictionary(
                uniqueKeysWithValues: names.compactMap { name, value in value.map { (name, $0) } }))
    }

    /// Events with a token, without those of the role and of the end.
    var tokens: Int { exchange.events.count { $0.contains(#""delta":{"content":""#) } }
    var hasEnded: Bool {
        exchange.pump()
        return exchange.isClosed
    }
    /// Every token came, then the mark of the end.
    var isComplete: Bool { hasEnded && tokens == wanted && exchange.events.last == "[DONE]" }

    var summary: String {
        "status \(exchange.status ?? 0), \(tokens) of \(wanted) tokens, last: \(exchange.events.last ?? "--")"
    }
}

extension Status {
    /// A model that the fleet serves.
    var firstModel: String {
        get throws {
            guard let model = nodes.lazy.compactMap({ ($0["models"] as? [String])?.first }).first else {
                throw Program.Failure(description: "no node names a model")
            }
            return model
        }
    }
}
