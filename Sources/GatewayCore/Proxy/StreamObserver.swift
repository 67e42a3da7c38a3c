/// Looks at the events of a server-sent stream in place as they pass.
///
/// Pure: fed whole events, it says which to keep from the client and remembers what they told.
package struct StreamObserver: Sendable {
    /// Events that carried generated content.
    package private(set) var contentEvents = 0
    package private(set) var hasDone = false
    package private(set) var hasFinish = false
    /// The last event said why the answer ends.
    package private(set) var finishedWithLastEvent = false
    /// An error object or an abort came inside the stream.
    package private(set) var hasError = false
    package private(set) var usage: Usage?
    private var repetition = Repetition()
    private var shape = EventShape()
    /// Of the last event, where it is of the stream's shape.
    private(set) var places: EventShape.Places?

    package init() {}

    package var hasFirstToken: Bool { contentEvents > 0 }
    /// It ended as a stream that succeeded does. The mark alone is no proof: vLLM sends it behind an error.
    package var isComplete: Bool { (hasFinish || hasDone) && !hasError }

    package enum Verdict: Sendable, Equatable {
        case pass, hide
        case fault(StreamFault)
    }

    /// Looks at one event, its blank line included.
    /// - Parameters:
    ///   - hidesUsage: the usage event was asked for by the gateway, not by the client.
    ///   - hidesProgress: so were events that tell how far the prompt is processed.
    package mutating func event(
        _ bytes: RawSpan, _ range: Range<Int>, hidesUsage: Bool, hidesProgress: Bool = false
    ) -> Verdict {
        finishedWithLastEvent = false
        places = shape.places(in: bytes, range)
        guard let places else {
            return lookAt(bytes, range, hidesUsage: hidesUsage, hidesProgress: hidesProgress)
        }
        contentEvents &+= 1
        return repetition.take(bytes, places.changing) ? .fault(.repeating) : .pass
    }

    private mutating func lookAt(
        _ bytes: RawSpan, _ range: Range<Int>, hidesUsage: Bool, hidesProgress: Bool
    ) -> Verdict {
        // What stands behind the event is no part of it, also where its JSON goes on there.
        let bytes = bytes.extracting(0..<range.upperBound)
        var start = range.lowerBound
        if bytes.byte(start) != 0x64 || !bytes.has("data:", at: start) {
            // A comment or an event name alone has none.
            guard let data = bytes.first("\ndata:", in: range) else { return .pass }
            start = data &+ 1
        }
        var body = start &+ 5
        if body < range.upperBound, bytes.byte(body) == 0x20 { body &+= 1 }
        if bytes.has("[DONE]", at: body) {
            hasDone = true
            return .pass
        }
        let data = body..<range.upperBound
        if Self.isError(bytes, body) {
            hasError = true
            return .fault(.errorEvent)
        }
        if let fault = Self.fault(in: bytes, data) { return .fault(fault) }
        let found = Usage.find(in: bytes, data)
        if let found {
            if found.promptTokens != nil || found.outputTokens != nil { usage = merged(found) }
            // The usage event is no content.
            if Self.hasEmptyChoices(bytes, data) { return hidesUsage ? .hide : .pass }
        }
        if !hasFinish {
            switch Self.finish(bytes, data) {
            case .none: break
            case .finished:
                hasFinish = true
                finishedWithLastEvent = true
                noteTimings(bytes, data)
            case .aborted:
                hasError = true
                return .fault(.aborted)
            }
        }
        if hidesProgress, !hasFirstToken, bytes.first("\"prompt_progress\":", in: data) != nil {
            return .hide
        }
        guard hasFirstToken || Self.carriesContent(bytes, data) else { return .pass }
        contentEvents &+= 1
        if found == nil, !finishedWithLastEvent { places = shape.learn(bytes, range) }
        return repetition.take(bytes, places?.changing ?? data) ? .fault(.repeating) : .pass
    }

    private static func isError(_ bytes: RawSpan, _ body: Int) -> Bool {
        bytes.has("{\"error\"", at: body) || bytes.has("{\"object\":\"error\"", at: body)
            || bytes.has("{\"type\":\"error\"", at: body)
    }

    /// What is wrong with the bytes themselves.
    private static func fault(in bytes: RawSpan, _ data: Range<Int>) -> StreamFault? {
        var scan = JSONScan(at: data.lowerBound)
        guard bytes.byte(data.lowerBound) == 0x7B, let value = scan.value(bytes),
            value.upperBound <= data.upperBound
        else {
            // Data over several lines is read by nobody here, and nothing is said against it.
            return bytes.first("\ndata:", in: data) == nil ? .malformed : nil
        }
        return bytes.isUTF8(value) ? nil : .invalidUTF8
    }

    /// Messages tells the input at the start and the output at the end.
    private func merged(_ new: Usage) -> Usage {
        var all = usage ?? Usage()
        if let tokens = new.promptTokens { all.promptTokens = tokens }
        if let tokens = new.outputTokens { all.outputTokens = tokens }
        if let tokens = new.cachedTokens { all.cachedTokens = tokens }
        return all
    }

    private enum Finish { case none, finished, aborted }

    private static func finish(_ bytes: RawSpan, _ data: Range<Int>) -> Finish {
        if let at = bytes.first("\"finish_reason\":", in: data) {
            var scan = JSONScan(at: at + 16)
            guard let reason = scan.string(bytes) else { return .none }
            return bytes.has("abort\"", at: reason.lowerBound) ? .aborted : .finished
        }
        let hasEnded =
            bytes.first("\"type\":\"message_stop\"", in: data) != nil
            || bytes.first("\"type\":\"response.completed\"", in: data) != nil
            || bytes.first("\"type\":\"response.incomplete\"", in: data) != nil
            || bytes.first("\"stop\":true", in: data) != nil  // llama.cpp's own form
        return hasEnded ? .finished : .none
    }

    /// llama.cpp tells its counts in the finish event, without being asked.
    private mutating func noteTimings(_ bytes: RawSpan, _ data: Range<Int>) {
        guard usage == nil, let at = bytes.first("\"timings\":", in: data) else { return }
        var fields = JSONFields(bytes, at: at + 10)
        var counts = Usage()
        var computed: Int?
        while let field = fields.next(bytes) {
            let count = JSONScan.integer(bytes, field.value)
            if bytes.equals(field.key, lowercased: "cache_n") { counts.cachedTokens = count }
            if bytes.equals(field.key, lowercased: "prompt_n") { computed = count }
            if bytes.equals(field.key, lowercased: "predicted_n") { counts.outputTokens = count }
        }
        guard let computed else { return }
        counts.promptTokens = computed + (counts.cachedTokens ?? 0)
        usage = counts
    }

    private static func hasEmptyChoices(_ bytes: RawSpan, _ data: Range<Int>) -> Bool {
        guard let at = bytes.first("\"choices\":", in: data) else { return false }
        var scan = JSONScan(at: at + 10)
        return scan.take(0x5B, bytes) && scan.take(0x5D, bytes)
    }

    /// Whether this is more than the role event that vLLM sends before it has scheduled anything.
    private static func carriesContent(_ bytes: RawSpan, _ data: Range<Int>) -> Bool {
        if bytes.first("\"role\":\"assistant\"", in: data) != nil {
            return bytes.first("\"content\":\"\"", in: data) == nil
                && bytes.first("\"content\":null", in: data) == nil
        }
        if bytes.first("\"choices\":", in: data) != nil {
            return !hasEmptyChoices(bytes, data)
        }
        return bytes.first("delta", in: data) != nil
    }
}
