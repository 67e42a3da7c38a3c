import GatewayCore
import TestSupport
import Testing

/// What a client gets of a stream that comes in these pieces.
private func filtered(
    _ pieces: [[UInt8]], _ way: StreamRecord.Way = .none, isChat: Bool = true, hidesUsage: Bool = false,
    hidesProgress: Bool = false
) -> (out: [UInt8], outputTokens: Int, promptTokens: Int) {
    var filter = StreamFilter()
    filter.reframes = false
    filter.hidesUsage = hidesUsage
    filter.hidesProgress = hidesProgress
    filter.restoresFingerprint = hidesUsage
    var record = StreamRecord()
    record.way = way
    record.isChat = isChat
    var out = ByteQueue()
    var carry: [UInt8] = []
    for (number, piece) in pieces.enumerated() {
        carry += piece
        let result = filter.take(
            carry.span.bytes, hasEnded: number == pieces.count - 1, record: &record, into: &out)
        carry.removeFirst(result.used)
    }
    return (out.array, record.outputTokens, record.promptTokens)
}

@Suite(.enabled(if: sharedFolder != nil)) struct StreamFilterTests {
    /// Streams that the gateway asked for more than the client did, and the same streams as the client asked for them.
    @Test(arguments: [
        ("vllm-cpu/chat-stream-token-ids.http", "vllm-cpu/chat-stream.http", true),
        ("vllm-cpu/chat-stream-usage.http", "vllm-cpu/chat-stream.http", true),
        ("vllm-cpu/completions-stream-token-ids.http", "vllm-cpu/completions-stream.http", false),
        ("vllm-cpu/completions-stream-usage.http", "vllm-cpu/completions-stream.http", false),
    ])
    func `what was asked for beside is taken out without a trace, at every split`(
        asked: String, plain: String, isChat: Bool
    ) throws {
        let body = try captured(asked)
        let expected = comparable(try captured(plain))
        let whole = filtered([body], .ids, isChat: isChat, hidesUsage: true)
        #expect(comparable(whole.out) == expected)
        for split in stride(from: 1, to: body.count, by: 3) {
            let parts = filtered(
                [[UInt8](body[..<split]), [UInt8](body[split...])], .ids, isChat: isChat, hidesUsage: true)
            #expect(parts.out == whole.out, "split at \(split)")
        }
        if asked.contains("token-ids") {
            #expect(whole.outputTokens == 24 && whole.promptTokens == (isChat ? 154 : 131))
        }
    }

    @Test(arguments: [
        "vllm-cpu/chat-stream.http", "vllm-cpu/chat-stream-usage.http", "vllm-cpu/completions-stream.http",
        "vllm-cpu/chat-stream-tools-required.http", "vllm-cpu/responses-stream.http",
        "vllm-cpu/messages-stream.http", "llamacpp/chat-stream.http", "llamacpp/chat-stream-usage.http",
        "llamacpp/completions-stream.http", "llamacpp/responses-stream.http",
    ])
    func `a stream that was asked for nothing more passes unchanged, in any pieces`(path: String) throws {
        let body = try captured(path)
        var random = SplitMix64(seed: 4)
        for longest in [1, 7, 100, 5000] {
            #expect(filtered(body.pieces(longest: longest, &random)).out == body)
        }
    }

    @Test func `llama.cpp's word of its progress is taken out and tells the prompt's tokens`() throws {
        let body = try captured("llamacpp/chat-stream-progress.http")
        let seen = filtered([body], .text, hidesProgress: true)
        #expect(seen.promptTokens == 2594)
        let text = String(decoding: seen.out, as: UTF8.self)
        #expect(!text.contains("prompt_progress") && text.hasSuffix("data: [DONE]\n\n"))
        #expect(text.components(separatedBy: "\"content\":\"").count == seen.outputTokens + 1)
    }

    @Test(arguments: [
        ("vllm-cpu/cut-sigterm.http", StreamFault.errorEvent, 22),
        ("vllm-cpu/cut-abort-requests.http", .aborted, 21),
    ])
    func `it stops before an event that is a fault, and lets it pass when told`(
        path: String, fault: StreamFault, before: Int
    ) throws {
        let body = try captured(path)
        var filter = StreamFilter()
        filter.reframes = false
        var record = StreamRecord()
        var out = ByteQueue()
        let result = filter.take(body.span.bytes, hasEnded: true, record: &record, into: &out)
        #expect(result.fault == fault)
        #expect(out.array == Array(body[..<result.used]))
        #expect((before - 1...before + 1).contains(comparable(out.array).count))
        filter.letFaultPass()
        let rest = Array(body[result.used...])
        let after = filter.take(rest.span.bytes, hasEnded: true, record: &record, into: &out)
        #expect(after.fault == nil && out.array == body)
    }
}

