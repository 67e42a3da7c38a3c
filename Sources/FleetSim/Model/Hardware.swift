/// One kind of GPU: capacity and dense peaks, as aiconfigurator's system files (commit 095f58a) give them; those of the
/// MI300X are AMD's.
package struct GPUKind: Sendable, Equatable {
    /// What the command line calls it.
    package let key: String
    /// As the driver calls it.
    package let name: String
    package let memoryBytes: Double
    /// Bytes a second.
    package let bandwidth: Double
    /// Dense floating point operations a second.
    package let bf16Peak: Double
    /// The same in FP8; nil where the hardware has none.
    package let fp8Peak: Double?
    /// Bytes a second to the other GPUs of an engine, one way.
    package let linkBandwidth: Double
    package let powerLimitWatts: Double
    package let idleWatts: Double
    /// To rent one for an hour, mid 2026 (workloads.md 3.5); nil where we have no price.
    package let dollarsPerHour: Double?

    package static let a100 = GPUKind(
        key: "a100", name: "NVIDIA A100-SXM4-80GB", memoryBytes: 80e9, bandwidth: 2.04e12, bf16Peak: 312e12,
        fp8Peak: nil, linkBandwidth: 300e9, powerLimitWatts: 400, idleWatts: 55, dollarsPerHour: 1.30)
    package static let h100 = GPUKind(
        key: "h100", name: "NVIDIA H100 80GB HBM3", memoryBytes: 80e9, bandwidth: 3.35e12, bf16Peak: 989e12,
        fp8Peak: 1979e12, linkBandwidth: 450e9, powerLimitWatts: 700, idleWatts: 70, dollarsPerHour: 2.95)
    package static let h200 = GPUKind(
        key: "h200", name: "NVIDIA H200", memoryBytes: 141e9, bandwidth: 4.8e12, bf16Peak: 989e12,
        fp8Peak: 1979e12, linkBandwidth: 450e9, powerLimitWatts: 700, idleWatts: 75, dollarsPerHour: 3.50)
    package static let b200 = GPUKind(
        key: "b200", name: "NVIDIA B200", memoryBytes: 180e9, bandwidth: 7.7e12, bf16Peak: 2250e12,
        fp8Peak: 4500e12, linkBandwidth: 900e9, powerLimitWatts: 1000, idleWatts: 120, dollarsPerHour: 5)
    package static let b300 = GPUKind(
        key: "b300", name: "NVIDIA B300", memoryBytes: 295e9, bandwidth: 7.75e12, bf16Peak: 2250e12,
        fp8Peak: 4500e12, linkBandwidth: 900e9, powerLimitWatts: 1100, idleWatts: 130, dollarsPerHour: nil)
    package static let gb200 = GPUKind(
        key: "gb200", name: "NVIDIA GB200", memoryBytes: 203e9, bandwidth: 8e12, bf16Peak: 2500e12,
        fp8Peak: 5000e12, linkBandwidth: 900e9, powerLimitWatts: 1200, idleWatts: 140, dollarsPerHour: nil)
    package static let l40s = GPUKind(
        key: "l40s", name: "NVIDIA L40S", memoryBytes: 48e9, bandwidth: 0.86e12, bf16Peak: 362e12,
        fp8Peak: 733e12, linkBandwidth: 32e9, powerLimitWatts: 350, idleWatts: 35, dollarsPerHour: nil)
    package static let rtxPro6000 = GPUKind(
        key: "rtx-pro-6000", name: "NVIDIA RTX PRO 6000 Blackwell Server Edition", memoryBytes: 104e9,
        bandwidth: 1.79e12, bf16Peak: 468e12, fp8Peak: 936e12, linkBandwidth: 64e9, powerLimitWatts: 600,
        idleWatts: 60, dollarsPerHour: nil)
    package static let mi300x = GPUKind(
        key: "mi300x", name: "AMD Instinct MI300X", memoryBytes: 192e9, bandwidth: 5.3e12, bf16Peak: 1307e12,
        fp8Peak: 2615e12, linkBandwidth: 448e9, powerLimitWatts: 750, idleWatts: 140, dollarsPerHour: 2)

    package static let all = [a100, h100, h200, b200, b300, gb200, l40s, rtxPro6000, mi300x]
}

/// A dense model's sizes, from its published configuration. The keys and values are kept in 16 bits.
package struct ModelShape: Sendable, Equatable {
    /// What the command line calls it.
    package let key: String
    /// The name that clients ask for.
    package let name: String
    package let parameters: Double
    package let bytesPerParameter: Double
    package let layers: Double
    /// Numbers in a token's state between layers.
    package let hiddenWidth: Double
    /// Query heads times their dimension.
    package let attentionWidth: Double
    /// 2 x layers x key-value heads x head dimension x bytes.
    package let kvBytesPerToken: Double
    package var maxContextTokens: Int

    package var weightBytes: Double { parameters * bytesPerParameter }

    private func in8Bits(_ key: String) -> ModelShape {
        ModelShape(
            key: key, name: name, parameters: parameters, bytesPerParameter: 1, layers: layers,
            hiddenWidth: hiddenWidth, attentionWidth: attentionWidth, kvBytesPerToken: kvBytesPerToken,
            maxContextTokens: maxContextTokens)
    }

    package static let llama8B = ModelShape(
        key: "llama-8b", name: "meta-llama/Llama-3.1-8B-Instruct", parameters: 8.03e9, bytesPerParameter: 2,
        layers: 32, hiddenWidth: 4096, attentionWidth: 4096, kvBytesPerToken: 131_072,
        maxContextTokens: 131_072)
    package static let qwen32B = ModelShape(
        key: "qwen3-32b", name: "Qwen/Qwen3-32B", parameters: 32.8e9, bytesPerParameter: 2, layers: 64,
        hiddenWidth: 5120, attentionWidth: 8192, kvBytesPerToken: 262_144, maxContextTokens: 40_960)
    package static let llama70BHalf = ModelShape(
        key: "llama-70b", name: "meta-llama/Llama-3.1-70B-Instruct", parameters: 70.6e9, bytesPerParameter: 2,
        layers: 80, hiddenWidth: 8192, attentionWidth: 8192, kvBytesPerToken: 327_680,
        maxContextTokens: 131_072)
    package static let llama405BHalf = ModelShape(
        key: "llama-405b", name: "meta-llama/Llama-3.1-405B-Instruct", parameters: 405.9e9,
        bytesPerParameter: 2, layers: 126, hiddenWidth: 16_384, attentionWidth: 16_384,
        kvBytesPerToken: 516_096, maxContextTokens: 131_072)
    package static let llama8BFP8 = llama8B.in8Bits("llama-8b-fp8")
    package static let qwen32BFP8 = qwen32B.in8Bits("qwen3-32b-fp8")
    package static let llama70B = llama70BHalf.in8Bits("llama-70b-fp8")
    package static let llama405B = llama405BHalf.in8Bits("llama-405b-fp8")

    package static let all = [
        llama8B, llama8BFP8, qwen32B, qwen32BFP8, llama70BHalf, llama70B, llama405BHalf, llama405B,
    ]
}
