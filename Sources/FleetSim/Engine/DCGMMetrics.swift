import GatewayCore

/// The engine's GPUs in the DCGM exporter's names (4.x; a test finds each of them in a capture).
enum DCGMMetrics {
    private static let driver = "580.105.08"
    private static let bytesPerMebibyte = 1_048_576.0

    private struct Field: Sendable {
        let name: String
        let type: String
        let help: String
        let value: @Sendable (EngineModel, Int) -> Double
    }

    /// - Parameters:
    ///   - seed: makes the UUIDs, together with the port.
    static func text(of model: EngineModel, seed: UInt64, port: UInt16) -> String {
        var out = ExpositionText()
        let gpus = (0..<model.profile.tensorParallel).map { labels(of: $0, model, seed, port) }
        for field in fields {
            out.family(field.name, field.type, field.help)
            for (index, labels) in gpus.enumerated() {
                out.sample(field.name, labels, field.value(model, index))
            }
        }
        return out.text
    }

    private static func labels(of index: Int, _ model: EngineModel, _ seed: UInt64, _ port: UInt16) -> String
    {
        var random = SplitMix64(seed: seed &* 1_000_003 &+ UInt64(port) &* 131 &+ UInt64(index))
        let high = hexadecimal(random.next())
        let low = hexadecimal(random.next())
        let parts = [
            high.prefix(8), high.dropFirst(8).prefix(4), high.suffix(4), low.prefix(4), low.suffix(12),
        ]
        let bus = hexadecimal(UInt64(0x1B + 0x11 * index)).suffix(2).uppercased()
        return """
            gpu="\(index)",UUID="GPU-\(parts.joined(separator: "-"))",pci_bus_id="00000000:\(bus):00.0",\
            device="nvidia\(index)",modelName="\(model.profile.gpu.name)",Hostname="emulated-\(port)",\
            DCGM_FI_DRIVER_VERSION="\(driver)"
            """
    }

    private static func hexadecimal(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// GPUs of one engine differ a little, as real ones do: by up to 3 percent.
    private static func spread(_ index: Int) -> Double { 1 - 0.01 * Double(index % 4) }

    private static let fields: [Field] = [
        Field(name: "DCGM_FI_DEV_SM_CLOCK", type: "gauge", help: "SM clock frequency (in MHz).") { model, _ in
            model.gpu.busy > 0.05 ? 1980 : 345
        },
        Field(name: "DCGM_FI_DEV_MEM_CLOCK", type: "gauge", help: "Memory clock frequency (in MHz).") {
            _, _ in
            2619
        },
        Field(name: "DCGM_FI_DEV_MEMORY_TEMP", type: "gauge", help: "Memory temperature (in C).") {
            model, index in
            (model.gpu.temperatureCelsius * spread(index) + 8).rounded()
        },
        Field(name: "DCGM_FI_DEV_GPU_TEMP", type: "gauge", help: "GPU temperature (in C).") { model, index in
            (model.gpu.temperatureCelsius * spread(index)).rounded()
        },
        Field(name: "DCGM_FI_DEV_POWER_USAGE", type: "gauge", help: "Power draw (in W).") { model, index in
            model.gpu.powerWatts * spread(index)
        },
        Field(
            name: "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", type: "counter",
            help: "Total energy consumption since boot (in mJ)."
        ) { model, index in (model.gpu.energyJoules * 1000 * spread(index)).rounded() },
        Field(name: "DCGM_FI_DEV_GPU_UTIL", type: "gauge", help: "GPU utilization (in %).") { model, _ in
            (model.gpu.busy * 100).rounded()
        },
        Field(name: "DCGM_FI_DEV_MEM_COPY_UTIL", type: "gauge", help: "Memory utilization (in %).") {
            model, _ in
            (model.gpu.memoryActive * 100).rounded()
        },
        Field(name: "DCGM_FI_DEV_FB_FREE", type: "gauge", help: "Framebuffer memory free (in MiB).") {
            model, _ in
            ((model.profile.gpu.memoryBytes - model.memoryUsedBytesPerGPU) / bytesPerMebibyte).rounded()
        },
        Field(name: "DCGM_FI_DEV_FB_USED", type: "gauge", help: "Framebuffer memory used (in MiB).") {
            model, _ in
            (model.memoryUsedBytesPerGPU / bytesPerMebibyte).rounded()
        },
        Field(
            name: "DCGM_FI_DEV_FB_RESERVED", type: "gauge", help: "Framebuffer memory reserved (in MiB)."
        ) { _, _ in 0 },
        Field(
            name: "DCGM_FI_DEV_XID_ERRORS", type: "gauge", help: "Value of the last XID error encountered."
        ) { _, _ in 0 },
        Field(
            name: "DCGM_FI_DEV_CLOCK_THROTTLE_REASONS", type: "gauge",
            help: "Current clock throttle reasons (bitmask of DCGM_CLOCKS_THROTTLE_REASON_*)"
        ) { model, _ in model.gpu.busy > 0.05 ? 0 : 1 },
        Field(
            name: "DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS", type: "counter",
            help: "Number of remapped rows for uncorrectable errors"
        ) { _, _ in 0 },
        Field(
            name: "DCGM_FI_PROF_GR_ENGINE_ACTIVE", type: "gauge",
            help: "Ratio of time the graphics engine is active."
        ) { model, _ in model.gpu.busy },
        Field(
            name: "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", type: "gauge",
            help: "Ratio of cycles the tensor (HMMA) pipe is active."
        ) { model, _ in model.gpu.tensorActive },
        Field(
            name: "DCGM_FI_PROF_DRAM_ACTIVE", type: "gauge",
            help: "Ratio of cycles the device memory interface is active sending or receiving data."
        ) { model, _ in model.gpu.memoryActive },
    ]
}
