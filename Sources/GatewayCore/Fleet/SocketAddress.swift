/// Where a stream socket listens or connects.
package enum SocketAddress: Sendable, Equatable, Hashable {
    /// - octets: most significant first, 4 or 16 of them.
    case ip(octets: [UInt8], port: UInt16)
    case unix(path: String)
}
