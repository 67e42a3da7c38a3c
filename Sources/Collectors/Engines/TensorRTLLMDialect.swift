import GatewayCore

/// trtllm-serve's `/prometheus/metrics` (`tensorrt_llm/metrics/collector.py`, 2026; 1.0 and 1.1 have
/// latencies only, without a prefix), and the `nv_trt_llm_*` metrics of Triton's TensorRT-LLM backend.
extension EngineDialect {
    static let tensorrtLLM = EngineDialect(kind: .tensorrtLLM) { text in
        text.hasName(prefix: "trtllm_")
    } read: { text in
        TensorRTLLMNames(text: text, prefix: "trtllm_").reading
    }

    /// Releases 1.0 and 1.1 mark every row by `engine_type`.
    static let tensorrtLLMWithoutPrefix = EngineDialect(kind: .tensorrtLLM) { text in
        let names = [
            "time_to_first_token_seconds_count", "e2e_request_latency_seconds_sum", "request_success_total",
        ]
        return names.contains { !text.labelValues("engine_type", of: $0).isEmpty }
    } read: { text in
        TensorRTLLMNames(text: text, prefix: "").reading
    }

    static let tritonBackend = EngineDialect(kind: .tensorrtLLM) { text in
        text.hasName(prefix: "nv_trt_llm_")
    } read: { text in
        var reading = EngineReading()
        let requests = "nv_trt_llm_request_metrics"
        let blocks = "nv_trt_llm_kv_cache_block_metrics"
        reading.running = text.sum(requests, label: "request_type", is: "active")
        reading.waiting = text.sum(requests, label: "request_type", is: "waiting")
        reading.prefillQueue = text.sum(requests, label: "request_type", is: "context")
        reading.kvUsage = text.mean(blocks) { text.label("kv_cache_block_type", ofSample: $0) == "fraction" }
        if let most = text.sum(blocks, label: "kv_cache_block_type", is: "max"),
            let size = text.sum(blocks, label: "kv_cache_block_type", is: "tokens_per")
        {
            reading.kvCapacityTokens = most * size
        }
        reading.ttft = text.histogram("nv_inference_first_response_histogram_ms", scale: 0.001)
        return reading
    }
}

private struct TensorRTLLMNames {
    let text: MetricsText
    let prefix: String

    var reading: EngineReading {
        var reading = EngineReading()
        reading.models = text.labelValues("model_name", of: prefix + "time_to_first_token_seconds_count")
            .filter { $0 != "undefined" }
        reading.running = sum("num_requests_running")
        reading.waiting = sum("num_requests_waiting")
        reading.prefillQueue = sum("num_context_requests")
        reading.decodeQueue = sum("num_generation_requests")
        reading.kvUsage = text.mean(prefix + "kv_cache_utilization")
        if let blocks = sum("kv_cache_max_blocks"), let size = text.mean(prefix + "kv_cache_tokens_per_block")
        {
            reading.kvCapacityTokens = blocks * size
        }
        reading.promptTokens = sum("prompt_tokens_total")
        reading.generatedTokens = sum("generation_tokens_total")
        reading.prefixHits = sum("kv_cache_reused_blocks_total")
        if let hits = reading.prefixHits, let missed = sum("kv_cache_missed_blocks_total") {
            reading.prefixQueries = hits + missed
        }
        reading.ttft = text.histogram(prefix + "time_to_first_token_seconds")
        reading.tpot = text.histogram(prefix + "time_per_output_token_seconds")
        reading.e2e = text.histogram(prefix + "e2e_request_latency_seconds")
        reading.queueTime = text.histogram(prefix + "request_queue_time_seconds")
        return reading
    }

    private func sum(_ name: String) -> Double? { text.sum(prefix + name) }
}
