/// How long one step of an engine takes, by a roofline with four fitted efficiencies (workloads.md 3.3, fitted on
/// 39 points of 70B fp8 on H100 under vLLM):
///
///     t0(tp) + W/(tp*BW*0.85) + (context tokens in batch)*kvB/(tp*BW*0.58) + prefill flops/(tp*F*0.47)
package struct StepTime: Sendable {
    /// One step's work.
    package struct Work: Sendable, Equatable {
        /// Tokens whose keys and values are read, over the batch.
        package var contextTokens = 0
        package var prefillFlops = 0.0
        package init() {}
    }

    private let model: ModelShape
    private let overheadSeconds: Double
    private let weightSeconds: Double
    private let secondsPerContextToken: Double
    private let secondsPerFlop: Double
    private let peakFlops: Double
    private let bandwidth: Double

    package init(_ profile: EngineProfile) {
        let gpus = Double(profile.tensorParallel)
        model = profile.model
        bandwidth = gpus * profile.gpu.bandwidth
        peakFlops =
            gpus
            * (profile.model.bytesPerParameter == 1
                ? profile.gpu.fp8Peak ?? profile.gpu.bf16Peak : profile.gpu.bf16Peak)
        overheadSeconds = Self.overhead(tensorParallel: profile.tensorParallel) * profile.model.layers / 80
        weightSeconds = profile.model.weightBytes / (bandwidth * 0.85)
        secondsPerContextToken = profile.model.kvBytesPerToken / (bandwidth * 0.58)
        secondsPerFlop = 1 / (peakFlops * 0.47)
    }

    /// t0 in seconds for 80 layers. Measured at 2, 4 and 8; at 1 it is an extrapolation.
    private static func overhead(tensorParallel: Int) -> Double {
        switch tensorParallel {
        case ...1: 0.0020
        case 2: 0.0034
        case 3...4: 0.0050
        default: 0.0064
        }
    }

    package func seconds(_ work: Work) -> Double {
        overheadSeconds + weightSeconds + Double(work.contextTokens) * secondsPerContextToken
            + prefillSeconds(work)
    }

    /// The part of a step that prefill takes.
    package func prefillSeconds(_ work: Work) -> Double { work.prefillFlops * secondsPerFlop }

    /// 2*P*n + 4*L*H*(n*m + n*n/2) for n new tokens behind m that have their keys and values.
    package func prefillFlops(new: Int, behind: Int) -> Double {
        let n = Double(new)
        return 2 * model.parameters * n
            + 4 * model.layers * model.attentionWidth * (n * Double(behind) + n * n / 2)
    }

    /// The share of the peak that the tensor cores reach over a step, 0...1, decodes included.
    package func tensorActivity(_ work: Work, decodes: Int, seconds: Double) -> Double {
        let flops = work.prefillFlops + 2 * model.parameters * Double(decodes)
        return min(1, flops / (peakFlops * seconds))
    }

    /// The share of the memory's bandwidth used over a step, 0...1.
    package func memoryActivity(_ work: Work, seconds: Double) -> Double {
        let bytes = model.weightBytes + Double(work.contextTokens) * model.kvBytesPerToken
        return min(1, bytes / (bandwidth * seconds))
    }
}
