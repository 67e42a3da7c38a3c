import Synchronization

/// Where other threads leave things for control.
package final class ControlInbox: Sendable {
    static let readingLimit = 65_536

    let waker = Waker()
    private let readings = Mutex<[NodeReading]>([])
    private let addresses = Mutex<[String: [SocketAddress]]>([:])
    private let stop = Mutex<StopMode?>(nil)

    package init() {}

    /// From a collector. Beyond the limit the reading is dropped: control is stuck, and the next one says the same.
    package func accept(_ reading: NodeReading) {
        readings.withLock { if $0.count < Self.readingLimit { $0.append(reading) } }
    }

    func takeReadings() -> [NodeReading] {
        readings.withLock { list in
            let all = list
            list = []
            return all
        }
    }

    /// From the resolver: the addresses of a host.
    func resolved(_ host: String, _ found: [SocketAddress]) { addresses.withLock { $0[host] = found } }

    func takeAddresses() -> [String: [SocketAddress]] {
        addresses.withLock { list in
            let all = list
            list = [:]
            return all
        }
    }

    /// From a signal.
    package func stop(_ mode: StopMode) {
        stop.withLock { $0 = mode }
        waker.wake()
    }

    func takeStop() -> StopMode? {
        stop.withLock { mode in
            let wanted = mode
            mode = nil
            return wanted
        }
    }
}
