import FleetSim
import Testing

/// A stream that was cut is carried on elsewhere, as it was measured on two real vLLM (live/README.md, "Carrying a
/// stream on"): the text so far and the rest are the undisturbed answer.
struct ContinuationTests {
    /// What one streamed answer told.
    private struct Told {
        var promptIDs: [Int] = []
        var ids: [Int] = []
        var text = ""
        var finish: String?

        init(_ body: String) throws {
            for line in body.split(separator: "\n") where line.hasPrefix("data: {") {
                let event = try JSONValue.parse(Array(line.dropFirst(6).utf8))
                let choice = event["choices"]?[0]
                let prompt = event["prompt_token_ids"]?.array ?? choice?["prompt_token_ids"]?.array ?? []
                promptIDs += prompt.compactMap(\.integer)
                ids += choice?["token_ids"]?.array?.compactMap(\.integer) ?? []
                text += choice?["delta"]?["content"]?.string ?? choice?["text"]?.string ?? ""
                finish = choice?["finish_reason"]?.string ?? finish
            }
        }
    }

    private static let tokens = 96
    private let first: RunningEngine
    private let second: RunningEngine

    init() throws {
        first = try RunningEngine { $0.speed = 500 }
        second = try RunningEngine {
            $0.seed = 9
            $0.speed = 500
        }
    }

    private static let wishes = #""model":"tiny","stream":true,"temperature":0,"ignore_eos":true"#

    private func ask(_ engine: RunningEngine, _ path: String, _ fields: String, tokens: Int = Self.tokens)
        throws -> Told
    {
        let answer = try engine.post(path, "{\(Self.wishes),\"max_tokens\":\(tokens),\(fields)}")
        try #require(answer.status == 200, "\(answer.body)")
        return try Told(answer.body)
    }

    @Test(arguments: [1, 5, 32, 33, 70])
    func `by token ids, a chat and a completion go on exactly`(cut: Int) throws {
        for (path, fields) in [
            (
                "/v1/chat/completions",
                #""messages":[{"role":"system","content":"Be short."},{"role":"user","content":"Why \#(cut)?"}]"#
            ),
            ("/v1/completions", #""prompt":"An odd number of bytes: \#(cut)""#),
        ] {
            let whole = try ask(first, path, fields + #","return_token_ids":true"#)
            #expect(whole.ids.count == Self.tokens)
            #expect(!whole.promptIDs.isEmpty)
            let known = whole.promptIDs + whole.ids.prefix(cut)
            let rest = try ask(
                second, "/v1/completions", #""return_token_ids":true,"prompt":\#(known)"#,
                tokens: Self.tokens - cut)
            #expect(rest.promptIDs == known)
            #expect(Array(whole.ids.prefix(cut)) + rest.ids == whole.ids)
            #expect(whole.text.hasSuffix(rest.text))
            #expect(rest.text.utf8.count == whole.text.utf8.count / Self.tokens * (Self.tokens - cut))
            #expect(rest.finish == "length")
        }
    }

    @Test(arguments: [1, 5, 32, 33, 70])
    func `by text, a chat's last message goes on exactly`(cut: Int) throws {
        let question = #"{"role":"user","content":"Why \#(cut)?"}"#
        let whole = try ask(first, "/v1/chat/completions", #""messages":[\#(question)]"#)
        let part = whole.text.prefix(4 * cut)
        let rest = try ask(
            second, "/v1/chat/completions",
            #""messages":[\#(question),{"role":"assistant","content":"\#(part)"}],"#
                + #""continue_final_message":true,"add_generation_prompt":false"#,
            tokens: Self.tokens - cut)
        #expect(part + rest.text == whole.text)
    }

    @Test func `an answer that ends by itself ends at the same token when it is carried on`() throws {
        let path = "/v1/completions"
        var ended = 0
        for number in 0..<40 {
            let fields = #""return_token_ids":true,"ignore_eos":false,"prompt":"question \#(number)""#
            let answer = try first.post(path, #"{"stream":true,"max_tokens":400,\#(fields)}"#)
            let whole = try Told(answer.body)
            guard whole.finish == "stop", (4..<400).contains(whole.ids.count) else { continue }
            ended += 1
            let known = whole.promptIDs + whole.ids.prefix(3)
            let body = #"{"stream":true,"max_tokens":397,"prompt":\#(known)}"#
            let rest = try Told(try second.post(path, body).body)
            #expect(rest.finish == "stop")
            #expect(whole.text.hasSuffix(rest.text) && rest.text.utf8.count == whole.text.utf8.count - 12)
            let patient = try first.post(
                path,
                #"{"stream":true,"max_tokens":400,"min_tokens":\#(whole.ids.count + 1),\#(fields)}"#)
            #expect(try Told(patient.body).ids.count > whole.ids.count)
        }
        #expect(ended > 5)
    }
}
