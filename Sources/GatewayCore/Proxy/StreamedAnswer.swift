/// Puts the events of a chat's or a completion's stream together to the one answer that the client asked for.
///
/// llama.cpp notices a client that has left only while it streams, so it is always asked to stream. The answer has its
/// fields (b11434) in its order; JSON values go through as they came.
package struct StreamedAnswer: ~Copyable {
    private let isChat: Bool
    /// Insides of JSON strings, escaped.
    private var content = ByteQueue()
    private var reasoning = ByteQueue()
    private var toolCalls: [ToolCall] = []
    /// Insides of the arrays.
    private var logprobs = ByteQueue()
    private var finishReason: [UInt8] = Array("null".utf8)
    /// The last values of the fields beside the choices, in the order in which they first came.
    private var fields: [(key: [UInt8], value: [UInt8])] = []
    /// The error object that came in place of the rest.
    private(set) var error: [UInt8]?
    private(set) var byteCount = 0

    private struct ToolCall {
        var id: [UInt8] = []
        var name: [UInt8] = []
        var arguments: [UInt8] = []
    }

    package init(isChat: Bool) { self.isChat = isChat }

    package mutating func take(_ bytes: RawSpan, _ event: Range<Int>) {
        byteCount += event.count
        guard let at = bytes.first("data:", in: event) else { return }
        var scan = JSONScan(at: at + 5)
        scan.skipSpace(bytes)
        var object = JSONFields(bytes, at: scan.offset)
        while let field = object.next(bytes) {
            if bytes.equals(field.key, lowercased: "choices") {
                takeChoice(bytes, field.value)
            } else if bytes.equals(field.key, lowercased: "error") {
                error = bytes.array(field.value)
            } else {
                keep(bytes.array(field.key), bytes.array(field.value))
            }
        }
    }

    private mutating func keep(_ key: [UInt8], _ value: [UInt8]) {
        if let place = fields.firstIndex(where: { $0.key == key }) {
            fields[place].value = value
        } else {
            fields.append((key, value))
        }
    }

    private mutating func takeChoice(_ bytes: RawSpan, _ choices: Range<Int>) {
        guard let at = bytes.first(0x7B, in: choices) else { return }
        var choice = JSONFields(bytes, at: at)
        while let field = choice.next(bytes) {
            let isNull = bytes.byte(field.value.lowerBound) == 0x6E
            if bytes.equals(field.key, lowercased: "text"), !isNull {
                content.append(bytes, Self.inside(field.value))
            } else if bytes.equals(field.key, lowercased: "delta") {
                takeDelta(bytes, field.value)
            } else if bytes.equals(field.key, lowercased: "finish_reason"), !isNull {
                finishReason = bytes.array(field.value)
            } else if bytes.equals(field.key, lowercased: "logprobs"), !isNull {
                takeLogprobs(bytes, field.value)
            }
        }
    }

    private mutating func takeDelta(_ bytes: RawSpan, _ delta: Range<Int>) {
        var parts = JSONFields(bytes, at: delta.lowerBound)
        while let part = parts.next(bytes) {
            guard bytes.byte(part.value.lowerBound) != 0x6E else { continue }
            if bytes.equals(part.key, lowercased: "content") {
                content.append(bytes, Self.inside(part.value))
            } else if bytes.equals(part.key, lowercased: "reasoning_content") {
                reasoning.append(bytes, Self.inside(part.value))
            } else if bytes.equals(part.key, lowercased: "tool_calls") {
                takeToolCalls(bytes, part.value)
            }
        }
    }

    private mutating func takeToolCalls(_ bytes: RawSpan, _ list: Range<Int>) {
        var scan = JSONScan(at: list.lowerBound + 1)
        while let value = scan.value(bytes), value.upperBound <= list.upperBound {
            takeToolCall(bytes, value)
            if !scan.take(0x2C, bytes) { return }
        }
    }

    private mutating func takeToolCall(_ bytes: RawSpan, _ call: Range<Int>) {
        var new = ToolCall()
        var index = toolCalls.count
        var parts = JSONFields(bytes, at: call.lowerBound)
        while let part = parts.next(bytes) {
            if bytes.equals(part.key, lowercased: "index") {
                index = JSONScan.integer(bytes, part.value) ?? index
            } else if bytes.equals(part.key, lowercased: "id") {
                new.id = bytes.array(part.value)
            } else if bytes.equals(part.key, lowercased: "function") {
                var function = JSONFields(bytes, at: part.value.lowerBound)
                while let part = function.next(bytes) {
                    if bytes.equals(part.key, lowercased: "name") { new.name = bytes.array(part.value) }
                    if bytes.equals(part.key, lowercased: "arguments") {
                        new.arguments = bytes.array(Self.inside(part.value))
                    }
                }
            }
        }
        guard index < toolCalls.count else { return toolCalls.append(new) }
        if !new.id.isEmpty { toolCalls[index].id = new.id }
        if !new.name.isEmpty { toolCalls[index].name = new.name }
        toolCalls[index].arguments += new.arguments
    }

    private mutating func takeLogprobs(_ bytes: RawSpan, _ value: Range<Int>) {
        var parts = JSONFields(bytes, at: value.lowerBound)
        while let part = parts.next(bytes) {
            guard bytes.equals(part.key, lowercased: "content"), part.value.count > 2 else { continue }
            if !logprobs.isEmpty { logprobs.append(",") }
            logprobs.append(bytes, Self.inside(part.value))
        }
    }

    private static func inside(_ value: Range<Int>) -> Range<Int> {
        value.count < 2
            ? value.lowerBound..<value.lowerBound : (value.lowerBound + 1)..<(value.upperBound - 1)
    }

    /// The whole answer as JSON.
    package func append(to out: inout ByteQueue) {
        out.append(isChat ? "{\"choices\":[{\"finish_reason\":" : "{\"choices\":[{\"text\":\"")
        if isChat {
            out.append(finishReason)
            out.append(",\"index\":0,\"message\":")
            appendMessage(to: &out)
            if !logprobs.isEmpty { appendLogprobs(to: &out) }
        } else {
            content.withBytes { out.append($0) }
            out.append("\",\"index\":0")
            if logprobs.isEmpty { out.append(",\"logprobs\":null") } else { appendLogprobs(to: &out) }
            out.append(",\"finish_reason\":")
            out.append(finishReason)
        }
        out.append("}]")
        for field in fields {
            out.append(",\"")
            out.append(field.key)
            out.append("\":")
            let isObject = isChat && field.key.elementsEqual("object".utf8)
            if isObject { out.append("\"chat.completion\"") } else { out.append(field.value) }
        }
        out.append("}")
    }

    private func appendMessage(to out: inout ByteQueue) {
        out.append("{\"role\":\"assistant\",\"content\":")
        if content.isEmpty, !toolCalls.isEmpty {
            out.append("null")
        } else {
            out.append("\"")
            content.withBytes { out.append($0) }
            out.append("\"")
        }
        if !reasoning.isEmpty {
            out.append(",\"reasoning_content\":\"")
            reasoning.withBytes { out.append($0) }
            out.append("\"")
        }
        if !toolCalls.isEmpty {
            var separator: StaticString = ",\"tool_calls\":["
            for call in toolCalls {
                out.append(separator)
                separator = ","
                out.append("{\"type\":\"function\",\"function\":{\"name\":")
                if call.name.isEmpty { out.append("\"\"") } else { out.append(call.name) }
                out.append(",\"arguments\":\"")
                out.append(call.arguments)
                out.append("\"},\"id\":")
                if call.id.isEmpty { out.append("\"\"") } else { out.append(call.id) }
                out.append("}")
            }
            out.append("]")
        }
        out.append("}")
    }

    private func appendLogprobs(to out: inout ByteQueue) {
        out.append(",\"logprobs\":{\"content\":[")
        logprobs.withBytes { out.append($0) }
        out.append("]}")
    }
}
