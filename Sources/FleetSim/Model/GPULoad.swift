import Glibc

/// What the GPUs of an engine show of its work, each smoothed as an exporter's averages are.
///
/// Power while busy is idle + (limit - idle) * min(1, 0.45 + 0.55 * prefill's share of the step) (workloads.md 3.5, a
/// judgement); temperature follows power with a time constant of 20 s.
package struct GPULoad: Sendable, Equatable {
    package private(set) var powerWatts: Double
    /// 0...1
    package private(set) var busy = 0.0
    /// 0...1
    package private(set) var tensorActive = 0.0
    /// 0...1
    package private(set) var memoryActive = 0.0
    package private(set) var temperatureCelsius = 30.0
    /// Of one GPU since the start.
    package private(set) var energyJoules = 0.0
    private let gpu: GPUKind

    package init(_ gpu: GPUKind) {
        self.gpu = gpu
        powerWatts = gpu.idleWatts
    }

    /// - Parameter prefillShare: of the step's time, 0...1; nil: the GPUs idled.
    mutating func pass(seconds: Double, prefillShare: Double?, tensorActivity: Double, memoryActivity: Double)
    {
        guard seconds > 0 else { return }
        var target = gpu.idleWatts
        if let prefillShare {
            target += (gpu.powerLimitWatts - gpu.idleWatts) * min(1, 0.45 + 0.55 * prefillShare)
        }
        let quick = 1 - exp(-seconds)
        powerWatts += (target - powerWatts) * quick
        busy += ((prefillShare == nil ? 0 : 1) - busy) * quick
        tensorActive += (tensorActivity - tensorActive) * quick
        memoryActive += (memoryActivity - memoryActive) * quick
        energyJoules += target * seconds
        let warm = 30 + 45 * powerWatts / gpu.powerLimitWatts
        temperatureCelsius += (warm - temperatureCelsius) * (1 - exp(-seconds / 20))
    }
}
