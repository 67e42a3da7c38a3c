import GatewayCore

/// vLLM 0.4 to 0.33 (`vllm/v1/metrics/loggers.py` and `vllm/engine/metrics.py`), under Ray Serve
/// (`ray_vllm:`), and NVIDIA NIM, which leaves the prefix out.
extension EngineDialect {
    static let vllm = EngineDialect(kind: .vllm) { text in
        text.hasName(prefix: "vllm:") || text.hasName(prefix: "ray_vllm:")
    } find: { text in
        VLLMNames(text: text, prefix: text.hasName(prefix: "vllm:") ? "vllm:" : "ray_vllm:").series
    }

    static let vllmWithoutPrefix = EngineDialect(kind: .vllm) { text in
        text.has("num_requests_running")
            && (text.has("gpu_cache_usage_perc") || text.has("kv_cache_usage_perc"))
    } find: { text in
        VLLMNames(text: text, prefix: "").series
    }
}

private struct VLLMNames {
    let text: MetricsText
    let prefix: String

    var series: EngineSeries {
        var series = EngineSeries()
        series.models = text.labelValues("model_name", of: prefix + "num_requests_running")
        for model in text.labelValues("model_name", of: prefix + "num_requests_waiting")
        where !series.models.contains(model) {
            series.models.append(model)
        }
        series.running = sum("num_requests_running")
        series.waiting = sum("num_requests_waiting")
        series.decodeQueue = decodeQueue
        // Both are shares, 0...1, whatever "perc" says.
        series.kvUsage =
            text.mean(prefix + "kv_cache_usage_perc") ?? text.mean(prefix + "gpu_cache_usage_perc")
        series.kvCapacityTokens = kvCapacity
        series.promptTokens = sum("prompt_tokens_total")
        series.generatedTokens = sum("generation_tokens_total")
        series.prefixQueries = sum("prefix_cache_queries_total") ?? sum("gpu_prefix_cache_queries_total")
        series.prefixHits = sum("prefix_cache_hits_total") ?? sum("gpu_prefix_cache_hits_total")
        series.preemptions = sum("num_preemptions_total")
        series.awake = text.sum(prefix + "engine_sleep_state", label: "sleep_state", is: "awake")
        series.ttft = histogram("time_to_first_token_seconds")
        series.tpot = tpot
        series.e2e = histogram("e2e_request_latency_seconds")
        series.queueTime = histogram("request_queue_time_seconds")
        return series
    }

    private func sum(_ name: String) -> Figure? { text.sum(prefix + name) }
    private func histogram(_ name: String) -> HistogramFigure? { text.histogram(prefix + name) }

    /// Requests whose KV is on its way from a prefill node. Only a KV consumer has the stages (0.32 on);
    /// before that "deferred" says it, which without a KV connector means other waits (a grammar) and is left
    /// out.
    private var decodeQueue: Figure? {
        if let stages = sum("num_requests_kv_fetch_by_stage") { return stages }
        guard text.hasName(prefix: prefix + "nixl_") else { return nil }
        return text.sum(prefix + "num_requests_waiting_by_reason", label: "reason", is: "deferred")
    }

    /// Inter-token latency is live, but with speculative decoding it has one observation a step, not a token;
    /// then the mean of each request is the honest one.
    private var tpot: HistogramFigure? {
        if text.has(prefix + "spec_decode_num_drafts_total"),
            let honest = histogram("request_time_per_output_token_seconds")
        {
            return honest
        }
        return histogram("inter_token_latency_seconds") ?? histogram("time_per_output_token_seconds")
    }

    /// The engine's own count of tokens, else blocks times their size (which is wrong for hybrid models, that
    /// tell the count); summed over data-parallel ranks.
    private var kvCapacity: Figure? {
        var total: Double?
        for index in text.indices(of: prefix + "cache_config_info") {
            let number = { (label: String) in text.label(label, ofSample: index).flatMap(Double.init) }
            var tokens = number("kv_cache_size_tokens")
            if tokens == nil, let blocks = number("num_gpu_blocks"), let size = number("block_size") {
                tokens = blocks * size
            }
            if let tokens { total = (total ?? 0) + tokens }
        }
        return total.map(Figure.fixed)
    }
}
