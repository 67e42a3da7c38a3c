import Foundation
import GatewayCore
import Synchronization

/// Addresses of host names, looked up on threads of their own and again every 30 s, so that no loop waits for
/// a name server and a moved node is found.
final class NameBook: Sendable {
    enum Entry: Equatable {
        case known([SocketAddress])
        /// The first look-up is under way.
        case pending
    }

    /// Seconds until a name is looked up again.
    static let refreshInterval = 30.0
    /// Look-ups at once; a name server that hangs holds no more threads than this.
    static let lookupLimit = 16

    private struct Record {
        var addresses: [SocketAddress]?
        var askedAt: Double
        var isAsking: Bool
    }

    private let records = Mutex<[String: Record]>([:])
    private let lookUp: @Sendable (String, UInt16) -> [SocketAddress]

    init(lookUp: @escaping @Sendable (String, UInt16) -> [SocketAddress] = SocketAddress.resolve) {
        self.lookUp = lookUp
    }

    /// Never blocks. A name that is unknown to the name server has no addresses.
    func addresses(of url: EngineURL, at now: Double) -> Entry {
        if let numeric = SocketAddress(numeric: url.host, port: url.port) { return .known([numeric]) }
        let (entry, mustAsk) = records.withLock { records -> (Entry, Bool) in
            var record =
                records[url.authority] ?? Record(addresses: nil, askedAt: -.infinity, isAsking: false)
            let isDue = !record.isAsking && now - record.askedAt >= Self.refreshInterval
            let mustAsk = isDue && records.values.count(where: \.isAsking) < Self.lookupLimit
            if mustAsk {
                record.isAsking = true
                record.askedAt = now
            }
            records[url.authority] = record
            return (record.addresses.map(Entry.known) ?? .pending, mustAsk)
        }
        if mustAsk { ask(url) }
        return entry
    }

    private func ask(_ url: EngineURL) {
        Thread.detachNewThread { [self] in
            let found = lookUp(url.host, url.port)
            records.withLock { records in
                records[url.authority]?.isAsking = false
                // A failed look-up does not take away an address that worked.
                if !found.isEmpty || records[url.authority]?.addresses == nil {
                    records[url.authority]?.addresses = found
                }
            }
        }
    }
}
