import GatewayCore

/// Checks one streamed answer event by event (HTML Living Standard 9.2 for the format, OpenAI's for the content):
/// every event is valid, none is an error, there is a finish reason, and exactly one `[DONE]` ends it.
package struct StreamChecker: Sendable {
    private var line: [UInt8] = []
    private var data: [UInt8] = []
    private var hasData = false
    private var doneCount = 0
    private var finishReason: String?
    /// The first thing that was wrong.
    package private(set) var fault: LoadFault?
    package private(set) var example = ""
    package private(set) var tokens = 0
    package private(set) var text = ""
    package private(set) var usage: (prompt: Int, completion: Int, cached: Int)?

    package init() {}

    package var isDone: Bool { doneCount > 0 }

    /// Takes the next bytes of the body, cut anywhere.
    package mutating func take(_ bytes: [UInt8]) {
        var start = 0
        while let end = bytes[start...].firstIndex(of: 0x0A) {
            line += bytes[start..<end]
            if line.last == 0x0D { line.removeLast() }
            takeLine()
            line.removeAll(keepingCapacity: true)
            start = end + 1
        }
        line += bytes[start...]
    }

    /// The body has ended: what is missing?
    package mutating func finish() {
        if !line.isEmpty || hasData { note(.badEvent, "the last event has no blank line behind it") }
        if finishReason == nil { note(.noFinishReason, "") }
        if doneCount != 1 { note(.noDone, "\(doneCount) [DONE]") }
        // A busy vLLM puts several tokens into one event, never one into several.
        if let usage, usage.completion < tokens {
            note(.wrongCount, "usage says \(usage.completion) tokens, \(tokens) events came")
        }
    }

    private mutating func note(_ kind: LoadFault, _ detail: String) {
        guard fault == nil else { return }
        fault = kind
        example = String(detail.prefix(300))
    }

    private mutating func takeLine() {
        if line.isEmpty {
            if hasData { takeEvent() }
            data.removeAll(keepingCapacity: true)
            hasData = false
        } else if line.starts(with: "data:".utf8) {
            if hasData { data.append(0x0A) }
            let begin = line.count > 5 && line[5] == 0x20 ? 6 : 5
            data += line[begin...]
            hasData = true
        } else if line[0] != 0x3A, !Self.fields.contains(where: { line.starts(with: $0.utf8) }) {
            note(.badEvent, String(decoding: line, as: UTF8.self))
        }
    }

    private static let fields = ["event:", "id:", "retry:"]

    private mutating func takeEvent() {
        if data.elementsEqual("[DONE]".utf8) {
            doneCount += 1
            return
        }
        if doneCount > 0 { note(.eventAfterDone, String(decoding: data, as: UTF8.self)) }
        let json: JSONValue
        do throws(JSONValue.Problem) {
            json = try JSONValue.parse(data)
        } catch {
            return note(
                .badJSON,
                "\(error.expected) at byte \(error.offset) of \(String(decoding: data, as: UTF8.self))")
        }
        if let error = json["error"], !error.isNull {
            return note(.errorEvent, error["message"]?.string ?? String(decoding: data, as: UTF8.self))
        }
        if let counts = json["usage"], !counts.isNull { takeUsage(counts) }
        for choice in json["choices"]?.array ?? [] { takeChoice(choice) }
    }

    private mutating func takeUsage(_ json: JSONValue) {
        usage = (
            json["prompt_tokens"]?.integer ?? 0, json["completion_tokens"]?.integer ?? 0,
            json["prompt_tokens_details"]?["cached_tokens"]?.integer ?? 0
        )
    }

    private mutating func takeChoice(_ choice: JSONValue) {
        if let reason = choice["finish_reason"]?.string {
            finishReason = reason
            if reason == "abort" { note(.abort, "") }
        }
        let content = choice["delta"]?["content"]?.string ?? choice["text"]?.string ?? ""
        guard !content.isEmpty else { return }
        text += content
        tokens += max(1, choice["token_ids"]?.array?.count ?? 1)
    }
}
