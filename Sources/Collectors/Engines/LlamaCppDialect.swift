import GatewayCore

/// llama.cpp's `llama-server --metrics` (`tools/server/`, b11434) and ik_llama.cpp, which still has the older
/// KV gauges. Its throughput gauges are averages since the last scrape by anybody: the counters are used
/// instead.
extension EngineDialect {
    static let llamacpp = EngineDialect(kind: .llamacpp) { text in
        text.hasName(prefix: "llamacpp:")
    } read: { text in
        var reading = EngineReading()
        reading.running = text.sum("llamacpp:requests_processing")
        reading.waiting = text.sum("llamacpp:requests_deferred")
        reading.kvUsage = text.mean("llamacpp:kv_cache_usage_ratio")
        let computed = text.sum("llamacpp:prompt_tokens_total")
        let cached = text.sum("llamacpp:prompt_tokens_cached_total")
        // This engine's prompt counter leaves the cached ones out.
        reading.promptTokens = computed.map { $0 + (cached ?? 0) }
        reading.prefixHits = cached
        reading.prefixQueries = cached == nil ? nil : reading.promptTokens
        reading.generatedTokens = text.sum("llamacpp:tokens_predicted_total")
        return reading
    }
}
