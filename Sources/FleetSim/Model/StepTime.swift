import Glibc

/// How long one step of an engine takes: a sum of what the memory, the tensor cores, the links and the host each need.
///
///     layers * (launch + join * log2(tp))                      kernels of a layer, and its two all-reduces
///     + weights / (tp * bandwidth * weightEfficiency)
///     + tokens * 2 * parameters / (tp * peak * matrixEfficiency)
///     + tokens * 4 * layers * width * 2 * (tp - 1) / tp / (link * linkEfficiency)     two all-reduces of 16-bit states
///     + pairs * 4 * layers * attention width / (tp * bf16 peak * attentionEfficiency) prefill: of queries and keys
///     + context * KV bytes / (tp * bandwidth * cacheEfficiency)
///     + requests * host
///
/// The form is the roofline of workloads.md 3.3 with the all-reduces and the host's work per request (BLIS has both
/// terms) apart from the rest; the constants are `Efficiency`'s.
package struct StepTime: Sendable {
    /// One step's work.
    package struct Work: Sendable, Equatable {
        /// Requests that have tokens computed.
        package var requests = 0
        /// Tokens that are computed, of decodes and of prefill.
        package var tokens = 0
        /// Those of prefill.
        package var prefillTokens = 0
        /// Pairs of a prefill token and one it attends to.
        package var prefillPairs = 0.0
        /// Tokens whose keys and values are read, over the batch.
        package var contextTokens = 0
        package init() {}

        /// Adds the computation of `new` tokens behind `behind` which have their keys and values.
        package mutating func add(new: Int, behind: Int, isDecode: Bool) {
            requests += 1
            tokens += new
            contextTokens += behind
            guard !isDecode else { return }
            prefillTokens += new
            prefillPairs += Double(new) * (Double(behind) + Double(new) / 2)
        }
    }

    private let model: ModelShape
    private let peakFlops: Double
    private let bandwidth: Double
    /// Of every step, whatever is in it.
    package let secondsPerStep: Double
    package let secondsPerRequest: Double
    package let secondsPerToken: Double
    package let secondsPerPair: Double
    package let secondsPerContextToken: Double

    package init(_ profile: EngineProfile, _ efficiency: Efficiency = .vLLM) {
        let gpus = Double(profile.tensorParallel)
        model = profile.model
        bandwidth = gpus * profile.gpu.bandwidth
        peakFlops =
            gpus
            * (model.bytesPerParameter == 1
                ? profile.gpu.fp8Peak ?? profile.gpu.bf16Peak : profile.gpu.bf16Peak)
        secondsPerStep =
            model.layers * (efficiency.launchSeconds + efficiency.joinSeconds * log2(gpus))
            + model.weightBytes / (bandwidth * efficiency.weights)
        secondsPerRequest = efficiency.requestSeconds
        secondsPerToken =
            2 * model.parameters / (peakFlops * efficiency.matrices)
            + 8 * model.layers * model.hiddenWidth * (gpus - 1) / gpus
            / (profile.gpu.linkBandwidth * efficiency.links)
        secondsPerPair =
            Self.flopsPerPair(model) / (gpus * profile.gpu.bf16Peak * efficiency.attention)
        secondsPerContextToken = model.kvBytesPerToken / (bandwidth * efficiency.cache)
    }

    private static func flopsPerPair(_ model: ModelShape) -> Double {
        4 * model.layers * model.attentionWidth
    }

    package func seconds(_ work: Work) -> Double {
        secondsPerStep + Double(work.requests) * secondsPerRequest + Double(work.tokens) * secondsPerToken
            + work.prefillPairs * secondsPerPair + Double(work.contextTokens) * secondsPerContextToken
    }

    /// The part of a step that prefill takes.
    package func prefillSeconds(_ work: Work) -> Double {
        Double(work.prefillTokens) * secondsPerToken + work.prefillPairs * secondsPerPair
    }

    /// The share of the peak that the tensor cores reach over a step, 0...1.
    package func tensorActivity(_ work: Work, seconds: Double) -> Double {
        let flops =
            2 * model.parameters * Double(work.tokens) + Self.flopsPerPair(model) * work.prefillPairs
        return min(1, flops / (peakFlops * seconds))
    }

    /// The share of the memory's bandwidth used over a step, 0...1.
    package func memoryActivity(_ work: Work, seconds: Double) -> Double {
        let bytes = model.weightBytes + Double(work.contextTokens) * model.kvBytesPerToken
        return min(1, bytes / (bandwidth * seconds))
    }
}
