import GatewayCore
import Synchronization

/// Tells a loop on another thread to end, and wakes it.
package final class StopSignal: Sendable {
    private let flag = Atomic(false)
    private let waker = Waker()

    package init() {}
    package var isRequested: Bool { flag.load(ordering: .acquiring) }
    package func request() {
        flag.store(true, ordering: .releasing)
        waker.wake()
    }
    var fd: Int32 { waker.fd }
}
