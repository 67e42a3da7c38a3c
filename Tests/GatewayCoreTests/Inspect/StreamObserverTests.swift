import Foundation
import GatewayCore
import TestSupport
import Testing

/// What an observer remembers of a captured answer, fed event by event.
private func observe(_ path: String, hidesUsage: Bool = false) throws -> (
    StreamObserver, firstToken: Int?, hidden: Int
) {
    let url = try #require(sharedFolder).appendingPathComponent("fixtures/live/\(path)")
    let raw = [UInt8](try Data(contentsOf: url))
    guard case .complete(let head) = ResponseHead.parse(raw.span.bytes) else {
        throw CocoaError(.fileReadCorruptFile)
    }
    var body = Array(raw[head.byteCount...])
    if head.isChunked { body = Dechunked([body]).data }
    return observe(body, hidesUsage: hidesUsage)
}

private func observe(_ body: [UInt8], hidesUsage: Bool = false) -> (
    StreamObserver, firstToken: Int?, hidden: Int
) {
    var observer = StreamObserver()
    var firstToken: Int?
    var hidden = 0
    var number = 0
    var start = 0
    while let end = body.span.bytes.first("\n\n", in: start..<body.count) {
        if case .hide = observer.event(body.span.bytes, start..<(end + 2), hidesUsage: hidesUsage) {
            hidden += 1
        }
        if firstToken == nil, observer.hasFirstToken { firstToken = number }
        number += 1
        start = end + 2
    }
    return (observer, firstToken, hidden)
}

/// One capture with what the fixtures' README and the bytes say of it.
struct CapturedStream: Sendable, CustomTestStringConvertible {
    var path: String
    /// The number of the event with the first token, from 0.
    var firstToken: Int
    var content: Int
    var isDone = true
    var hasFinish = true
    var hasError = false
    var output: Int?
    var prompt: Int?
    var cached: Int?
    var testDescription: String { path }
}

@Suite(.enabled(if: sharedFolder != nil))
struct StreamObserverTests {
    static let streams = [
        CapturedStream(path: "vllm-cpu/chat-stream.http", firstToken: 1, content: 24),
        CapturedStream(path: "vllm-cpu/completions-stream.http", firstToken: 0, content: 24),
        CapturedStream(
            path: "vllm-cpu/chat-stream-usage.http", firstToken: 1, content: 24, output: 24, prompt: 154,
            cached: 128),
        CapturedStream(
            path: "vllm-cpu/chat-stream-continuous-usage.http", firstToken: 1, content: 24, output: 24,
            prompt: 154,
            cached: 128),
        CapturedStream(
            path: "vllm-cpu/completions-stream-usage.http", firstToken: 0, content: 24, output: 24,
            prompt: 131,
            cached: 128),
        CapturedStream(path: "llamacpp/chat-stream.http", firstToken: 1, content: 24),
        CapturedStream(
            path: "llamacpp/chat-stream-usage.http", firstToken: 1, content: 24, output: 24, prompt: 154,
            cached: 153),
        CapturedStream(
            path: "vllm-cpu/cut-sigterm.http", firstToken: 0, content: 21, hasFinish: false, hasError: true),
        CapturedStream(
            path: "vllm-cpu/cut-sigkill.http", firstToken: 0, content: 20, isDone: false, hasFinish: false),
        CapturedStream(
            path: "vllm-cpu/cut-abort-requests.http", firstToken: 0, content: 21, hasFinish: false,
            hasError: true),
        CapturedStream(
            path: "vllm-cpu/error-bad-schema-stream.http", firstToken: -1, content: 0, hasFinish: false,
            hasError: true),
        CapturedStream(
            path: "llamacpp/cut-sigkill.http", firstToken: 0, content: 20, isDone: false, hasFinish: false),
    ]

