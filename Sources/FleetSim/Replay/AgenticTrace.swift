import GatewayCore

/// Sessions of coding agents, one JSON object a line (kv-cache-tester's traces, re-coded): `requests[]` with `in`,
/// `out`, `think_time` and `hash_ranges` over 64-token blocks whose ids mean something within the session only.
///
/// They play in a closed loop: the next request leaves `think_time` after the last answer. An entry with `requests[]`
/// of its own is a sub-agent, which runs beside its parent from the answer before it on.
enum AgenticTrace {
    /// Blocks of 64 tokens in one of ours.
    private static let blocksInOne = 8
    /// Sessions begin over so many seconds, evenly: all at once would be a crowd that no day has.
    static let startSpread = 600.0

    static func read(_ bytes: [UInt8], _ lines: [TraceReader.Line], _ name: String)
        throws(TraceProblem) -> Trace
    {
        var trace = Trace(.agentic)
        for (number, line) in lines.enumerated() {
            let fields = TraceFields(
                object: try TraceReader.object(bytes, line, name), name: name, line: line.number)
            guard try fields.count("block_size", in: 1...4096) == Trace.blockTokens / blocksInOne else {
                throw fields.problem("block_size must be \(Trace.blockTokens / blocksInOne)")
            }
            let start = startSpread * Double(number) / Double(lines.count)
            try append(
                fields, to: &trace, salt: SplitMix64.mix(UInt64(line.number)), after: nil, delay: start)
        }
        trace.notes.append("closed loop: the next request leaves its think time after the last answer")
        trace.notes.append("\(lines.count) sessions begin over \(Int(startSpread)) s")
        trace.notes.append("blocks of 64 tokens are matched in groups of \(blocksInOne)")
        return trace
    }

    /// - Parameters:
    ///   - salt: keeps the session's block ids apart from others'.
    ///   - previous: the request before the first of these; nil: none.
    private static func append(
        _ session: TraceFields, to trace: inout Trace, salt: UInt64, after previous: Int?, delay: Double
    ) throws(TraceProblem) {
        var previous = previous
        var before: TraceFields?
        let name = SplitMix64.mix(salt &+ UInt64(trace.requests.count))
        for item in try session.list("requests") {
            let fields = TraceFields(object: item, name: session.name, line: session.line)
            if item["requests"] != nil {
                try append(
                    fields, to: &trace, salt: salt, after: previous, delay: previous == nil ? delay : 0)
                continue
            }
            let pause = before == nil ? delay : try pause(fields, after: before)
            trace.requests.append(try request(fields, salt, follows: previous, delay: pause))
            trace.requests[trace.requests.count - 1].session = name
            previous = trace.requests.count - 1
            before = fields
        }
    }

    /// Where think_time is missing, what the clock says that was neither the last answer nor its time.
    private static func pause(_ fields: TraceFields, after before: TraceFields?) throws(TraceProblem)
        -> Double
    {
        if let seconds = try fields.seconds("think_time") { return seconds }
        guard let now = try fields.seconds("t"), let then = try before?.seconds("t") else {
            throw fields.problem("a request has neither think_time nor t")
        }
        return max(0, now - then - (try before?.seconds("api_time") ?? 0))
    }

    private static func request(
        _ fields: TraceFields, _ salt: UInt64, follows: Int?, delay: Double
    ) throws(TraceProblem) -> TraceRequest {
        var request = TraceRequest(
            delay: delay, follows: follows,
            promptTokens: max(1, try fields.count("in", in: TraceFields.tokenRange)),
            outputTokens: max(1, try fields.count("out", in: TraceFields.tokenRange)))
        var key = salt
        var count = 0
        let limit = request.promptTokens / Trace.blockTokens
        for range in try fields.list("hash_ranges") {
            guard let first = (range[0] ?? range).integer, let last = (range[1] ?? range).integer,
                0 <= first, first <= last, last - first <= TraceFields.tokenRange.upperBound
            else { throw fields.problem("hash_ranges must hold ids and [first,last] pairs") }
            for id in first...last {
                key = PromptHash.combine(key, UInt64(id))
                count += 1
                if count % blocksInOne == 0, request.chain.count < limit { request.chain.append(key) }
            }
        }
        return request
    }
}
