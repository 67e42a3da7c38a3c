import GatewayCore

/// The words for what went wrong with one request: the node, the URL, the reason and what to do.
struct ScrapeFailure {
    let node: String
    let kind: EngineKind

    /// An answer that isn't 200.
    func status(_ answer: ScrapeAnswer, at url: String, path: String) -> CollectionFailure {
        var text = "\(node): HTTP \(answer.status) at \(url)"
        if (300..<400).contains(answer.status) {
            let target = answer.location.map { " to \(EngineFacts.printable($0))" } ?? ""
            return CollectionFailure(
                "\(text): redirects\(target) are not followed: give the final address as the node's URL")
        }
        if let message = EngineFacts.message(answer.body.array) { text += " (\(message))" }
        return CollectionFailure("\(text): \(remedy(answer.status, path))")
    }

    /// No answer at all.
    func connection(_ reason: String, at url: String) -> CollectionFailure {
        CollectionFailure(
            "\(node): \(reason) at \(url): see that the engine runs and that host and port are right")
    }

    func timeout(_ seconds: Double, at url: String) -> CollectionFailure {
        CollectionFailure(
            "\(node): no whole answer within \(brief(seconds)) s at \(url): see whether the engine hangs "
                + "or is overloaded")
    }

    /// A 200 that does not read.
    func body(_ reason: String, at url: String) -> CollectionFailure {
        CollectionFailure("\(node): \(url), \(reason): see that the URL is the engine's or exporter's own")
    }

    private func remedy(_ status: Int, _ path: String) -> String {
        if status == 401 || status == 403 { return "give the node's key by apiKeyEnv" }
        guard path.hasSuffix("/metrics"), status == 404 || status == 501 else {
            return status == 404
                ? "see that the URL is the engine's root, without /v1" : "see the engine's log"
        }
        switch kind {
        case .sglang: return "start SGLang with --enable-metrics"
        case .llamacpp: return "start llama-server with --metrics"
        case .tensorrtLLM: return "start trtllm-serve with return_perf_metrics: true"
        case .vllm: return "start vLLM without --disable-log-stats"
        case .tgi, .unknown:
            return
                "see that the URL is the engine's root and that its metrics are on (SGLang: "
                + "--enable-metrics, llama.cpp: --metrics, TensorRT-LLM: return_perf_metrics: true)"
        }
    }

    private func brief(_ seconds: Double) -> String {
        seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)"
    }
}
