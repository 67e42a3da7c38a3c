/// The engine's readings in vLLM's own names (0.32; a test finds each of them in a live capture).
enum VLLMMetrics {
    static func text(of model: EngineModel, modelName: String) -> String {
        var out = ExpositionText()
        let labels = "engine=\"0\",model_name=\(ExpositionText.quoted(modelName))"
        gauges(model, labels, &out)
        counters(model.meters, labels, &out)
        requestSizes(model.meters, labels, &out)
        latencies(model.meters, labels, &out)
        cacheConfiguration(model, &out)
        return out.text
    }

    private static func gauges(_ model: EngineModel, _ labels: String, _ out: inout ExpositionText) {
        out.family("vllm:num_requests_running", "gauge", "Number of requests in model execution batches.")
        out.sample("vllm:num_requests_running", labels, Double(model.runningCount))
        out.family("vllm:num_requests_waiting", "gauge", "Number of requests waiting to be processed.")
        out.sample("vllm:num_requests_waiting", labels, Double(model.waitingCount))
        out.family("vllm:num_requests_waiting_by_reason", "gauge", "Number of waiting requests by reason.")
        out.sample(
            "vllm:num_requests_waiting_by_reason", labels + ",reason=\"capacity\"", Double(model.waitingCount)
        )
        out.sample("vllm:num_requests_waiting_by_reason", labels + ",reason=\"deferred\"", 0)
        out.family("vllm:engine_sleep_state", "gauge", "Engine sleep state.")
        out.sample("vllm:engine_sleep_state", labels + ",sleep_state=\"awake\"", 1)
        out.family("vllm:kv_cache_usage_perc", "gauge", "KV-cache usage. 1 means 100 percent usage.")
        out.sample("vllm:kv_cache_usage_perc", labels, model.cache.usage)
    }

    private static func counters(_ meters: EngineMeters, _ labels: String, _ out: inout ExpositionText) {
        func counter(_ name: String, _ value: Int, _ help: String) {
            out.family("vllm:\(name)", "counter", help)
            out.sample("vllm:\(name)", labels, Double(value))
        }
        counter(
            "prefix_cache_queries_total", meters.prefixQueries,
            "Prefix cache queries, in terms of number of queried tokens.")
        counter(
            "prefix_cache_hits_total", meters.prefixHits,
            "Prefix cache hits, in terms of number of cached tokens.")
        counter(
            "num_preemptions_total", meters.preemptions, "Cumulative number of preemption from the engine.")
        counter("prompt_tokens_total", meters.promptTokens, "Number of prefill tokens processed.")
        counter(
            "prompt_tokens_cached_total", meters.cachedPromptTokens,
            "Number of cached prompt tokens (local + external).")
        counter("generation_tokens_total", meters.generatedTokens, "Number of generation tokens processed.")
        let sources = "vllm:prompt_tokens_by_source_total"
        out.family(sources, "counter", "Number of prompt tokens by source.")
        out.sample(
            sources, labels + ",source=\"local_compute\"",
            Double(meters.promptTokens - meters.cachedPromptTokens))
        out.sample(sources, labels + ",source=\"local_cache_hit\"", Double(meters.cachedPromptTokens))
        out.sample(sources, labels + ",source=\"external_kv_transfer\"", 0)
        out.family("vllm:request_success_total", "counter", "Count of successfully processed requests.")
        for reason in FinishReason.allCases {
            out.sample(
                "vllm:request_success_total", labels + ",finished_reason=\"\(reason.rawValue)\"",
                Double(meters.finished[reason] ?? 0))
        }
    }

    private static func requestSizes(_ meters: EngineMeters, _ labels: String, _ out: inout ExpositionText) {
        out.histogram(
            "vllm:request_prompt_tokens", labels, meters.requestPromptTokens,
            "Number of prefill tokens processed.")
        out.histogram(
            "vllm:request_generation_tokens", labels, meters.requestGeneratedTokens,
            "Number of generation tokens processed.")
        out.histogram(
            "vllm:iteration_tokens_total", labels, meters.stepTokens,
            "Histogram of number of tokens per engine_step.")
        out.histogram(
            "vllm:request_max_num_generation_tokens", labels, meters.requestGeneratedTokens,
            "Histogram of maximum number of requested generation tokens.")
        out.histogram(
            "vllm:request_params_n", labels, meters.requestCopies,
            "Histogram of the n request parameter.")
        out.histogram(
            "vllm:request_params_max_tokens", labels, meters.requestMaxTokens,
            "Histogram of the max_tokens request parameter.")
        out.histogram(
            "vllm:request_num_preemptions", labels, meters.requestPreemptions,
            "Histogram of the number of times a request was preempted.")
        out.histogram(
            "vllm:request_prefill_kv_computed_tokens", labels, meters.requestComputedPromptTokens,
            "Histogram of new KV tokens computed during prefill (excluding cached tokens).")
    }

    private static func latencies(_ meters: EngineMeters, _ labels: String, _ out: inout ExpositionText) {
        let histograms: [(String, BucketCounter, String)] = [
            ("time_to_first_token_seconds", meters.timeToFirstToken, "time to first token in seconds."),
            ("inter_token_latency_seconds", meters.interTokenLatency, "inter-token latency in seconds."),
            (
                "request_time_per_output_token_seconds", meters.timePerOutputToken,
                "time_per_output_token_seconds per request."
            ),
            ("e2e_request_latency_seconds", meters.endToEnd, "e2e request latency in seconds."),
            (
                "request_queue_time_seconds", meters.queueTime,
                "time spent in WAITING phase for request."
            ),
            (
                "request_inference_time_seconds", meters.inferenceTime,
                "time spent in RUNNING phase for request."
            ),
            ("request_prefill_time_seconds", meters.prefillTime, "time spent in PREFILL phase for request."),
            ("request_decode_time_seconds", meters.decodeTime, "time spent in DECODE phase for request."),
        ]
        for (name, histogram, help) in histograms {
            out.histogram("vllm:\(name)", labels, histogram, "Histogram of \(help)")
        }
    }

    private static func cacheConfiguration(_ model: EngineModel, _ out: inout ExpositionText) {
        out.family("vllm:cache_config_info", "gauge", "Information of the LLMEngine CacheConfig")
        out.sample(
            "vllm:cache_config_info",
            """
            block_size="\(model.cache.blockTokens)",cache_dtype="auto",enable_prefix_caching="True",engine="0",\
            gpu_memory_utilization="\(EngineProfile.memoryShare)",kv_cache_size_tokens="\(model.kvCapacityTokens)",\
            num_gpu_blocks="\(model.cache.blockCount)",prefix_caching_hash_algo="sha256"
            """, 1)
    }
}
