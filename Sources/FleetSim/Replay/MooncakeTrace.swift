import GatewayCore

/// Mooncake's traces (FAST25-release of kvcache-ai/Mooncake): one JSON object a line with `timestamp` (ms),
/// `input_length`, `output_length` (tokens) and `hash_ids`, one id for each 512-token block of the prompt.
enum MooncakeTrace {
    static func read(_ bytes: [UInt8], _ lines: [TraceReader.Line], _ name: String)
        throws(TraceProblem) -> Trace
    {
        var trace = Trace(.mooncake)
        trace.requests.reserveCapacity(lines.count)
        for line in lines {
            let fields = TraceFields(
                object: try TraceReader.object(bytes, line, name), name: name, line: line.number)
            trace.requests.append(try request(fields))
        }
        let sessions = DerivedSessions.assign(&trace.requests)
        trace.notes.append("\(sessions) conversations derived from shared prefixes")
        return trace
    }

    private static func request(_ fields: TraceFields) throws(TraceProblem) -> TraceRequest {
        guard let milliseconds = try fields.seconds("timestamp") else {
            throw fields.problem("timestamp is missing: milliseconds from the trace's start")
        }
        var request = TraceRequest(
            delay: milliseconds / 1000,
            promptTokens: max(1, try fields.count("input_length", in: TraceFields.tokenRange)),
            outputTokens: max(1, try fields.count("output_length", in: TraceFields.tokenRange)))
        let ids = try fields.list("hash_ids")
        let blocks = (request.promptTokens + Trace.blockTokens - 1) / Trace.blockTokens
        guard ids.count <= blocks else {
            throw fields.problem(
                "\(ids.count) hash_ids, but \(request.promptTokens) tokens are \(blocks) blocks of 512")
        }
        request.chain.reserveCapacity(ids.count)
        for id in ids {
            guard let value = id.integer, value >= 0 else {
                throw fields.problem("hash_ids must be whole numbers of at least 0")
            }
            // The ids are small and dense; tables keyed by them want spread ones, and 0 means "none" there.
            request.chain.append(SplitMix64.mix(UInt64(value) &+ 0x9E37_79B9_7F4A_7C15))
        }
        return request
    }
}
