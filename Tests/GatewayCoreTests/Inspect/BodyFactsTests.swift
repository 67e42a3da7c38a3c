import Foundation
import GatewayCore
import Testing

struct BodyFactsTests {
    struct Malformed: Error { var offset: Int }

    private func facts(_ raw: [UInt8]) throws -> BodyFacts {
        switch BodyFacts.read(raw.span.bytes) {
        case .facts(let facts): return facts
        case .malformed(let offset): throw Malformed(offset: offset)
        }
    }

    private func text(_ range: ByteRange, _ raw: [UInt8]) -> String { raw.text(range.range) }

    @Test func `the facts are found wherever they stand`() throws {
        let raw = bytes(
            #"""
             { "tools": [{"a":"}"}], "user" : "u\"1", "messages":[{"role":"user","content":"model"}],
            "stream": true, "max_tokens":128, "session_id":"s", "model" : "m", "system":"be brief",
            "previous_response_id":"resp_1", "temperature":-0.5 }
            """#)
        let facts = try facts(raw)
        #expect(text(facts.model, raw) == "m" && text(facts.tenant, raw) == #"u\"1"#)
        #expect(facts.isStreaming && facts.maxTokens == 128 && !facts.asksForUsage)
        #expect(text(facts.session, raw) == "s" && text(facts.previousResponse, raw) == "resp_1")
        #expect(text(facts.tools, raw) == #"[{"a":"}"}]"# && text(facts.system, raw) == #""be brief""#)
        #expect(text(facts.prompt, raw) == #"[{"role":"user","content":"model"}"#)
    }

    @Test func `the prompt's cache key is the session, before or after a session id`() throws {
        for body in [
            #"{"prompt_cache_key":"k","session_id":"s"}"#, #"{"session_id":"s","prompt_cache_key":"k"}"#,
        ] {
            #expect(text(try facts(bytes(body)).session, bytes(body)) == "k")
        }
    }

    @Test(arguments: [
        (#"{"max_completion_tokens":7}"#, 7), (#"{"max_output_tokens":8}"#, 8),
        (#"{"max_tokens":null}"#, nil),
        (#"{"max_tokens":-1}"#, nil), (#"{"max_tokens":"9"}"#, nil), (#"{"n":{"max_tokens":9}}"#, nil),
    ])
    func `the output's limit`(body: String, limit: Int?) throws {
        #expect(try facts(bytes(body)).maxTokens == limit)
    }

    @Test(arguments: [
        (
            #"{"messages":[{"role":"user","content":"a"}]}"#,
            #"{"messages":[{"role":"user","content":"a"},{"b":1}]}"#
        ),
        (#"{"prompt":"once upon"}"#, #"{"prompt":"once upon a time"}"#),
        (#"{"input":"once"}"#, #"{"input":"once upon"}"#), (#"{"prompt":[1,2]}"#, #"{"prompt":[1,2,3]}"#),
    ])
    func `a longer conversation begins with the same bytes`(short: String, long: String) throws {
        let first = text(try facts(bytes(short)).prompt, bytes(short))
        let second = text(try facts(bytes(long)).prompt, bytes(long))
        #expect(first.utf8.count >= 4 && second.hasPrefix(first) && second != first)
    }

    @Test(arguments: [
        ("", 0), ("  ", 2), ("[]", 0), (#"{"a" 1}"#, 5), (#"{"a":1,}"#, 7), (#"{"a":1"#, 6),
        (#"{"a":1} x"#, 8),
        (#"{"a":}"#, 5), (#"{a:1}"#, 1), (#"{"a":1}{"#, 7),
    ])
    func `a malformed body names the byte`(body: String, offset: Int) {
        guard case .malformed(let found) = BodyFacts.read(bytes(body).span.bytes) else {
            Issue.record("accepted: \(body)")
            return
        }
        #expect(found == offset, "\(body)")
    }

    /// Every way in which clients send stream_options.
    static let shapes: [String] = {
        let options = [
            "null", "{}", "{ }", "[]", "true", "\"x\"", #"{"include_usage":false}"#,
            #"{"include_usage":null}"#,
            #"{ "include_usage" : false , "x":1}"#, #"{"x":{"include_usage":true}}"#,
            #"{"continuous_usage_stats":true}"#, #"{"x":[1,"}"],"include_usage":0}"#,
            #"{"include_usage":true}"#,
        ]
        var all = [#"{"stream":true}"#, #"{ "stream" : true , "model":"m"}"#]
        for option in options {
            all.append("{\"stream\":true,\"stream_options\":\(option)}")
            all.append(
                "{\"model\":\"m\", \"stream_options\" : \(option) , \"stream\":true,\"a\":[{\"b\":null}]}")
        }
        return all
    }()

    @Test(arguments: shapes)
    func `the edits ask for usage and token ids and change nothing else`(body: String) throws {
        var raw = bytes(body)
        let facts = try facts(raw)
        var expected = try #require(
            JSONSerialization.jsonObject(with: Data(raw)) as? NSDictionary as? [String: Any])
        var options = expected["stream_options"] as? [String: Any] ?? [:]
        let edits = facts.edits(adding: [.usage, .tokenIDs], raw.span.bytes)
        #expect(edits.map(\.offset) == edits.map(\.offset).sorted())
        for edit in edits.reversed() {
            raw.replaceSubrange(
                edit.offset..<(edit.offset + edit.removed), with: bytes(edit.inserted.description))
        }
        expected["return_token_ids"] = true
        let edited = try #require(JSONSerialization.jsonObject(with: Data(raw)) as? NSDictionary)
        options["include_usage"] = true
        expected["stream_options"] = options
        #expect(edited.isEqual(to: expected), "\(String(decoding: raw, as: UTF8.self))")
    }

    @Test(arguments: ["{}", " { } "]) func `an empty object is left alone`(body: String) throws {
        let raw = bytes(body)
        guard case .facts(let facts) = BodyFacts.read(raw.span.bytes) else {
            Issue.record("no object")
            return
        }
        #expect(facts.edits(adding: [.usage, .tokenIDs, .stream, .progress], raw.span.bytes).isEmpty)
    }

    @Test(arguments: [#"{"model":"a","mod\u0065l":"b"}"#, #"{"str\u0065am":true}"#])
    func `a name with an escape, which an engine would resolve, is refused`(body: String) {
        let raw = bytes(body)
        guard case .malformed(let offset) = BodyFacts.read(raw.span.bytes) else {
            Issue.record("accepted")
            return
        }
        #expect(raw[offset - 1] == 0x22)
    }

    @Test(arguments: [
        "{\"prompt\":\"a\"}", #"{"stream":false,"prompt":"a"}"#, #"{"stream":null, "prompt":"a"}"#,
    ])
    func `a body that does not stream can be made to`(body: String) throws {
        var raw = bytes(body)
        for edit in try facts(raw).edits(adding: .stream, raw.span.bytes).reversed() {
            raw.replaceSubrange(
                edit.offset..<(edit.offset + edit.removed), with: bytes(edit.inserted.description))
        }
        let edited = try JSONSerialization.jsonObject(with: Data(raw)) as? NSDictionary
        #expect(edited == ["stream": true, "prompt": "a"])
    }

    @Test(arguments: [
        (#"{"temperature":0}"#, Obstacles()), (#"{"temperature":0.0,"n":1}"#, Obstacles()),
        ("{}", .sampling), (#"{"temperature":0.7}"#, .sampling), (#"{"temperature":1e-9}"#, .sampling),
        (#"{"temperature":0,"n":2}"#, .severalChoices), (#"{"temperature":0,"n":10}"#, .severalChoices),
        (#"{"temperature":0,"n":null,"echo":false,"logprobs":null,"top_logprobs":0}"#, Obstacles()),
        (#"{"temperature":0,"logprobs":true}"#, .logprobs), (#"{"temperature":0,"logprobs":0}"#, .logprobs),
        (#"{"temperature":0,"echo":true}"#, .completionMode),
        (#"{"temperature":0,"suffix":"x"}"#, .completionMode),
        (#"{"temperature":0,"response_format":{"type":"json_object"}}"#, .structuredOutput),
        (#"{"temperature":0,"response_format":{"type":"text"}}"#, Obstacles()),
        (#"{"temperature":0,"guided_regex":"a+"}"#, .structuredOutput),
        (#"{"temperature":0,"structured_outputs":{"regex":"a"}}"#, .structuredOutput),
        (#"{"temperature":0,"presence_penalty":0.5}"#, .penalties),
        (#"{"temperature":0,"frequency_penalty":0.0}"#, Obstacles()),
    ])
    func `what keeps an answer from being continued is seen in the request`(
        body: String, expected: Obstacles
    ) throws {
        #expect(try facts(bytes(body)).obstacles == expected, "\(body)")
    }

    @Test func `tools that may not be called are no tools`() throws {
        #expect(try facts(bytes(#"{"tools":[{"a":1}]}"#)).hasTools)
        #expect(try !facts(bytes(#"{"tool_choice":"none","tools":[{"a":1}]}"#)).hasTools)
        #expect(try !facts(bytes(#"{"tools":[]}"#)).hasTools)
    }

    @Test func `the longest stop string is measured`() throws {
        #expect(try facts(bytes(#"{"stop":"end"}"#)).stopBytes == 3)
        #expect(try facts(bytes(#"{"stop":["a","four","bc"]}"#)).stopBytes == 4)
        #expect(try facts(bytes(#"{"stop":null}"#)).stopBytes == 0)
    }

    @Test func `accidents never trap nor lead beyond the bytes`() {
        var random = SplitMix64(seed: 6)
        let whole = bytes(
            #"{"model":"m","stream":true,"stream_options":{"include_usage":false},"#
                + #""messages":[{"content":"a\"b"}]}"#
        )
        for _ in 0..<6000 {
            let broken = whole.mutated(&random)
            switch BodyFacts.read(broken.span.bytes) {
            case .malformed(let offset): #expect((0...broken.count).contains(offset))
            case .facts(let facts):
                for range in [facts.model, facts.prompt, facts.tools, facts.session] {
                    #expect(range.lower <= range.upper && Int(range.upper) <= broken.count)
                }
                for edit in facts.edits(adding: [.usage, .tokenIDs, .stream], broken.span.bytes) {
                    #expect(edit.offset >= 0 && edit.removed >= 0)
                    #expect(edit.offset + edit.removed <= broken.count)
                }
            }
        }
    }
}
