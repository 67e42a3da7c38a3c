import GatewayCore

/// SGLang 0.3 to 0.5.23 (`sglang/srt/observability/metrics_collector.py`); `sglang_` is what relabelling
/// gateways and `/v1/loads` make of the prefix.
extension EngineDialect {
    static let sglang = EngineDialect(kind: .sglang) { text in
        text.hasName(prefix: "sglang:") || text.hasName(prefix: "sglang_")
    } find: { text in
        SGLangNames(text: text, prefix: text.hasName(prefix: "sglang:") ? "sglang:" : "sglang_").series
    }
}

private struct SGLangNames {
    let text: MetricsText
    let prefix: String

    var series: EngineSeries {
        var series = EngineSeries()
        series.models = models
        series.running = sum("num_running_reqs")
        series.waiting = sum("num_queue_reqs")
        readQueues(&series)
        series.kvUsage = mean("token_usage")
        series.kvCapacityTokens = sum("max_total_num_tokens")
        // The totals count when a request ends, the realtime ones as it goes; both only rise.
        let realtime = prefix + "realtime_tokens_total"
        let decoded = text.sum(realtime, label: "mode", is: "decode")
        let computed = text.sum(realtime, label: "mode", is: "prefill_compute")
        let cached = text.sum(realtime, label: "mode", is: "prefill_cache")
        let prompt = sum("prompt_tokens_total")
        series.generatedTokens = .greatest(of: sum("generation_tokens_total"), decoded)
        series.promptTokens = .greatest(of: prompt, computed.flatMap { .total(of: $0, cached) })
        series.prefixHits = sum("cached_tokens_total")
        series.prefixQueries = series.prefixHits == nil ? nil : prompt
        series.preemptions = sum("num_retracted_requests_total")
        series.ttft = text.histogram(prefix + "time_to_first_token_seconds")
        series.tpot =
            text.histogram(prefix + "inter_token_latency_seconds")
            ?? text.histogram(prefix + "time_per_output_token_seconds")
        series.e2e = text.histogram(prefix + "e2e_request_latency_seconds")
        series.queueTime = text.histogram(prefix + "queue_time_seconds")
        return series
    }

    private var models: [String] {
        for name in ["num_running_reqs", "max_total_num_tokens", "prompt_tokens_total", "gen_throughput"] {
            // Before 0.4 the label was `name`.
            for label in ["model_name", "name"] {
                let found = text.labelValues(label, of: prefix + name)
                if !found.isEmpty { return found }
            }
        }
        return []
    }

    /// Every unified engine has these series too, at 0: only a prefill or decode engine's mean anything.
    private func readQueues(_ series: inout EngineSeries) {
        let types = text.labelValues("engine_type", of: prefix + "num_running_reqs")
        if types.contains("prefill") {
            // `prealloc` to 0.5.10, `infight` to 0.4.10.
            let first = sum("num_prefill_bootstrap_queue_reqs") ?? sum("num_prefill_prealloc_queue_reqs")
            let second = sum("num_prefill_inflight_queue_reqs") ?? sum("num_prefill_infight_queue_reqs")
            series.prefillQueue = .total(of: first, second)
        }
        if types.contains("decode") {
            series.decodeQueue = .total(
                of: sum("num_decode_prealloc_queue_reqs"), sum("num_decode_transfer_queue_reqs"))
        }
    }

    private func sum(_ name: String) -> Figure? { .of(rows(prefix + name), Figure.sum) }

    private func mean(_ name: String) -> Figure? { .of(rows(prefix + name), Figure.mean) }

    /// One row for each data-parallel rank. Where every scheduler speaks
    /// (`--enable-metrics-for-all-schedulers`), the tensor and pipeline ranks of one group tell the same
    /// requests again: the first of each group counts. With priorities, `priority=""` is the total.
    private func rows(_ name: String) -> [Range<Int>] {
        var groups: [String: (rank: Int, index: Int)] = [:]
        for index in text.indices(of: name) {
            var key = ""
            var rank = 0
            var isPart = false
            for (label, value) in text.labels(ofSample: index) {
                switch label {
                case "tp_rank", "pp_rank", "moe_ep_rank": rank &+= Int(value) ?? 0
                case "priority": isPart = !value.isEmpty
                case "pid": break
                default: key += "\(label)=\(value);"
                }
            }
            if !isPart, rank < groups[key]?.rank ?? .max { groups[key] = (rank, index) }
        }
        return groups.values.map { $0.index..<($0.index + 1) }.sorted { $0.lowerBound < $1.lowerBound }
    }
}
