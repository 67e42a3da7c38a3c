/// What an engine gets out of its hardware: nine constants, fitted to the 135 closed-loop points of Llama-3.1-70B fp8 and
/// Qwen3-32B bf16 on H100 under vLLM (aiconfigurator's silicon_sample.csv, commit 095f58a) with this engine model.
package struct Efficiency: Sendable, Equatable {
    /// Seconds a layer's kernels take beside what they read and compute; BLIS has 32 us.
    package var launchSeconds: Double
    /// Seconds that a layer's two all-reduces add for each doubling of the GPUs.
    package var joinSeconds: Double
    /// Share of the memory's bandwidth at which weights are read.
    package var weights: Double
    /// Share of it at which the KV cache is read.
    package var cache: Double
    /// Share of the tensor cores' peak, in the weights' format, that matrix products reach.
    package var matrices: Double
    /// Share of the 16-bit peak that prefill's attention reaches.
    package var attention: Double
    /// Share of the links' one-way bandwidth that all-reduces reach.
    package var links: Double
    /// The host's work on a request in every step: scheduling, sampling, detokenizing; BLIS has 46 us.
    package var requestSeconds: Double
    /// From a request's arrival until the scheduler sees it: HTTP, template, tokenizing; BLIS has 15.6 ms.
    package var ingestSeconds: Double

    package static let vLLM = Efficiency(
        launchSeconds: 32.4e-6, joinSeconds: 13.1e-6, weights: 0.84, cache: 0.83, matrices: 0.72,
        attention: 0.52, links: 0.60, requestSeconds: 34e-6, ingestSeconds: 0.0229)
}
