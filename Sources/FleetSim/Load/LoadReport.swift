import GatewayCore

/// Why a request of the load generator counts as failed.
package enum LoadFault: Sendable, Hashable, CustomStringConvertible {
    case connect
    case status(Int)
    case badResponse
    case badEvent
    case badJSON
    /// An error object inside the stream.
    case errorEvent
    /// finish_reason "abort".
    case abort
    case noFinishReason
    case noDone
    case eventAfterDone
    /// The connection ended before the answer did.
    case truncated
    /// The usage event counts other tokens than were seen.
    case wrongCount
    case timeout
    /// More requests were in flight than the generator keeps.
    case notStarted

    package var description: String {
        switch self {
        case .connect: "connect"
        case .status(let code): "status\(code)"
        case .badResponse: "badResponse"
        case .badEvent: "badEvent"
        case .badJSON: "badJSON"
        case .errorEvent: "errorEvent"
        case .abort: "abort"
        case .noFinishReason: "noFinishReason"
        case .noDone: "noDone"
        case .eventAfterDone: "eventAfterDone"
        case .truncated: "truncated"
        case .wrongCount: "wrongCount"
        case .timeout: "timeout"
        case .notStarted: "notStarted"
        }
    }
}

/// What a load generator has seen so far.
package struct LoadReport: Sendable {
    package var seconds = 0.0
    package var started = 0
    package var completed = 0
    package var inFlight = 0
    /// Ended by the generator itself when it was told to stop; neither completed nor failed.
    package var cut = 0
    package var faults: [LoadFault: Int] = [:]
    /// What the first failure of each kind said.
    package var examples: [LoadFault: String] = [:]
    package var outputTokens = 0
    /// From usage events, where they came.
    package var promptTokens = 0
    package var cachedTokens = 0
    package var timeToFirstToken = LatencyHistogram()
    package var timePerOutputToken = LatencyHistogram()
    package var endToEnd = LatencyHistogram()

    package init() {}

    package var failed: Int { faults.values.reduce(0, +) }
    package var tokensPerSecond: Double? { seconds > 0 ? Double(outputTokens) / seconds : nil }
    package var requestsPerSecond: Double? { seconds > 0 ? Double(completed) / seconds : nil }
    /// 0...1; nil without usage events.
    package var cachedShare: Double? {
        promptTokens > 0 ? Double(cachedTokens) / Double(promptTokens) : nil
    }

    /// One JSON object: seconds, ratios, null where unknown.
    package var json: String {
        let errors = faults.sorted { $0.key.description < $1.key.description }
        let counts = errors.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
        let samples = errors.map { "\"\($0.key)\":\(JSONValue.quoted(examples[$0.key] ?? ""))" }
        return """
            {"seconds":\(seconds),"started":\(started),"completed":\(completed),"failed":\(failed),"cut":\(cut),\
            "inFlight":\(inFlight),"errors":{\(counts)},"examples":{\(samples.joined(separator: ","))},\
            "outputTokens":\(outputTokens),"promptTokens":\(promptTokens),"cachedTokens":\(cachedTokens),\
            "cachedShare":\(Self.number(cachedShare)),"tokensPerSecond":\(Self.number(tokensPerSecond)),\
            "requestsPerSecond":\(Self.number(requestsPerSecond)),\
            "ttft":\(Self.quantiles(timeToFirstToken)),"tpot":\(Self.quantiles(timePerOutputToken)),\
            "e2e":\(Self.quantiles(endToEnd))}
            """
    }

    private static func number(_ value: Double?) -> String { value.map { "\($0)" } ?? "null" }

    private static func quantiles(_ histogram: LatencyHistogram) -> String {
        """
        {"mean":\(number(histogram.count == 0 ? nil : histogram.sum / Double(histogram.count))),\
        "p50":\(number(histogram.quantile(0.5))),\
        "p90":\(number(histogram.quantile(0.9))),"p99":\(number(histogram.quantile(0.99)))}
        """
    }
}
