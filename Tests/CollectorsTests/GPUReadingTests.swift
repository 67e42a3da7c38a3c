import Foundation
import GatewayCore
import TestSupport
import Testing

@testable import Collectors

private let mebibyte = 1_048_576.0

@Suite(.enabled(if: Captures.present)) struct GPUCaptureTests {
    private func read(_ path: String) throws -> [GPUReading] {
        try GPUReading.read(Captures.text(path), from: "http://node:9400/metrics")
    }

    @Test func `a Tesla T4 of dcgm-exporter 2, and a second GPU with a stated total`() throws {
        let gpus = try read("metrics/dcgm-2-tesla-t4.txt")
        let first = try #require(gpus.first { $0.uuid == "GPU-20c56d28-0da5-6d26-a36a-e7af1ce2586e" })
        #expect(first.smClockMHz == 300)
        #expect(first.temperatureCelsius == 25)
        #expect(first.powerWatts == 8.969)
        #expect(first.memoryUsedBytes == 0)
        #expect(first.memoryTotalBytes == 15109 * mebibyte)
        #expect(first.lastXid == 0)
        #expect(first.name == "Tesla T4")
        let second = try #require(gpus.first { $0.uuid == "GPU-9ef1b6d0-3643-5dd7-b823-c0ec20dcf2d5" })
        #expect(second.memoryTotalBytes == 15109 * mebibyte)
        #expect(second.throttleReasons == 1)
        #expect(gpus.count == 2)
    }

    @Test func `a MIG instance is a row of its own beside its parent`() throws {
        let gpus = try read("metrics/dcgm-2-a100-mig-excerpt.txt")
        #expect(gpus.count == 2)
        let parent = try #require(gpus.first { $0.migInstance == nil })
        #expect(parent.memoryUsedBytes == 4845 * mebibyte)
        #expect(parent.memoryTotalBytes == (4845 + 35690) * mebibyte)
        #expect(parent.powerWatts == 409.692)
        let instance = try #require(gpus.first { $0.migInstance == "1g.5gb#13" })
        #expect(instance.uuid == parent.uuid)
        #expect(instance.utilization == 0.995687)
        #expect(instance.tensorActive == 0.930433)
        #expect(instance.memoryActive == 0.800339)
        #expect(instance.memoryTotalBytes == nil)
        #expect(instance.powerWatts == nil)
        #expect(instance.smClockMHz == nil)
    }

    @Test func `an L4 with reserved memory and profiling`() throws {
        let gpu = try #require(try read("metrics/dcgm-4-l4-profiling.txt").first)
        #expect(gpu.memoryTotalBytes == 23033 * mebibyte)
        #expect(gpu.memoryReservedBytes == 470 * mebibyte)
        #expect(gpu.powerWatts == 16.365)
        #expect(gpu.energyJoules == 4742.776)
        #expect(gpu.name == "NVIDIA L4")
        #expect(gpu.remappedRows == 0)
        #expect(gpu.uncorrectedErrors == nil && gpu.throttleReasons == nil)
        #expect(gpu.index == 0)
    }

    @Test(arguments: [
        ("metrics/dcgm-4-8xh100-dynamo-pod-excerpt.txt", 588.149),
        ("metrics/dcgm-4-8xh100-pod-uid-excerpt.txt", 583.767),
    ])
    func `eight H100, whatever pod labels some of them carry`(path: String, watts: Double) throws {
        let gpus = try read(path)
        #expect(gpus.count == 8)
        #expect(abs(gpus.compactMap(\.powerWatts).reduce(0, +) - watts) < 0.0005)
        #expect(gpus.map(\.index) == (0..<8).map { $0 })
        #expect(gpus[7].memoryTotalBytes == nil)
    }

    @Test func `AMD's exporter with labels in capitals`() throws {
        let gpus = try read("metrics/amd/device-metrics-exporter-mini.txt")
        #expect(gpus.count == 1)
        #expect(gpus[0].uuid == "6699c0a8-4200-4242-037f-f97e6cae0f09")
        #expect(gpus[0].powerWatts == 41)
        #expect(gpus[0].memoryTotalBytes == 68702e6)
        #expect(gpus[0].utilization == 0)
        #expect(gpus[0].memoryUsedBytes == nil)
    }

    @Test func `an engine's scrape is no GPU exporter`() throws {
        #expect(throws: CollectionFailure.self) { try read("metrics/vllm-0.24-single-engine.txt") }
    }

    /// The line that our own query would have had from these machines, cut out of the wide captures.
    private func smi(_ file: String, state: String) throws -> String {
        let text = try #require(String(bytes: Captures.bytes("metrics/nvidia-smi/" + file), encoding: .utf8))
        let lines = text.components(separatedBy: "\n")
        let start = try #require(lines.firstIndex { $0.hasPrefix("# \(state) :: query-gpu") })
        let header = try #require(lines[start...].first { $0.hasPrefix("timestamp, ") }).components(
            separatedBy: ", ")
        let row = try #require(lines[start...].first { $0.hasPrefix("2026/") }).components(separatedBy: ", ")
        try #require(header.count == row.count)
        let cells = try NvidiaSMI.fields.map { field in
            // Drivers from 535 on answer to the old name and print the new one.
            let printed = field.replacingOccurrences(
                of: "clocks_throttle_reasons", with: "clocks_event_reasons")
            let column = try #require(header.firstIndex { $0 == printed || $0.hasPrefix(printed + " [") })
            return row[column].components(separatedBy: " ").first.flatMap(Double.init).map { "\($0)" }
                ?? row[column]
        }
        return cells.joined(separator: ", ") + "\n"
    }

    @Test func `nvidia-smi hides utilisation where MIG is on`() throws {
        let gpu = try #require(
            NvidiaSMI.parse(smi("linux-x86_64__nvidia-h100-mig__590.48.01.txt", state: "load")).first)
        #expect(gpu.memoryTotalBytes == 81559 * mebibyte)
        #expect(gpu.memoryUsedBytes == 11125 * mebibyte)
        #expect(gpu.memoryReservedBytes == (81559 - 11125 - 69956) * mebibyte)
        #expect(gpu.utilization == nil)
        #expect(gpu.powerWatts == 433.78)
        #expect(gpu.powerLimitWatts == 700)
        #expect(gpu.temperatureCelsius == 53)
        #expect(gpu.memoryTemperatureCelsius == 59)
        #expect(gpu.smClockMHz == 1980)
        #expect(gpu.throttleReasons == 0)
    }

    @Test func `nvidia-smi of whole GPUs`() throws {
        for file in Captures.names(in: "metrics/nvidia-smi") where file.hasPrefix("linux") {
            let gpu = try #require(NvidiaSMI.parse(smi(file, state: "idle")).first)
            #expect(gpu.index == 0)
            #expect(gpu.uuid?.hasPrefix("GPU-") == true)
            #expect((gpu.memoryTotalBytes ?? 0) > 16000 * mebibyte)
            #expect(gpu.throttleReasons == 1, "idle")
        }
    }
}

