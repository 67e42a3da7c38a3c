import GatewayCore
import Glibc

/// NVIDIA's management library, opened at run time, as a source of readings for the GPUs of this machine.
///
/// Signatures and constants are those of `nvml.h` as nvidia-ml-py 13.615.71 has them. Tested with a stand-in
/// library that has the same entry points; not tried on hardware. Its calls block while the driver does.
@safe package struct NVMLLibrary: ~Copyable {
    private typealias Device = OpaquePointer?
    private typealias Number32 = @convention(c) (Device, UnsafeMutablePointer<UInt32>?) -> Int32
    private typealias Number64 = @convention(c) (Device, UnsafeMutablePointer<UInt64>?) -> Int32
    private typealias Kinded = @convention(c) (Device, UInt32, UnsafeMutablePointer<UInt32>?) -> Int32
    private typealias Text = @convention(c) (Device, UnsafeMutablePointer<CChar>?, UInt32) -> Int32

    /// nvmlMemory_v2_t; the version word is its size and 2 << 24.
    private struct Memory {
        var version: UInt32 = 0x0200_0028
        var total: UInt64 = 0
        var reserved: UInt64 = 0
        var free: UInt64 = 0
        var used: UInt64 = 0
    }

    /// nvmlUtilization_t, in percent.
    private struct Utilization {
        var gpu: UInt32 = 0
        var memory: UInt32 = 0
    }

    private let library: UnsafeMutableRawPointer

    /// Opens and initialises it.
    package init(path: String = "libnvidia-ml.so.1") throws(CollectionFailure) {
        unsafe library = try Self.open(path)
    }

    private static func open(_ path: String) throws(CollectionFailure) -> UnsafeMutableRawPointer {
        guard let opened = unsafe dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            throw CollectionFailure(
                "\(path) can't be opened: install NVIDIA's driver, or give a GPU metrics URL")
        }
        guard let start = unsafe dlsym(opened, "nvmlInit_v2") else {
            unsafe dlclose(opened)
            throw CollectionFailure("\(path) has no nvmlInit_v2: NVIDIA's driver is too old")
        }
        let code = unsafe unsafeBitCast(start, to: (@convention(c) () -> Int32).self)()
        guard code == 0 else {
            unsafe dlclose(opened)
            throw CollectionFailure(
                "\(path): nvmlInit_v2 gave error \(code): run nvidia-smi to see the driver's state")
        }
        return unsafe opened
    }

    deinit {
        if let stop = unsafe dlsym(library, "nvmlShutdown") {
            _ = unsafe unsafeBitCast(stop, to: (@convention(c) () -> Int32).self)()
        }
        unsafe dlclose(library)
    }

    /// Every GPU as it is now. What a GPU does not support is nil.
    package func read() throws(CollectionFailure) -> [GPUReading] {
        typealias Count = @convention(c) (UnsafeMutablePointer<UInt32>?) -> Int32
        typealias Handle = @convention(c) (UInt32, UnsafeMutablePointer<Device>?) -> Int32
        guard let countSymbol = unsafe dlsym(library, "nvmlDeviceGetCount_v2"),
            let handleSymbol = unsafe dlsym(library, "nvmlDeviceGetHandleByIndex_v2")
        else { throw CollectionFailure("NVML can't list its GPUs: NVIDIA's driver is too old") }
        var count: UInt32 = 0
        let code = unsafe unsafeBitCast(countSymbol, to: Count.self)(&count)
        guard code == 0 else {
            throw CollectionFailure(
                "NVML can't count its GPUs (error \(code)): run nvidia-smi to see the driver's state")
        }
        let handle = unsafe unsafeBitCast(handleSymbol, to: Handle.self)
        var readings: [GPUReading] = []
        for index in 0..<min(count, 256) {
            var device: Device = nil
            // A GPU that fell off the bus is left out, the others stay.
            guard unsafe handle(index, &device) == 0 else { continue }
            readings.append(unsafe reading(device, index: Int(index)))
        }
        return readings
    }

    private func reading(_ device: Device, index: Int) -> GPUReading {
        var reading = GPUReading()
        reading.index = index
        reading.uuid = unsafe text("nvmlDeviceGetUUID", device)
        reading.name = unsafe text("nvmlDeviceGetName", device)
        if let memory = unsafe structure("nvmlDeviceGetMemoryInfo_v2", device, Memory()) {
            reading.memoryTotalBytes = Double(memory.total)
            reading.memoryUsedBytes = Double(memory.used)
            reading.memoryReservedBytes = Double(memory.reserved)
        }
        if let busy = unsafe structure("nvmlDeviceGetUtilizationRates", device, Utilization()) {
            reading.utilization = Double(busy.gpu) / 100
            reading.memoryActive = Double(busy.memory) / 100
        }
        reading.powerWatts = unsafe number("nvmlDeviceGetPowerUsage", device).map { $0 / 1000 }
        reading.powerLimitWatts = unsafe number("nvmlDeviceGetEnforcedPowerLimit", device).map { $0 / 1000 }
        // NVML_TEMPERATURE_GPU is 0, NVML_CLOCK_SM is 1.
        reading.temperatureCelsius = unsafe number("nvmlDeviceGetTemperature", device, kind: 0)
        reading.smClockMHz = unsafe number("nvmlDeviceGetClockInfo", device, kind: 1)
        reading.energyJoules = unsafe wide("nvmlDeviceGetTotalEnergyConsumption", device).map {
            Double($0) / 1000
        }
        // The second name is that of drivers before 535.
        let reasons =
            unsafe wide("nvmlDeviceGetCurrentClocksEventReasons", device)
            ?? wide("nvmlDeviceGetCurrentClocksThrottleReasons", device)
        reading.throttleReasons = reasons.flatMap { Int(exactly: $0) }
        reading.uncorrectedErrors = unsafe uncorrectedErrors(device)
        return reading
    }

    private func number(_ name: String, _ device: Device) -> Double? {
        guard let symbol = unsafe dlsym(library, name) else { return nil }
        var value: UInt32 = 0
        return unsafe unsafeBitCast(symbol, to: Number32.self)(device, &value) == 0 ? Double(value) : nil
    }

    private func number(_ name: String, _ device: Device, kind: UInt32) -> Double? {
        guard let symbol = unsafe dlsym(library, name) else { return nil }
        var value: UInt32 = 0
        return unsafe unsafeBitCast(symbol, to: Kinded.self)(device, kind, &value) == 0 ? Double(value) : nil
    }

    private func wide(_ name: String, _ device: Device) -> UInt64? {
        guard let symbol = unsafe dlsym(library, name) else { return nil }
        var value: UInt64 = 0
        return unsafe unsafeBitCast(symbol, to: Number64.self)(device, &value) == 0 ? value : nil
    }

    private func uncorrectedErrors(_ device: Device) -> Double? {
        typealias Errors = @convention(c) (Device, UInt32, UInt32, UnsafeMutablePointer<UInt64>?) -> Int32
        guard let symbol = unsafe dlsym(library, "nvmlDeviceGetTotalEccErrors") else { return nil }
        var value: UInt64 = 0
        // NVML_MEMORY_ERROR_TYPE_UNCORRECTED is 1, NVML_VOLATILE_ECC is 0.
        let code = unsafe unsafeBitCast(symbol, to: Errors.self)(device, 1, 0, &value)
        return code == 0 ? Double(value) : nil
    }

    private func structure<Value: BitwiseCopyable>(_ name: String, _ device: Device, _ empty: Value) -> Value?
    {
        typealias Fill = @convention(c) (Device, UnsafeMutableRawPointer?) -> Int32
        guard let symbol = unsafe dlsym(library, name) else { return nil }
        var value = empty
        return unsafe unsafeBitCast(symbol, to: Fill.self)(device, &value) == 0 ? value : nil
    }

    private func text(_ name: String, _ device: Device) -> String? {
        guard let symbol = unsafe dlsym(library, name) else { return nil }
        // NVML_DEVICE_NAME_V2_BUFFER_SIZE and its like are 96.
        var buffer = [CChar](repeating: 0, count: 96)
        guard unsafe unsafeBitCast(symbol, to: Text.self)(device, &buffer, 96) == 0 else { return nil }
        let end = buffer.firstIndex(of: 0) ?? buffer.count
        return String(decoding: buffer[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
