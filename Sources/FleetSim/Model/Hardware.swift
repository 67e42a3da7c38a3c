/// One kind of GPU: capacity and dense peaks, as aiconfigurator's system files (commit 095f58a) give them.
package struct GPUKind: Sendable, Equatable {
    /// As the driver calls it.
    package let name: String
    package let memoryBytes: Double
    /// Bytes a second.
    package let bandwidth: Double
    /// Dense floating point operations a second.
    package let bf16Peak: Double
    /// The same in FP8; nil where the hardware has none.
    package let fp8Peak: Double?
    package let powerLimitWatts: Double
    package let idleWatts: Double

    package static let h100 = GPUKind(
        name: "NVIDIA H100 80GB HBM3", memoryBytes: 80e9, bandwidth: 3.35e12, bf16Peak: 989e12,
        fp8Peak: 1979e12, powerLimitWatts: 700, idleWatts: 70)
    package static let h200 = GPUKind(
        name: "NVIDIA H200", memoryBytes: 141e9, bandwidth: 4.8e12, bf16Peak: 989e12,
        fp8Peak: 1979e12, powerLimitWatts: 700, idleWatts: 75)
    package static let b200 = GPUKind(
        name: "NVIDIA B200", memoryBytes: 180e9, bandwidth: 7.7e12, bf16Peak: 2250e12,
        fp8Peak: 4500e12, powerLimitWatts: 1000, idleWatts: 120)
    package static let a100 = GPUKind(
        name: "NVIDIA A100-SXM4-80GB", memoryBytes: 80e9, bandwidth: 2.04e12, bf16Peak: 312e12,
        fp8Peak: nil, powerLimitWatts: 400, idleWatts: 55)
}

/// A model's sizes, from its published configuration.
package struct ModelShape: Sendable, Equatable {
    /// The name that clients ask for.
    package let name: String
    package let parameters: Double
    package let bytesPerParameter: Double
    package let layers: Double
    /// Query heads times their dimension.
    package let attentionWidth: Double
    /// 2 x layers x key-value heads x head dimension x bytes.
    package let kvBytesPerToken: Double
    package var maxContextTokens: Int

    package var weightBytes: Double { parameters * bytesPerParameter }

    package static let llama70B = ModelShape(
        name: "meta-llama/Llama-3.1-70B-Instruct", parameters: 70.6e9, bytesPerParameter: 1, layers: 80,
        attentionWidth: 8192, kvBytesPerToken: 327_680, maxContextTokens: 131_072)
    package static let llama70BHalf = ModelShape(
        name: "meta-llama/Llama-3.1-70B-Instruct", parameters: 70.6e9, bytesPerParameter: 2, layers: 80,
        attentionWidth: 8192, kvBytesPerToken: 327_680, maxContextTokens: 131_072)
    package static let llama8B = ModelShape(
        name: "meta-llama/Llama-3.1-8B-Instruct", parameters: 8.03e9, bytesPerParameter: 2, layers: 32,
        attentionWidth: 4096, kvBytesPerToken: 131_072, maxContextTokens: 131_072)
    package static let qwen32B = ModelShape(
        name: "Qwen/Qwen3-32B", parameters: 32.8e9, bytesPerParameter: 2, layers: 64,
        attentionWidth: 8192, kvBytesPerToken: 262_144, maxContextTokens: 40_960)
}

/// A deployment: a model on so many GPUs of a kind, with vLLM's scheduler limits for that hardware.
package struct EngineProfile: Sendable, Equatable {
    package let name: String
    package var model: ModelShape
    package let gpu: GPUKind
    package let tensorParallel: Int
    /// Tokens computed in one step at most (vLLM's max_num_batched_tokens).
    package var maxBatchedTokens = 8192
    /// Requests in the running batch at most (vLLM's max_num_seqs).
    package var maxSequences = 1024

    /// Activations, CUDA graphs and NCCL on every GPU (workloads.md 3.1).
    package static let overheadBytesPerGPU = 4e9
    /// vLLM's gpu_memory_utilization.
    package static let memoryShare = 0.9

    /// KV capacity: what 0.9 of the memory leaves beside weights and overhead.
    package var kvCapacityTokens: Int {
        let gpus = Double(tensorParallel)
        let bytes =
            gpus * (gpu.memoryBytes * Self.memoryShare - Self.overheadBytesPerGPU) - model.weightBytes
        return max(0, Int(bytes / model.kvBytesPerToken))
    }

    package static let all: [EngineProfile] = [
        EngineProfile(name: "70b-fp8-tp4-h100", model: .llama70B, gpu: .h100, tensorParallel: 4),
        EngineProfile(name: "70b-fp8-tp2-h100", model: .llama70B, gpu: .h100, tensorParallel: 2),
        EngineProfile(name: "70b-fp8-tp8-h100", model: .llama70B, gpu: .h100, tensorParallel: 8),
        EngineProfile(name: "70b-fp8-tp8-h200", model: .llama70B, gpu: .h200, tensorParallel: 8),
        EngineProfile(name: "70b-fp8-tp1-b200", model: .llama70B, gpu: .b200, tensorParallel: 1),
        EngineProfile(
            name: "70b-bf16-tp8-a100", model: .llama70BHalf, gpu: .a100, tensorParallel: 8,
            maxBatchedTokens: 2048, maxSequences: 256),
        EngineProfile(name: "8b-bf16-tp1-h100", model: .llama8B, gpu: .h100, tensorParallel: 1),
        EngineProfile(name: "32b-bf16-tp2-h100", model: .qwen32B, gpu: .h100, tensorParallel: 2),
        EngineProfile(name: "32b-bf16-tp4-h100", model: .qwen32B, gpu: .h100, tensorParallel: 4),
        EngineProfile(name: "32b-bf16-tp8-h100", model: .qwen32B, gpu: .h100, tensorParallel: 8),
    ]

    package static func named(_ name: String) -> EngineProfile? { all.first { $0.name == name } }
}
