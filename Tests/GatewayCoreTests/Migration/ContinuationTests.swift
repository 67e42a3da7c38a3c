import Foundation
import GatewayCore
import TestSupport
import Testing

/// A stream that broke off after some events of a capture, and what another node is asked.
private struct BrokenOff: ~Copyable {
    var filter = StreamFilter()
    var record = StreamRecord()
    var out = ByteQueue()

    init(_ path: String, events: Int, way: StreamRecord.Way, isChat: Bool, rewind: Int = 0) throws {
        filter.reframes = false
        record.way = way
        record.isChat = isChat
        record.rewindTokens = rewind
        let all = String(decoding: try captured(path), as: UTF8.self).components(separatedBy: "\n\n")
        let part = bytes(all[..<events].joined(separator: "\n\n") + "\n\n")
        _ = filter.take(part.span.bytes, hasEnded: false, record: &record, into: &out)
    }

    mutating func request(_ body: String) throws -> [String: Any] {
        record.continueElsewhere()
        let raw = bytes(body)
        guard case .facts(let facts) = BodyFacts.read(raw.span.bytes) else {
            throw CocoaError(.coderInvalidValue)
        }
        var request = ByteQueue()
        ContinuationRequest.body(raw.span.bytes, facts, record, into: &request)
        return try #require(
            JSONSerialization.jsonObject(with: Data(request.array)) as? [String: Any])
    }
}

@Suite(.enabled(if: sharedFolder != nil)) struct ContinuationTests {
    private let chat =
        #"{"model":"tiny","messages":[{"role":"user","content":"a"}],"max_tokens":24,"#
        + #""temperature":0,"stream":true,"seed":5,"tools":[],"min_tokens":20}"#

    @Test func `a chat goes on as a completion of its ids, with what is left to say`() throws {
        var broken = try BrokenOff(
            "vllm-cpu/chat-stream-token-ids.http", events: 6, way: .ids, isChat: true)
        let request = try broken.request(chat)
        let prompt = try #require(request["prompt"] as? [Int])
        #expect(prompt.count == 154 + 5 && prompt.first == 1121)
        #expect(Array(prompt.suffix(5)).first == 1107 && prompt[155] == 1115)
        #expect(request["max_tokens"] as? Int == 19 && request["min_tokens"] as? Int == 15)
        #expect(request["return_token_ids"] as? Bool == true && request["stream"] as? Bool == true)
        #expect(request["messages"] == nil && request["tools"] == nil && request["seed"] as? Int == 5)
    }

    @Test func `with stop strings it goes back over text that may have been held`() throws {
        var broken = try BrokenOff(
            "vllm-cpu/chat-stream-token-ids.http", events: 12, way: .ids, isChat: true, rewind: 4)
        let request = try broken.request(chat)
        #expect((request["prompt"] as? [Int])?.count == 154 + 7)
        #expect(request["max_tokens"] as? Int == 17)
        #expect(broken.record.givenTokens == 7)
    }

    @Test func `where the engine's tool parser is needed it goes on as a chat by its text`() throws {
        var broken = try BrokenOff(
            "vllm-cpu/chat-stream-token-ids.http", events: 4, way: .checkedText, isChat: true)
        let request = try broken.request(chat)
        let messages = try #require(request["messages"] as? [[String: String]])
        #expect(messages.last == ["role": "assistant", "content": " wave who beside"])
        #expect(request["continue_final_message"] as? Bool == true)
        #expect(request["add_generation_prompt"] as? Bool == false && request["tools"] != nil)
    }

    @Test func `a completion of llama.cpp goes on by its text`() throws {
        var broken = try BrokenOff(
            "llamacpp/completions-stream.http", events: 3, way: .text, isChat: false)
        let request = try broken.request(#"{"prompt":"say \"x\"","max_tokens":24,"stream":true}"#)
        #expect(request["prompt"] as? String == "say \"x\" years answers patience")
        #expect(request["max_tokens"] as? Int == 21 && request["return_progress"] as? Bool == true)
    }

    /// The rest of the captured completion continues the captured beginning of a chat: the words differ, the form must not.
    @Test func `a completion's events become the chat's that it goes on with`() throws {
        var broken = try BrokenOff(
            "vllm-cpu/chat-stream-token-ids.http", events: 6, way: .ids, isChat: true)
        _ = try broken.request(chat)
        let usageEvent = comparable(try captured("vllm-cpu/completions-stream-usage.http"))
            .filter { $0.contains("\"choices\":[]") }
        let rest =
            try captured("vllm-cpu/completions-stream-token-ids.http").dropLast(14)
            + bytes(usageEvent[0] + "\n\ndata: [DONE]\n\n")
        var filter = StreamFilter()
        filter.reframes = false
        let result = filter.takeContinued(
            rest.span.bytes, hasEnded: true, record: &broken.record, into: &broken.out)
        #expect(result.fault == nil && result.used == rest.count)
        let events = String(decoding: broken.out.array, as: UTF8.self).components(separatedBy: "\n\n")
        let objects = try events.filter { $0.hasPrefix("data: {") }.map {
            try #require(
                JSONSerialization.jsonObject(with: Data($0.dropFirst(6).utf8)) as? [String: Any])
        }
        #expect(Set(objects.map { $0["id"] as? String }).count == 1)
        #expect(Set(objects.map { $0["object"] as? String }) == ["chat.completion.chunk"])
        #expect(objects.count == 6 + 24 + 1)
        let usage = try #require(objects.last?["usage"] as? [String: Any])
        // The other node was given 5 tokens of the answer with the prompt: here it said 131 and 24.
        #expect(usage["prompt_tokens"] as? Int == 126 && usage["completion_tokens"] as? Int == 29)
        let shape = comparable(try captured("vllm-cpu/chat-stream.http"))[1]
        let continued = comparable(bytes(events[6] + "\n\n"))[0]
        #expect(continued == shape.replacingOccurrences(of: " wave", with: " years"))
    }

    @Test func `ids that another node says instead of those that it should repeat end it`() throws {
        var broken = try BrokenOff(
            "vllm-cpu/chat-stream-token-ids.http", events: 12, way: .ids, isChat: true, rewind: 4)
        _ = try broken.request(chat)
        let rest = try captured("vllm-cpu/completions-stream-token-ids.http")
        var filter = StreamFilter()
        let result = filter.takeContinued(
            rest.span.bytes, hasEnded: true, record: &broken.record, into: &broken.out)
        #expect(result.fault != nil && broken.record.obstacles == .diverged)
    }
}

