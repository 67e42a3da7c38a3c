import GatewayCore
import Testing

/// An event that would be believed for its likeness to the one before is judged as one that is looked at in full.
struct EventShapeTests {
    private static func chat(_ text: String, id: String = "c1", finish: String = "null", ids: String = "[7]")
        -> String
    {
        #"data: {"id":"\#(id)","choices":[{"index":0,"delta":{"content":"\#(text)"},"finish_reason":\#(finish),"token_ids":\#(ids)}]}"#
    }

    /// What the observer says of `event` behind `before`, and what it knows then.
    private static func verdict(_ event: [UInt8], behind before: String) -> [String] {
        var observer = StreamObserver()
        for event in [chat("a"), before] {
            let bytes = Array((event + "\n\n").utf8)
            _ = observer.event(bytes.span.bytes, 0..<bytes.count, hidesUsage: true)
        }
        let verdict = observer.event(event.span.bytes, 0..<event.count, hidesUsage: true)
        return [
            "\(verdict)", "content \(observer.contentEvents)", "usage \(observer.usage != nil)",
            "finish \(observer.hasFinish)", "complete \(observer.isComplete)",
        ]
    }

    static let events: [[UInt8]] =
        [
            chat("plain"), chat(#"a \"quoted\" one\\"#), chat(""), chat("é😀"), chat("two", ids: "[1, 2,33]"),
            chat("no end\\"), chat(#"early","x":""#), chat("ids", ids: "null"), chat("ids", ids: #"["x"]"#),
            chat("ids", ids: "[1}"), chat("done", finish: "\"stop\""), chat("cut", finish: "\"abort\""),
            chat("other", id: "c2"), chat("a") + "x",
            #"data: {"error":{"message":"no"}}"#, "data: [DONE]", ": comment",
            #"data: {"id":"c1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}"#,
        ].map { Array(($0 + "\n\n").utf8) } + [
            // A lone continuation byte in the text.
            Array(chat("bad").utf8).flatMap { $0 == 0x62 ? [0x80] : [$0] } + [10, 10]
        ]

    @Test(arguments: events.indices)
    func `likeness hides nothing`(index: Int) {
        let event = Self.events[index]
        #expect(
            Self.verdict(event, behind: Self.chat("b"))
                == Self.verdict(event, behind: #"data: {"other":"shape","choices":[{"delta":{"x":"b"}}]}"#))
    }

    @Test func `a loop of the same text and ids is noticed whichever way an event is judged`() {
        var observer = StreamObserver()
        let event = Array((Self.chat("again") + "\n\n").utf8)
        var taken = 0
        while taken < 2000, observer.event(event.span.bytes, 0..<event.count, hidesUsage: false) == .pass {
            taken += 1
        }
        #expect(taken == 513)
    }
}
