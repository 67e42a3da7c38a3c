import GatewayCore

/// llama.cpp's `llama-server --metrics` (`tools/server/`, b11434) and ik_llama.cpp, which still has the older
/// KV gauges. Its throughput gauges are averages since the last scrape by anybody: the counters are used
/// instead.
extension EngineDialect {
    static let llamacpp = EngineDialect(kind: .llamacpp) { text in
        text.hasName(prefix: "llamacpp:")
    } find: { text in
        var series = EngineSeries()
        series.running = text.sum("llamacpp:requests_processing")
        series.waiting = text.sum("llamacpp:requests_deferred")
        series.kvUsage = text.mean("llamacpp:kv_cache_usage_ratio")
        let computed = text.sum("llamacpp:prompt_tokens_total")
        let cached = text.sum("llamacpp:prompt_tokens_cached_total")
        // This engine's prompt counter leaves the cached ones out.
        series.promptTokens = computed.flatMap { .total(of: $0, cached) }
        series.prefixHits = cached
        series.prefixQueries = cached == nil ? nil : series.promptTokens
        series.generatedTokens = text.sum("llamacpp:tokens_predicted_total")
        return series
    }
}
