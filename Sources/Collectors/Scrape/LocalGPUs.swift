import Dispatch
import Foundation
import GatewayCore
import Synchronization

/// Reads this machine's NVIDIA GPUs on a thread of its own, since drivers block.
final class LocalGPUs: Sendable {
    private let isStopped = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    /// - Parameter nodes: the nodes that run on these GPUs; each gets the reading.
    static func start(
        nodes: [String], intervalSeconds: Double, publish: @escaping @Sendable (NodeReading) -> Void
    ) -> LocalGPUs {
        let local = LocalGPUs()
        Thread.detachNewThread {
            var source = LocalGPUSource()
            repeat {
                let result = source.read()
                let instant = Double(MonotonicClock.now()) / 1e9
                for node in nodes { publish(NodeReading(node: node, instant: instant, gpus: result)) }
            } while local.isStopped.wait(timeout: .now() + intervalSeconds) == .timedOut
            local.ended.signal()
        }
        return local
    }

    /// Waits for the reading under way, but not for a driver that hangs.
    func stop() {
        isStopped.signal()
        _ = ended.wait(timeout: .now() + 3)
    }
}

/// NVML where it opens, else nvidia-smi.
struct LocalGPUSource: ~Copyable {
    private var library: NVMLLibrary?
    private let libraryPath: String
    private let program: String

    init(libraryPath: String = "libnvidia-ml.so.1", program: String = "/usr/bin/nvidia-smi") {
        self.libraryPath = libraryPath
        self.program = program
    }

    mutating func read() -> Result<[GPUReading], CollectionFailure> {
        do {
            if library == nil { library = try NVMLLibrary(path: libraryPath) }
            if let found = try library?.read() { return .success(found) }
        } catch {
            // It may be opened anew when the driver comes back.
            library = nil
            return readByProgram(instead: error)
        }
        return .success([])
    }

    private func readByProgram(instead first: CollectionFailure) -> Result<[GPUReading], CollectionFailure> {
        do {
            return .success(try NvidiaSMI.run(program))
        } catch { return .failure(CollectionFailure("\(first.message); \(error.message)")) }
    }
}