@Suite struct RepetitionTests {
    private func event(_ text: String) -> [UInt8] {
        bytes(
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\(text)\"},\"finish_reason\":null}]}\n\n"
        )
    }

    private func faults(_ words: [String]) -> [Int] {
        var observer = StreamObserver()
        return words.enumerated().compactMap { number, word in
            let raw = event(word)
            let verdict = observer.event(raw.span.bytes, 0..<raw.count, hidesUsage: false)
            return verdict == .fault(.repeating) ? number : nil
        }
    }

    @Test(arguments: [1, 2, 7, 64])
    func `a span that is said over and over is noticed once`(span: Int) {
        let words = (0..<2000).map { "w\($0 % span)" }
        #expect(faults(words).count == 1)
        #expect(faults(["a", "b", "c"] + words).count == 1)
    }

    @Test func `text that goes on and short repeats are no loop`() {
        #expect(faults((0..<3000).map { "w\($0)" }).isEmpty)
        #expect(faults((0..<3000).map { "w\($0 % 400 < 390 ? 0 : $0)" }).isEmpty)
        #expect(faults((0..<1000).map { "w\($0 % 65)" }).isEmpty)
    }
}

@Suite struct BrokenBytesTests {
    @Test func `UTF-8 is told from what is none, as the standard library tells it`() {
        var random = SplitMix64(seed: 12)
        let good = Array("plain, é, €, 😀, ٣, 漢字 and \u{10FFFF}".utf8)
        let isGood = good.span.bytes.isUTF8(0..<good.count)
        #expect(isGood)
        for _ in 0..<20_000 {
            let broken = good.mutated(&random)
            let isText = broken.span.bytes.isUTF8(0..<broken.count)
            #expect(isText == (String(validating: broken, as: UTF8.self) != nil), "\(broken)")
        }
    }

    @Test(arguments: [
        ("data: nonsense\n\n", StreamFault.malformed), ("data: {\"a\":\n\n", .malformed),
        ("data: {\"choices\":[{\"text\":\"\u{FF}\"}]}\n\n", nil), (": comment\n\n", nil),
        ("event: ping\n\n", nil),
        ("data: [DONE]\n\n", nil), ("data: {\"choices\":[{\"text\":\"a\"}]}\r\n\r\n", nil),
    ])
    func `an event that is no JSON is a fault`(event: String, fault: StreamFault?) {
        var observer = StreamObserver()
        let raw = bytes(event)
        let verdict = observer.event(raw.span.bytes, 0..<raw.count, hidesUsage: false)
        #expect(verdict == (fault.map { .fault($0) } ?? .pass))
    }

    @Test func `bytes that are no UTF-8 are a fault`() {
        var observer = StreamObserver()
        let raw = bytes("data: {\"choices\":[{\"text\":\"") + [0xC3, 0x28] + bytes("\"}]}\n\n")
        let verdict = observer.event(raw.span.bytes, 0..<raw.count, hidesUsage: false)
        #expect(verdict == .fault(.invalidUTF8))
    }
}
