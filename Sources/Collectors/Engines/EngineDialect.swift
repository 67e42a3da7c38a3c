import GatewayCore

/// How one engine says what its metrics mean.
struct EngineDialect: Sendable {
    let kind: EngineKind
    /// Whether a scrape speaks it.
    let speaks: @Sendable (MetricsText) -> Bool
    let find: @Sendable (MetricsText) -> EngineSeries

    /// Tried in this order: prefixed names first, since unprefixed ones could be anybody's.
    static let all: [EngineDialect] = [
        .vllm, .sglang, .llamacpp, .tgi, .tensorrtLLM, .tritonBackend, .vllmWithoutPrefix,
        .tensorrtLLMWithoutPrefix,
    ]
}

extension EngineSeries {
    /// Finds the engine that a scrape comes from, and what it tells.
    /// - Parameter place: the URL it was scraped from, for the failure's text.
    init(of text: MetricsText, from place: String) throws(CollectionFailure) {
        guard let dialect = EngineDialect.all.first(where: { $0.speaks(text) }) else {
            throw CollectionFailure(Self.unknownEngine(text, place))
        }
        self = dialect.find(text)
        kind = dialect.kind
    }

    private static func unknownEngine(_ text: MetricsText, _ place: String) -> String {
        let names = text.names
        if names.isEmpty {
            return
                "no metric at \(place): give the engine's own /metrics (vLLM, SGLang, TGI, TensorRT-LLM, "
                + "llama.cpp)"
        }
        if names.contains(where: { $0.hasPrefix("dynamo_frontend_") }) {
            return
                "\(place) is Dynamo's frontend, which has no engine metrics: give its workers' metrics URLs "
                + "(DYN_SYSTEM_PORT)"
        }
        if names.contains(where: { $0.hasPrefix("DCGM_FI_") }) {
            return "\(place) is a DCGM exporter: give it as the node's GPU metrics URL"
        }
        return "no engine known at \(place) (it has \(names.prefix(3).joined(separator: ", "))...): give the "
            + "engine's own /metrics (vLLM, SGLang, TGI, TensorRT-LLM, llama.cpp)"
    }
}
