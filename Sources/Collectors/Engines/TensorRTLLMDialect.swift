import GatewayCore

/// trtllm-serve's `/prometheus/metrics` (`tensorrt_llm/metrics/collector.py`, 2026; 1.0 and 1.1 have
/// latencies only, without a prefix), and the `nv_trt_llm_*` metrics of Triton's TensorRT-LLM backend.
extension EngineDialect {
    static let tensorrtLLM = EngineDialect(kind: .tensorrtLLM) { text in
        text.hasName(prefix: "trtllm_")
    } find: { text in
        TensorRTLLMNames(text: text, prefix: "trtllm_").series
    }

    /// Releases 1.0 and 1.1 mark every row by `engine_type`.
    static let tensorrtLLMWithoutPrefix = EngineDialect(kind: .tensorrtLLM) { text in
        let names = [
            "time_to_first_token_seconds_count", "e2e_request_latency_seconds_sum", "request_success_total",
        ]
        return names.contains { !text.labelValues("engine_type", of: $0).isEmpty }
    } find: { text in
        TensorRTLLMNames(text: text, prefix: "").series
    }

    static let tritonBackend = EngineDialect(kind: .tensorrtLLM) { text in
        text.hasName(prefix: "nv_trt_llm_")
    } find: { text in
        var series = EngineSeries()
        let requests = "nv_trt_llm_request_metrics"
        let blocks = "nv_trt_llm_kv_cache_block_metrics"
        series.running = text.sum(requests, label: "request_type", is: "active")
        series.waiting = text.sum(requests, label: "request_type", is: "waiting")
        series.prefillQueue = text.sum(requests, label: "request_type", is: "context")
        series.kvUsage = text.mean(blocks, label: "kv_cache_block_type", is: "fraction")
        if let most = text.sum(blocks, label: "kv_cache_block_type", is: "max"),
            let size = text.sum(blocks, label: "kv_cache_block_type", is: "tokens_per")
        {
            series.kvCapacityTokens = .product(most, size)
        }
        series.ttft = text.histogram("nv_inference_first_response_histogram_ms", scale: 0.001)
        return series
    }
}

private struct TensorRTLLMNames {
    let text: MetricsText
    let prefix: String

    var series: EngineSeries {
        var series = EngineSeries()
        series.models = text.labelValues("model_name", of: prefix + "time_to_first_token_seconds_count")
            .filter { $0 != "undefined" }
        series.running = sum("num_requests_running")
        series.waiting = sum("num_requests_waiting")
        series.prefillQueue = sum("num_context_requests")
        series.decodeQueue = sum("num_generation_requests")
        series.kvUsage = text.mean(prefix + "kv_cache_utilization")
        if let blocks = sum("kv_cache_max_blocks"), let size = text.mean(prefix + "kv_cache_tokens_per_block")
        {
            series.kvCapacityTokens = .product(blocks, size)
        }
        series.promptTokens = sum("prompt_tokens_total")
        series.generatedTokens = sum("generation_tokens_total")
        series.prefixHits = sum("kv_cache_reused_blocks_total")
        if let hits = series.prefixHits, let missed = sum("kv_cache_missed_blocks_total") {
            series.prefixQueries = .total(of: hits, missed)
        }
        series.ttft = text.histogram(prefix + "time_to_first_token_seconds")
        series.tpot = text.histogram(prefix + "time_per_output_token_seconds")
        series.e2e = text.histogram(prefix + "e2e_request_latency_seconds")
        series.queueTime = text.histogram(prefix + "request_queue_time_seconds")
        return series
    }

    private func sum(_ name: String) -> Figure? { text.sum(prefix + name) }
}