@Suite(.enabled(if: sharedFolder != nil)) struct StreamedAnswerTests {
    @Test(arguments: [
        ("llamacpp/chat-stream-usage.http", "llamacpp/chat-first.http", true),
        ("llamacpp/completions-stream.http", "llamacpp/completions.http", false),
    ])
    func `a stream is put together to the answer that the engine gives unstreamed`(
        stream: String, whole: String, isChat: Bool
    ) throws {
        let body = try captured(stream)
        var answer = StreamedAnswer(isChat: isChat)
        var start = 0
        while let end = body.span.bytes.first("\n\n", in: start..<body.count) {
            answer.take(body.span.bytes, start..<(end + 2))
            start = end + 2
        }
        var out = ByteQueue()
        answer.append(to: &out)
        let ours =
            try JSONSerialization.jsonObject(with: Data(comparable(out.array)[0].utf8)) as? NSDictionary
        let theirs =
            try JSONSerialization.jsonObject(with: Data(comparable(try captured(whole))[0].utf8))
            as? NSDictionary
        #expect(ours == theirs)
    }

    @Test func `tool calls and reasoning are put together from their pieces`() throws {
        var answer = StreamedAnswer(isChat: true)
        for delta in [
            #"{"role":"assistant","content":null}"#, #"{"reasoning_content":"let "}"#,
            #"{"reasoning_content":"me"}"#,
            #"{"tool_calls":[{"index":0,"id":"x","type":"function","function":{"name":"f","arguments":"{"}}]}"#,
            #"{"tool_calls":[{"index":0,"function":{"arguments":"\"a\":1}"}}]}"#,
            #"{"tool_calls":[{"index":1,"id":"y","type":"function","function":{"name":"g","arguments":"{}"}}]}"#,
        ] {
            let event = bytes(
                "data: {\"choices\":[{\"finish_reason\":null,\"index\":0,\"delta\":\(delta)}]}\n\n")
            answer.take(event.span.bytes, 0..<event.count)
        }
        let last = bytes(
            "data: {\"choices\":[{\"finish_reason\":\"tool_calls\",\"index\":0,\"delta\":{}}],\"id\":\"i\"}\n\n"
        )
        answer.take(last.span.bytes, 0..<last.count)
        var out = ByteQueue()
        answer.append(to: &out)
        let object = try JSONSerialization.jsonObject(with: Data(out.array)) as? NSDictionary
        let expected = #"""
            {"id":"i","choices":[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","content":null,
             "reasoning_content":"let me","tool_calls":[
              {"id":"x","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},
              {"id":"y","type":"function","function":{"name":"g","arguments":"{}"}}]}}]}
            """#
        #expect(object == (try JSONSerialization.jsonObject(with: Data(expected.utf8)) as? NSDictionary))
    }
}
