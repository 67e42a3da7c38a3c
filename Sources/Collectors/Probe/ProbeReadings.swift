import GatewayCore

extension ProbeReport.Reading {
    /// Every reading that the fleet view knows, in its order, with its value or the reason why it can't be
    /// had.
    /// - Parameter failure: why there is no engine reading at all.
    static func all(_ engine: EngineReading?, kind: EngineKind, failure: String?) -> [ProbeReport.Reading] {
        fields.map { field in
            guard let engine else {
                return ProbeReport.Reading(
                    name: field.name, isAvailable: false, reason: failure ?? "nothing was read")
            }
            let found = field.find(engine)
            return ProbeReport.Reading(
                name: field.name, isAvailable: found.isTold, value: found.value,
                reason: found.isTold ? nil : reason(field.name, kind))
        }
    }

    private struct Field: Sendable {
        var name: String
        var find: @Sendable (EngineReading) -> (isTold: Bool, value: Double?)

        static func number(
            _ name: String, _ value: @escaping @Sendable (EngineReading) -> Double?
        ) -> Field {
            Field(name: name) { (value($0) != nil, value($0)) }
        }

        /// A latency's value is its median since the engine started.
        static func latency(
            _ name: String, _ histogram: @escaping @Sendable (EngineReading) -> BucketHistogram?
        ) -> Field {
            Field(name: name) { (histogram($0) != nil, histogram($0)?.quantile(0.5)) }
        }
    }

    private static let fields: [Field] = [
        .number("running") { $0.running }, .number("waiting") { $0.waiting },
        .number("kvUsage") { $0.kvUsage }, .number("kvCapacityTokens") { $0.kvCapacityTokens },
        Field(name: "prefixHitRate") { reading in
            guard let hits = reading.prefixHits, let queries = reading.prefixQueries else {
                return (false, nil)
            }
            return (true, queries > 0 ? hits / queries : nil)
        },
        .number("promptTokens") { $0.promptTokens }, .number("generatedTokens") { $0.generatedTokens },
        .number("prefillQueue") { $0.prefillQueue }, .number("decodeQueue") { $0.decodeQueue },
        .number("preemptions") { $0.preemptions }, .latency("ttft") { $0.ttft },
        .latency("tpot") { $0.tpot }, .latency("e2e") { $0.e2e }, .latency("queueTime") { $0.queueTime },
    ]

    private static func reason(_ name: String, _ kind: EngineKind) -> String {
        switch (name, kind) {
        case ("prefillQueue", .vllm), ("prefillQueue", .sglang), ("decodeQueue", .vllm),
            ("decodeQueue", .sglang):
            return "only an engine that serves prefill or decode alone tells it; the gateway estimates it"
        case ("kvUsage", .llamacpp), ("kvCapacityTokens", .llamacpp): return "start llama-server with --slots"
        case ("prefillQueue", _), ("decodeQueue", _):
            return "\(kind.rawValue) does not tell prefill and decode apart; the gateway estimates it"
        case ("ttft", .llamacpp), ("tpot", .llamacpp), ("e2e", .llamacpp), ("queueTime", .llamacpp):
            return "llama.cpp has no latency histograms; the gateway measures its own traffic"
        case ("prefixHitRate", .sglang): return "start SGLang with --enable-cache-report, or a newer release"
        case ("ttft", .tgi), ("kvUsage", .tgi), ("kvCapacityTokens", .tgi), ("preemptions", .tgi):
            return "TGI does not tell it; the gateway measures its own traffic"
        default: return "\(kind.rawValue) does not tell it, or not in this release or with these settings"
        }
    }
}
