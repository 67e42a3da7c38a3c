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
            repeat {
                let result = read()
                let instant = Double(MonotonicClock.now()) / 1e9
                for node in nodes { publish(NodeReading(node: node, instant: instant, gpus: result)) }
            } while local.isStopped.wait(timeout: .now() + intervalSeconds) == .timedOut
            local.ended.signal()
        }
        return local
    }

    func stop() {
        isStopped.signal()
        ended.wait()
    }

    static func read() -> Result<[GPUReading], CollectionFailure> {
        do {
            return .success(try NvidiaSMI.run())
        } catch { return .failure(error) }
    }
}