@Suite struct DCGMDialectTests {
    @Test(arguments: ["Hostname", "hostname"])
    func `rows without a UUID are told apart by their host, however that is spelt`(label: String) throws {
        let gpus = GPUReading.readDCGM(
            try parse(
                """
                DCGM_FI_DEV_GPU_UTIL{gpu="0",\(label)="a"} 10
                DCGM_FI_DEV_GPU_UTIL{gpu="0",\(label)="b"} 20
                DCGM_FI_DEV_GPU_TEMP{gpu="0",\(label)="b"} 50
                DCGM_FI_DEV_GPU_TEMP 1

                """))
        #expect(gpus.map(\.utilization) == [0.1, 0.2])
        #expect(gpus.map(\.temperatureCelsius) == [nil, 50])
    }

    @Test func `a ratio is a ratio, a percentage is one, and the last Xid is a number`() throws {
        let gpu = GPUReading.readDCGM(
            try parse(
                """
                DCGM_FI_DEV_GPU_UTIL{UUID="a"} 90
                DCGM_FI_PROF_GR_ENGINE_ACTIVE{UUID="a"} 0.85
                DCGM_FI_DEV_MEM_COPY_UTIL{UUID="a"} 40
                DCGM_FI_DEV_XID_ERRORS{UUID="a",err_msg="x"} 79

                """))
        #expect(gpu.map(\.utilization) == [0.85])
        #expect(gpu.map(\.memoryActive) == [0.4])
        #expect(gpu.map(\.lastXid) == [79])
    }
}

@Suite struct NvidiaSMITests {
    @Test func `an answer of another shape names the line and the command`() {
        #expect { try NvidiaSMI.parse("0, GPU-1\n") } throws: { error in
            (error as? CollectionFailure)?.message.hasPrefix(
                "nvidia-smi, line 1: expected 15 values, found 2") == true
        }
        #expect { try NvidiaSMI.parse("0, GPU-1, X, much, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0x0, 1\n") } throws: {
            error in
            (error as? CollectionFailure)?.message
                == "nvidia-smi, line 1: memory.total is \"much\", which is not a number"
        }
    }

    @Test func `no GPU is an empty list`() throws {
        #expect(try NvidiaSMI.parse("").isEmpty)
    }
}
