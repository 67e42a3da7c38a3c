import FleetSim
import Foundation
import GatewayCore
import TestSupport
import Testing

struct StreamCheckerTests {
    private func token(_ text: String, finish: String = "null") -> String {
        #"data: {"choices":[{"index":0,"delta":{"content":"\#(text)"},"finish_reason":\#(finish)}]}"# + "\n\n"
    }

    private func check(_ body: String, pieces: Int = 1_000_000) -> StreamChecker {
        var checker = StreamChecker()
        let bytes = Array(body.utf8)
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            checker.take(Array(bytes[start..<min(bytes.count, start + pieces)]))
        }
        checker.finish()
        return checker
    }

    private let done = "data: [DONE]\n\n"

    @Test(arguments: [1, 2, 3, 7, 50, 1_000_000])
    func `a good stream is good however it is cut`(pieces: Int) {
        let usage =
            #"data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":4}}}"#
        let body =
            ": ping\r\n\r\n" + token("a") + "event: x\n" + token("b", finish: "\"stop\"") + usage + "\r\n\r\n"
            + done
        let checker = check(body, pieces: pieces)
        #expect(checker.fault == nil, "\(checker.example)")
        #expect(checker.text == "ab")
        #expect(checker.tokens == 2)
        #expect(checker.usage?.cached == 4)
    }

    @Test func `each mistake has its name`() {
        let end = token("b", finish: "\"stop\"")
        #expect(check(token("a") + end).fault == .noDone)
        #expect(check(token("a") + end + done + done).fault == .noDone)
        #expect(check(token("a") + done).fault == .noFinishReason)
        #expect(check(token("a", finish: "\"abort\"") + done).fault == .abort)
        #expect(
            check(token("a") + "data: {\"error\":{\"message\":\"died\"}}\n\n" + done).fault == .errorEvent)
        #expect(check(token("a") + "data: {\"error\":{\"message\":\"died\"}}\n\n" + done).example == "died")
        #expect(check("data: {\"choices\":[}\n\n" + end + done).fault == .badJSON)
        #expect(check("garbage\n\n" + end + done).fault == .badEvent)
        #expect(check(end + done + token("late")).fault == .eventAfterDone)
        #expect(check(end + "data: [DONE]").fault == .badEvent)
        #expect(
            check(
                token("a") + token("b") + end
                    + "data: {\"choices\":[],\"usage\":{\"completion_tokens\":1}}\n\n" + done
            ).fault == .wrongCount)
        #expect(check("").fault == .noFinishReason)
    }

    @Test(
        .enabled(if: sharedFolder != nil),
        arguments: ["chat-stream-usage", "chat-stream", "completions-stream-usage"])
    func `vLLM's own streams pass`(name: String) throws {
        let file = try #require(sharedFolder).appendingPathComponent("fixtures/live/vllm-cpu/\(name).http")
        let bytes = Array(try Data(contentsOf: file))
        var queue = ByteQueue()
        queue.append(bytes)
        guard case .complete(let head) = queue.withBytes({ ResponseHead.parse($0) }) else {
            Issue.record("no head")
            return
        }
        var decoder = ChunkedDecoder()
        var checker = StreamChecker()
        var offset = head.byteCount
        decoding: while true {
            let data = queue.withBytes { bytes -> [UInt8]? in
                guard case .data(let range) = decoder.next(bytes, &offset) else { return nil }
                return bytes.array(range)
            }
            guard let data else { break decoding }
            checker.take(data)
        }
        checker.finish()
        #expect(checker.fault == nil, "\(checker.example)")
        #expect(checker.tokens > 5)
    }
}
