import GatewayCore

/// Hugging Face TGI 3 by its documentation (`docs/source/reference/metrics.md`). Unverified: no real scrape
/// of it was to be had; only an adapter's with the same names. Counters lack `_total`, durations are seconds.
extension EngineDialect {
    static let tgi = EngineDialect(kind: .tgi) { text in
        text.hasName(prefix: "tgi_")
    } read: { text in
        var reading = EngineReading()
        reading.running = text.sum("tgi_batch_current_size")
        reading.waiting = text.sum("tgi_queue_size")
        reading.promptTokens = text.sum("tgi_request_input_length_sum")
        reading.generatedTokens = text.sum("tgi_request_generated_tokens_sum")
        reading.prefixHits = text.sum("tgi_request_skipped_tokens_sum")
        reading.prefixQueries = reading.prefixHits == nil ? nil : reading.promptTokens
        reading.tpot = text.histogram("tgi_request_mean_time_per_token_duration")
        reading.e2e = text.histogram("tgi_request_duration")
        reading.queueTime = text.histogram("tgi_request_queue_duration")
        return reading
    }
}
