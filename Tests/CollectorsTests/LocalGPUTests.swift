import Foundation
import GatewayCore
import Testing

@testable import Collectors

/// A library with NVML's entry points and two made-up GPUs; the second supports little.
private let standIn = """
    #include <string.h>
    typedef struct { int id; } dev; static dev devs[2] = {{0},{1}};
    typedef struct { unsigned version; unsigned long long total, reserved, free, used; } mem;
    typedef struct { unsigned gpu, memory; } util;
    static int ready;
    int nvmlInit_v2(void) { ready = 1; return 0; }
    int nvmlShutdown(void) { ready = 0; return 0; }
    int nvmlDeviceGetCount_v2(unsigned *n) { if (!ready) return 1; *n = 3; return 0; }
    int nvmlDeviceGetHandleByIndex_v2(unsigned i, dev **d) { if (i > 1) return 15; *d = &devs[i]; return 0; }
    int nvmlDeviceGetUUID(dev *d, char *b, unsigned n) { strncpy(b, d->id ? "GPU-b" : "GPU-a", n); return 0; }
    int nvmlDeviceGetName(dev *d, char *b, unsigned n) { strncpy(b, "Stand-in", n); return 0; }
    int nvmlDeviceGetMemoryInfo_v2(dev *d, mem *m) {
        if (m->version != (sizeof(mem) | 2 << 24)) return 25;
        m->total = 80ULL << 30; m->reserved = 1ULL << 30; m->used = 20ULL << 30; m->free = 59ULL << 30; return 0; }
    int nvmlDeviceGetUtilizationRates(dev *d, util *u) { if (d->id) return 3; u->gpu = 75; u->memory = 50; return 0; }
    int nvmlDeviceGetPowerUsage(dev *d, unsigned *v) { if (d->id) return 3; *v = 412500; return 0; }
    int nvmlDeviceGetEnforcedPowerLimit(dev *d, unsigned *v) { *v = 700000; return 0; }
    int nvmlDeviceGetTemperature(dev *d, int kind, unsigned *v) { if (kind) return 2; *v = 61; return 0; }
    int nvmlDeviceGetClockInfo(dev *d, int kind, unsigned *v) { *v = kind == 1 ? 1980 : 1; return 0; }
    int nvmlDeviceGetCurrentClocksThrottleReasons(dev *d, unsigned long long *v) { *v = 4; return d->id ? 3 : 0; }
    int nvmlDeviceGetTotalEccErrors(dev *d, int type, int since, unsigned long long *v) {
        if (d->id) return 3; *v = type == 1 && since == 0 ? 2 : 99; return 0; }
    """

@Suite struct LocalGPUTests {
    private func run(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    @Test func `NVML is read by its entry points, and what a GPU lacks is unknown`() throws {
        try withFolder { folder in
            let source = folder.appendingPathComponent("nvml.c")
            let library = folder.appendingPathComponent("libnvidia-ml.so.1")
            try standIn.write(to: source, atomically: true, encoding: .utf8)
            try run("/usr/bin/env", ["cc", "-shared", "-fPIC", "-o", library.path, source.path])
            let gpus = try NVMLLibrary(path: library.path).read()
            #expect(gpus.map(\.uuid) == ["GPU-a", "GPU-b"])
            #expect(gpus[0].name == "Stand-in")
            #expect(gpus[0].memoryTotalBytes == 85_899_345_920)
            #expect(gpus[0].memoryUsedBytes == 21_474_836_480)
            #expect(gpus[0].memoryReservedBytes == 1_073_741_824)
            #expect(gpus[0].utilization == 0.75)
            #expect(gpus[0].memoryActive == 0.5)
            #expect(gpus[0].powerWatts == 412.5)
            #expect(gpus[0].powerLimitWatts == 700)
            #expect(gpus[0].temperatureCelsius == 61)
            #expect(gpus[0].smClockMHz == 1980)
            // Not in this library at all.
            #expect(gpus[0].energyJoules == nil)
            #expect(gpus[0].throttleReasons == 4)
            #expect(gpus[0].uncorrectedErrors == 2)
            #expect(gpus[1].throttleReasons == nil)
            #expect(gpus[1].uncorrectedErrors == nil)
            #expect(gpus[1].utilization == nil)
            #expect(gpus[1].powerWatts == nil)
            #expect(gpus[1].memoryTotalBytes == 85_899_345_920)
            var local = LocalGPUSource(libraryPath: library.path, program: "/nonexistent")
            #expect(try local.read().get().count == 2)
        }
    }

    @Test func `without NVML nvidia-smi is asked`() throws {
        try withFolder { folder in
            let program = folder.appendingPathComponent("nvidia-smi")
            let row =
                "0, GPU-a, X, 100, 40, 50, 7, [N/A], 50, [N/A], 100.5, 300.00, 1500, 0x0000000000000024, [N/A]"
            try "#!/bin/sh\nprintf '%s\\n' '\(row)'\n".write(to: program, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
            var local = LocalGPUSource(libraryPath: "libnone-such.so", program: program.path)
            let gpus = try local.read().get()
            #expect(gpus.count == 1)
            #expect(gpus[0].memoryUsedBytes == 41_943_040)
            #expect(gpus[0].memoryReservedBytes == 10_485_760)
            #expect(gpus[0].utilization == 0.07)
            #expect(gpus[0].memoryActive == nil)
            #expect(gpus[0].powerWatts == 100.5)
            #expect(gpus[0].throttleReasons == 0x24)
            #expect(gpus[0].uncorrectedErrors == nil)
        }
    }

    @Test func `with neither, both are named`() {
        var local = LocalGPUSource(libraryPath: "libnone-such.so", program: "/none/such")
        guard case .failure(let failure) = local.read() else {
            Issue.record("there is no such library")
            return
        }
        #expect(failure.message.contains("libnone-such.so can't be opened"))
        #expect(failure.message.contains("/none/such does not run"))
    }
}