    @Test(arguments: streams)
    func `a captured stream is understood`(stream: CapturedStream) throws {
        let (seen, firstToken, _) = try observe(stream.path)
        #expect((firstToken ?? -1) == stream.firstToken)
        // A finish event without text is one of llama.cpp's and counts as content: at most one more.
        #expect((stream.content...stream.content + 1).contains(seen.contentEvents), "\(seen.contentEvents)")
        #expect(
            seen.hasDone == stream.isDone && seen.hasFinish == stream.hasFinish
                && seen.hasError == stream.hasError)
        #expect(
            seen.isComplete == (stream.hasFinish && !stream.hasError || stream.isDone && !stream.hasError))
        if let output = stream.output {
            #expect(seen.usage?.outputTokens == output)
            #expect(seen.usage?.promptTokens == stream.prompt)
            #expect(seen.usage?.cachedTokens == stream.cached)
        }
    }

    @Test(arguments: ["vllm-cpu/chat-stream-usage.http", "llamacpp/chat-stream-usage.http"])
    func `only the usage event is hidden, and only when the gateway asked for it`(path: String) throws {
        #expect(try observe(path).hidden == 0)
        let (seen, _, hidden) = try observe(path, hidesUsage: true)
        #expect(hidden == 1 && seen.usage?.outputTokens == 24)
    }

    @Test(arguments: ["vllm-cpu", "llamacpp"])
    func `the other dialects end and tell their usage`(engine: String) throws {
        let messages = try observe("\(engine)/messages-stream.http").0
        #expect(messages.hasFinish && messages.isComplete && messages.hasFirstToken)
        #expect(messages.usage?.outputTokens == 24)
        let responses = try observe("\(engine)/responses-stream.http").0
        #expect(responses.hasFinish && responses.isComplete && responses.usage?.outputTokens != nil)
    }

    @Test func `accidents in a stream never trap`() throws {
        let url = try #require(sharedFolder).appendingPathComponent(
            "fixtures/live/vllm-cpu/chat-stream-usage.http")
        let raw = [UInt8](try Data(contentsOf: url))
        guard let start = raw.span.bytes.first("data:", in: 0..<raw.count) else {
            throw CocoaError(.fileReadCorruptFile)
        }
        let body = Array(raw[start..<min(raw.count, start + 900)]) + Array(raw.suffix(900))
        var random = SplitMix64(seed: 5)
        for _ in 0..<2000 {
            let broken = body.mutated(&random)
            let (seen, _, _) = observe(broken, hidesUsage: true)
            #expect(seen.contentEvents <= broken.count / 7)
        }
    }
}

struct EventTests {
    private func verdict(_ event: String) -> StreamObserver { observe(bytes(event + "\n\n")).0 }

    @Test func `an event's data may follow its name, with or without a space`() {
        for text in ["data: [DONE]", "data:[DONE]", "event: x\ndata: [DONE]"] {
            #expect(verdict(text).hasDone)
        }
        for text in [": ping", "event: ping", "data: x[DONE]"] { #expect(!verdict(text).hasDone) }
    }

    @Test func `a role alone is no token; a role with text is one`() {
        #expect(!verdict(#"data: {"choices":[{"delta":{"role":"assistant","content":""}}]}"#).hasFirstToken)
        #expect(!verdict(#"data: {"choices":[{"delta":{"role":"assistant","content":null}}]}"#).hasFirstToken)
        #expect(verdict(#"data: {"choices":[{"delta":{"role":"assistant","content":"a"}}]}"#).hasFirstToken)
        #expect(!verdict(#"data: {"choices":[],"usage":{"prompt_tokens":1}}"#).hasFirstToken)
    }

    @Test func `an error object is an error, even when the stream says that it is done`() {
        let seen = verdict("data: {\"error\":{\"code\":500}}\n\ndata: [DONE]")
        #expect(seen.hasError && seen.hasDone && !seen.isComplete)
        #expect(verdict(#"data: {"type":"error","error":{"type":"overloaded_error"}}"#).hasError)
    }

    @Test func `words of a text are not taken for the stream's own`() {
        let text =
            #"data: {"choices":[{"delta":{"content":"\"usage\":{\"prompt_tokens\":9}"#
            + #" \"finish_reason\":\"stop\" [DONE]"}}]}"#
        let seen = verdict(text)
        #expect(seen.usage == nil && !seen.hasFinish && !seen.hasDone && seen.contentEvents == 1)
    }

    @Test func `what stands behind an event is no part of it`() {
        let event = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\ndata: \"finish_reason\":\n\n"
        let raw = bytes(event + "\"stop\"}\n\n")
        var observer = StreamObserver()
        _ = observer.event(raw.span.bytes, 0..<event.utf8.count, hidesUsage: false)
        #expect(!observer.hasFinish)
    }
}
