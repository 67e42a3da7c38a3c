import Foundation
import GatewayCore

/// `nvidia-smi --query-gpu` as a source of readings for GPUs of this machine.
package enum NvidiaSMI {
    /// The fields asked for, in this order; all known since driver 470, since one unknown field fails the
    /// query.
    static let fields = [
        "index", "uuid", "name", "memory.total", "memory.used", "memory.free", "utilization.gpu",
        "utilization.memory", "temperature.gpu", "temperature.memory", "power.draw", "enforced.power.limit",
        "clocks.current.sm", "clocks_throttle_reasons.active", "ecc.errors.uncorrected.volatile.total",
    ]

    package static let arguments = [
        "--query-gpu=" + fields.joined(separator: ","), "--format=csv,noheader,nounits",
    ]

    /// Reads its answer. `[N/A]` and other bracketed excuses are what the driver does not tell.
    package static func parse(_ output: String) throws(CollectionFailure) -> [GPUReading] {
        var readings: [GPUReading] = []
        for (number, line) in output.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(trimmed)
            if cells.count == 1, cells[0].isEmpty { continue }
            guard cells.count == fields.count else {
                throw CollectionFailure(
                    "nvidia-smi, line \(number + 1): expected \(fields.count) values, found \(cells.count) "
                        + "(\"\(printable(line))\"): run nvidia-smi by hand"
                )
            }
            readings.append(try reading(cells, line: number + 1))
        }
        return readings
    }

    /// Runs it and waits for its answer; it blocks while the driver does.
    /// - Parameter program: its path.
    package static func run(_ program: String = "/usr/bin/nvidia-smi") throws(CollectionFailure)
        -> [GPUReading]
    {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        do {
            try process.run()
        } catch {
            throw CollectionFailure(
                "\(program) does not run: install NVIDIA's driver, or give a GPU metrics URL")
        }
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(decoding: bytes, as: UTF8.self)
        guard process.terminationStatus == 0 else {
            throw CollectionFailure(
                "nvidia-smi ended with status \(process.terminationStatus) (\(printable(text.prefix(60)))): "
                    + "run it by hand")
        }
        return try parse(text)
    }

    private static func reading(_ cells: [String], line: Int) throws(CollectionFailure) -> GPUReading {
        var values: [String: Double] = [:]
        for (field, cell) in zip(fields, cells) where field != "uuid" && field != "name" {
            if cell.hasPrefix("[") || cell == "N/A" { continue }
            guard let value = number(cell) else {
                throw CollectionFailure(
                    "nvidia-smi, line \(line): \(field) is \"\(printable(cell[...]))\", which is not a number"
                )
            }
            values[field] = value
        }
        var reading = GPUReading()
        reading.index = values["index"].flatMap { Int(exactly: $0) }
        reading.uuid = cells[1].hasPrefix("[") ? nil : cells[1]
        reading.name = cells[2].hasPrefix("[") ? nil : cells[2]
        let bytes = { (field: String) in values[field].map { $0 * GPUReading.mebibyte } }
        reading.memoryTotalBytes = bytes("memory.total")
        reading.memoryUsedBytes = bytes("memory.used")
        // What is neither used nor free the driver keeps for itself; the field of its own is newer (510).
        if let total = bytes("memory.total"), let used = bytes("memory.used"), let free = bytes("memory.free")
        {
            reading.memoryReservedBytes = max(0, total - used - free)
        }
        reading.utilization = values["utilization.gpu"].map { $0 / 100 }
        reading.memoryActive = values["utilization.memory"].map { $0 / 100 }
        reading.temperatureCelsius = values["temperature.gpu"]
        reading.memoryTemperatureCelsius = values["temperature.memory"]
        reading.powerWatts = values["power.draw"]
        reading.powerLimitWatts = values["enforced.power.limit"]
        reading.smClockMHz = values["clocks.current.sm"]
        reading.throttleReasons = values["clocks_throttle_reasons.active"].flatMap { Int(exactly: $0) }
        reading.uncorrectedErrors = values["ecc.errors.uncorrected.volatile.total"]
        return reading
    }

    /// "1980", "588.15", or the bits of a mask: "0x0000000000000004".
    private static func number(_ cell: String) -> Double? {
        guard cell.hasPrefix("0x") else { return Double(cell) }
        return UInt64(cell.dropFirst(2), radix: 16).map { Double($0) }
    }

    private static func trimmed(_ text: Substring) -> String {
        var part = text
        while let first = part.first, first == " " || first == "\r" { part.removeFirst() }
        while let last = part.last, last == " " || last == "\r" { part.removeLast() }
        return String(part)
    }

    private static func printable(_ text: Substring) -> String {
        String(
            text.unicodeScalars.prefix(60).map { $0.value >= 0x20 && $0.value < 0x7f ? Character($0) : "?" })
    }
}
