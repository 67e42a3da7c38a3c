import GatewayCore

let wireBenchmarks = [
    Benchmark("request-head", count: 100_000) {
        let head = Array(
            """
            POST /v1/chat/completions HTTP/1.1\r
            Host: inference.example\r
            Authorization: Bearer sk-4f1c9a7c2b6e4d0a\r
            Content-Type: application/json\r
            Accept: text/event-stream\r
            User-Agent: OpenAI/Python 1.99.1\r
            X-Stainless-Retry-Count: 0\r
            Content-Length: 1024\r
            \r

            """.utf8)
        return { count in
            for _ in 0..<count { keep(RequestHead.parse(head.span.bytes, limit: 65_536)) }
        }
    },
    body("body-1KB", promptBytes: 800, count: 50_000),
    body("body-32KB", promptBytes: 32_000, count: 5_000),
    Benchmark("stream-event", count: 200_000) { relay(armed: false) },
    Benchmark("stream-event-armed", count: 200_000) { relay(armed: true) },
]

/// Reading a chat request's JSON.
private func body(_ name: String, promptBytes: Int, count: Int) -> Benchmark {
    let text =
        #"{"model":"llama-70b","stream":true,"max_tokens":256,"messages":[{"role":"user","content":""#
        + prompt(bytes: promptBytes, seed: 1) + #""}]}"#
    let body = Array(text.utf8)
    return Benchmark(name, count: count, bytes: body.count) {
        { count in for _ in 0..<count { keep(BodyFacts.read(body.span.bytes)) } }
    }
}

/// Words with a line break, which JSON escapes, in every twelve.
func prompt(bytes: Int, seed: UInt64) -> String {
    var random = SplitMix64(seed: seed)
    var text = ""
    while text.utf8.count < bytes {
        text += String(random.next() % 1_000_000, radix: 36) + (random.next() % 12 == 0 ? "\\n" : " ")
    }
    return String(text.prefix(bytes - 1)) + "."
}

/// One event of a chat as vLLM sends it, from the read to what the client gets.
/// - Parameter armed: what the client got is kept, so that another node could go on.
private func relay(armed: Bool) -> (Int) -> Void {
    let event = Array(
        #"data: {"id":"chatcmpl-8f2a1c","object":"chat.completion.chunk","created":1764000000,"model":"llama-70b","#
            .utf8)
    let words = (0..<16).map { word in
        event
            + Array(
                #""choices":[{"index":0,"delta":{"content":" word\#(word)"},"logprobs":null,"finish_reason":null}]}"#
                    .utf8) + Array("\n\n".utf8)
    }
    return { count in
        var filter = StreamFilter()
        var record = StreamRecord()
        record.way = armed ? .text : .none
        record.isChat = true
        var out = ByteQueue()
        for turn in 0..<count {
            out.removeAll()
            let event = words[turn & 15]
            keep(filter.take(event.span.bytes, hasEnded: false, record: &record, into: &out).used)
        }
    }
}
