import GatewayCore

extension GPUReading {
    /// Reads a scrape of AMD's device-metrics-exporter (ROCm/device-metrics-exporter v1.5, `docs/`): memory
    /// in MB, activity in percent, energy in microjoules; labels in capitals in older builds. A prefix that
    /// an operator configured (`amd_`) is taken off.
    package static func readAMD(_ text: MetricsText) -> [GPUReading] {
        let prefix = text.hasName(prefix: "amd_gpu_") ? "amd_" : ""
        var rows = AMDRows(text: text)
        rows.each(prefix, ["gpu_total_vram", "gpu_total_memory"]) { $0.memoryTotalBytes = $1 * 1e6 }
        rows.each(prefix, ["gpu_used_vram", "gpu_used_memory"]) { $0.memoryUsedBytes = $1 * 1e6 }
        rows.each(prefix, ["gpu_gfx_activity", "gpu_usage"]) { $0.utilization = $1 / 100 }
        rows.each(prefix, ["gpu_umc_activity"]) { $0.memoryActive = $1 / 100 }
        rows.each(prefix, ["gpu_package_power", "gpu_average_package_power", "gpu_power_usage"]) {
            $0.powerWatts = $1
        }
        rows.each(prefix, ["gpu_junction_temperature", "gpu_edge_temperature"]) { $0.temperatureCelsius = $1 }
        rows.each(prefix, ["gpu_memory_temperature"]) { $0.memoryTemperatureCelsius = $1 }
        rows.each(prefix, ["gpu_energy_consumed"]) { $0.energyJoules = $1 / 1e6 }
        return rows.readings
    }

    /// Whether a scrape comes from AMD's exporter.
    static func speaksAMD(_ text: MetricsText) -> Bool {
        let names = ["gpu_power_usage", "gpu_package_power", "gpu_average_package_power", "gpu_total_vram"]
        return names.contains { text.has($0) || text.has("amd_" + $0) }
    }
}

/// GPUs of an AMD scrape by UUID and partition, in the order of the text.
private struct AMDRows {
    let text: MetricsText
    private var places: [String: Int] = [:]
    private(set) var readings: [GPUReading] = []

    init(text: MetricsText) { self.text = text }

    /// Applies the first of `names` that the scrape has.
    mutating func each(_ prefix: String, _ names: [String], _ apply: (inout GPUReading, Double) -> Void) {
        guard let name = names.map({ prefix + $0 }).first(where: text.has) else { return }
        for sample in text.indices(of: name) where text.samples[sample].value.isFinite {
            apply(&readings[row(of: sample)], text.samples[sample].value)
        }
    }

    private func label(_ name: String, _ sample: Int) -> String? {
        text.label(name, ofSample: sample) ?? text.label(name.uppercased(), ofSample: sample)
    }

    private mutating func row(of sample: Int) -> Int {
        let uuid = label("gpu_uuid", sample)
        let index = label("gpu_id", sample)
        let partition = label("gpu_partition_id", sample)
        let key = "\(uuid ?? index ?? label("serial_number", sample) ?? "")/\(partition ?? "")"
        if let known = places[key] { return known }
        var reading = GPUReading()
        reading.uuid = uuid
        reading.index = index.flatMap { Int($0) }
        reading.name = label("card_model", sample)
        places[key] = readings.count
        readings.append(reading)
        return readings.count - 1
    }
}
