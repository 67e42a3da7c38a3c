/// A deployment: a model on so many GPUs of a kind, with vLLM's scheduler limits for that hardware.
package struct EngineProfile: Sendable, Equatable {
    package let name: String
    package var model: ModelShape
    package let gpu: GPUKind
    package let tensorParallel: Int
    /// Tokens computed in one step at most (vLLM's max_num_batched_tokens).
    package var maxBatchedTokens: Int
    /// Requests in the running batch at most (vLLM's max_num_seqs).
    package var maxSequences: Int

    /// Activations, CUDA graphs and NCCL on every GPU (workloads.md 3.1).
    package static let overheadBytesPerGPU = 4e9
    /// vLLM's gpu_memory_utilization.
    package static let memoryShare = 0.9
    package static let tensorParallelSizes = [1, 2, 4, 8]

    /// The limits are vLLM's defaults: GPUs of 70 GiB and more, but for the A100, take larger steps (workloads.md 3.2).
    package init(name: String, model: ModelShape, gpu: GPUKind, tensorParallel: Int) {
        self.name = name
        self.model = model
        self.gpu = gpu
        self.tensorParallel = tensorParallel
        let isLarge = gpu.memoryBytes >= 70 * 1_073_741_824 && gpu != .a100
        maxBatchedTokens = isLarge ? 8192 : 2048
        maxSequences = isLarge ? 1024 : 256
    }

    /// A deployment by the keys of its parts, as the command line names them: h100, llama-70b-fp8, 4.
    package init(gpu gpuKey: String, model modelKey: String, tensorParallel: Int) throws(ProfileProblem) {
        guard let gpu = GPUKind.all.first(where: { $0.key == gpuKey }) else {
            throw .unknownGPU(gpuKey)
        }
        guard let model = ModelShape.all.first(where: { $0.key == modelKey }) else {
            throw .unknownModel(modelKey)
        }
        guard Self.tensorParallelSizes.contains(tensorParallel) else {
            throw .tensorParallel(tensorParallel)
        }
        self.init(
            name: "\(gpuKey) \(modelKey) tp\(tensorParallel)", model: model, gpu: gpu,
            tensorParallel: tensorParallel)
        // At least one step's worth of tokens, or it would serve nobody.
        guard kvCapacityTokens >= maxBatchedTokens else { throw .doesNotFit(self) }
    }

    /// KV capacity: what 0.9 of the memory leaves beside weights and overhead.
    package var kvCapacityTokens: Int {
        let gpus = Double(tensorParallel)
        let bytes =
            gpus * (gpu.memoryBytes * Self.memoryShare - Self.overheadBytesPerGPU) - model.weightBytes
        return max(0, Int(bytes / model.kvBytesPerToken))
    }

    /// What its GPUs cost; nil where there is no price to go by.
    package var dollarsPerHour: Double? { gpu.dollarsPerHour.map { $0 * Double(tensorParallel) } }

    package static let all: [EngineProfile] = [
        EngineProfile(name: "70b-fp8-tp4-h100", model: .llama70B, gpu: .h100, tensorParallel: 4),
        EngineProfile(name: "70b-fp8-tp2-h100", model: .llama70B, gpu: .h100, tensorParallel: 2),
        EngineProfile(name: "70b-fp8-tp8-h100", model: .llama70B, gpu: .h100, tensorParallel: 8),
        EngineProfile(name: "70b-fp8-tp8-h200", model: .llama70B, gpu: .h200, tensorParallel: 8),
        EngineProfile(name: "70b-fp8-tp1-b200", model: .llama70B, gpu: .b200, tensorParallel: 1),
        EngineProfile(name: "70b-bf16-tp8-a100", model: .llama70BHalf, gpu: .a100, tensorParallel: 8),
        EngineProfile(name: "8b-bf16-tp1-h100", model: .llama8B, gpu: .h100, tensorParallel: 1),
        EngineProfile(name: "32b-bf16-tp2-h100", model: .qwen32B, gpu: .h100, tensorParallel: 2),
        EngineProfile(name: "32b-bf16-tp4-h100", model: .qwen32B, gpu: .h100, tensorParallel: 4),
        EngineProfile(name: "32b-bf16-tp8-h100", model: .qwen32B, gpu: .h100, tensorParallel: 8),
    ]

    package static func named(_ name: String) -> EngineProfile? { all.first { $0.name == name } }
}

/// Why there is no such deployment, with what there is instead.
package enum ProfileProblem: Error, Sendable, Equatable, CustomStringConvertible {
    case unknownGPU(String)
    case unknownModel(String)
    case tensorParallel(Int)
    case doesNotFit(EngineProfile)

    package var description: String {
        switch self {
        case .unknownGPU(let key):
            "the GPU \(key) is unknown; there are " + GPUKind.all.map(\.key).joined(separator: ", ")
        case .unknownModel(let key):
            "the model \(key) is unknown; there are " + ModelShape.all.map(\.key).joined(separator: ", ")
        case .tensorParallel(let size):
            "\(size) GPUs to an engine is not measured; choose "
                + EngineProfile.tensorParallelSizes.map(String.init).joined(separator: ", ")
        case .doesNotFit(let profile):
            "\(profile.name) has no room: the weights are \(Int(profile.model.weightBytes / 1e9)) GB of "
                + "\(Int(Double(profile.tensorParallel) * profile.gpu.memoryBytes / 1e9)) GB; take more GPUs, "
                + "larger ones or a smaller format"
        }
    }
}
