import GatewayCore

/// Hugging Face TGI 3 by its documentation (`docs/source/reference/metrics.md`). Unverified: no real scrape
/// of it was to be had; only an adapter's with the same names. Counters lack `_total`, durations are seconds.
extension EngineDialect {
    static let tgi = EngineDialect(kind: .tgi) { text in
        text.hasName(prefix: "tgi_")
    } find: { text in
        var series = EngineSeries()
        series.running = text.sum("tgi_batch_current_size")
        series.waiting = text.sum("tgi_queue_size")
        series.promptTokens = text.sum("tgi_request_input_length_sum")
        series.generatedTokens = text.sum("tgi_request_generated_tokens_sum")
        series.prefixHits = text.sum("tgi_request_skipped_tokens_sum")
        series.prefixQueries = series.prefixHits == nil ? nil : series.promptTokens
        series.tpot = text.histogram("tgi_request_mean_time_per_token_duration")
        series.e2e = text.histogram("tgi_request_duration")
        series.queueTime = text.histogram("tgi_request_queue_duration")
        return series
    }
}
