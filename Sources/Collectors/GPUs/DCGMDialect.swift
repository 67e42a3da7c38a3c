import GatewayCore

extension GPUReading {
    /// Reads a scrape of NVIDIA's dcgm-exporter, 2 to 4 (`etc/default-counters.csv`,
    /// `internal/pkg/rendermetrics`).
    ///
    /// `*_UTIL` are percentages, `DCGM_FI_PROF_*` are ratios. A MIG instance repeats its parent's UUID: it is
    /// a row of its own, with what the exporter tells of the instance; power, clocks and temperature are its
    /// parent's.
    package static func readDCGM(_ text: MetricsText) -> [GPUReading] {
        var rows = GPURows(text: text)
        rows.each("DCGM_FI_DEV_FB_USED") { $0.memoryUsedBytes = $1 * mebibyte }
        rows.each("DCGM_FI_DEV_FB_RESERVED") { $0.memoryReservedBytes = $1 * mebibyte }
        rows.each("DCGM_FI_DEV_FB_TOTAL") { $0.memoryTotalBytes = $1 * mebibyte }
        var free = GPURows(text: text)
        free.each("DCGM_FI_DEV_FB_FREE") { $0.memoryTotalBytes = $1 * mebibyte }
        rows.each("DCGM_FI_DEV_GPU_UTIL") { $0.utilization = $1 / 100 }
        // The better measure of busy where it is exported.
        rows.each("DCGM_FI_PROF_GR_ENGINE_ACTIVE") { $0.utilization = $1 }
        rows.each("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE") { $0.tensorActive = $1 }
        rows.each("DCGM_FI_DEV_MEM_COPY_UTIL") { $0.memoryActive = $1 / 100 }
        rows.each("DCGM_FI_PROF_DRAM_ACTIVE") { $0.memoryActive = $1 }
        rows.each("DCGM_FI_DEV_POWER_USAGE") { $0.powerWatts = $1 }
        rows.each("DCGM_FI_DEV_POWER_MGMT_LIMIT") { $0.powerLimitWatts = $1 }
        rows.each("DCGM_FI_DEV_GPU_TEMP") { $0.temperatureCelsius = $1 }
        rows.each("DCGM_FI_DEV_MEMORY_TEMP") { $0.memoryTemperatureCelsius = $1 }
        rows.each("DCGM_FI_DEV_SM_CLOCK") { $0.smClockMHz = $1 }
        rows.each("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION") { $0.energyJoules = $1 / 1000 }
        // A gauge that holds the last number, not a count.
        rows.each("DCGM_FI_DEV_XID_ERRORS") { $0.lastXid = Int(exactly: $1) }
        rows.each("DCGM_FI_DEV_CLOCK_THROTTLE_REASONS") { $0.throttleReasons = Int(exactly: $1) }
        // The same under the name that later exporters give it.
        rows.each("DCGM_FI_DEV_CLOCKS_EVENT_REASONS") { $0.throttleReasons = Int(exactly: $1) }
        rows.each("DCGM_FI_DEV_ECC_DBE_VOL_TOTAL") { $0.uncorrectedErrors = $1 }
        rows.each("DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS") { $0.remappedRows = $1 }
        return rows.finished(free: free)
    }

    static let mebibyte = 1_048_576.0
}

/// GPUs of a DCGM scrape, joined by UUID and instance, in the order of the text.
private struct GPURows {
    let text: MetricsText
    private var places: [String: Int] = [:]
    private var readings: [GPUReading] = []

    init(text: MetricsText) { self.text = text }

    /// Applies every finite row of a metric to its GPU.
    mutating func each(_ name: String, _ apply: (inout GPUReading, Double) -> Void) {
        for sample in text.indices(of: name) where text.samples[sample].value.isFinite {
            if let row = row(of: sample) { apply(&readings[row], text.samples[sample].value) }
        }
    }

    /// Total memory is not exported by default: used, free and reserved add up to it.
    func finished(free: GPURows) -> [GPUReading] {
        var all = readings
        for (key, index) in places where all[index].memoryTotalBytes == nil {
            guard let used = all[index].memoryUsedBytes, let row = free.places[key],
                let free = free.readings[row].memoryTotalBytes
            else { continue }
            all[index].memoryTotalBytes = used + free + (all[index].memoryReservedBytes ?? 0)
        }
        return all
    }

    /// nil for a row that names no GPU.
    private mutating func row(of sample: Int) -> Int? {
        let uuid = text.label("UUID", ofSample: sample)
        let index = text.label("gpu", ofSample: sample)
        guard uuid != nil || index != nil else { return nil }
        let instance = text.label("GPU_I_ID", ofSample: sample)
        // Where a row has no UUID the host's index must do, told apart by host (spelt both ways).
        let host = text.label("Hostname", ofSample: sample) ?? text.label("hostname", ofSample: sample)
        let key = "\(uuid ?? "\(host ?? "") \(index ?? "")")/\(instance ?? "")"
        if let known = places[key] { return known }
        var reading = GPUReading()
        reading.uuid = uuid
        reading.index = index.flatMap { Int($0) }
        reading.name = text.label("modelName", ofSample: sample)
        if let instance, !instance.isEmpty {
            reading.migInstance = "\(text.label("GPU_I_PROFILE", ofSample: sample) ?? "MIG")#\(instance)"
        }
        places[key] = readings.count
        readings.append(reading)
        return readings.count - 1
    }
}
