import Foundation
import Glibc
import GatewayCore

/// A blocking TCP connection on loopback, for either side.
final class TestSocket: @unchecked Sendable {
    struct Failed: Error, CustomStringConvertible { let description: String }

    let fd: Int32
    private var input: [UInt8] = []
    private var isOpen = true

    init(owning fd: Int32) { self.fd = fd }

    /// - Parameter receiveBuffer: bytes that the kernel keeps for a reader that does not read; nil: its default.
    init(port: UInt16, receiveBuffer: Int32? = nil) throws {
        fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var size = receiveBuffer {
            setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var one: Int32 = 1
        setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        let code = withLoopback(port: port) { connect(fd, $0, $1) }
        guard code == 0 else {
            Glibc.close(fd)
            isOpen = false
            throw Failed(description: "connect to \(port): errno \(errno)")
        }
    }

    deinit { close() }

    func close() {
        if isOpen { Glibc.close(fd) }
        isOpen = false
    }

    /// Closes with a reset.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    /// False: the peer is gone.
    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var offset = 0
        while offset < bytes.count {
            let n = bytes.withUnsafeBytes {
                Glibc.send(fd, $0.baseAddress! + offset, bytes.count - offset, Int32(MSG_NOSIGNAL))
            }
            if n <= 0 { return false }
            offset += n
        }
        return true
    }

    enum Arrival { case bytes, ended, nothing }

    /// Reads what there is into the buffer, waiting at most so long.
    @discardableResult
    func fill(seconds: Double = 10) -> Arrival {
        var entry = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, Int32(seconds * 1000)) > 0 else { return .nothing }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let n = read(fd, &buffer, buffer.count)
        guard n > 0 else { return .ended }
        input.append(contentsOf: buffer[..<n])
        return .bytes
    }

    /// Whether the peer ends the connection in time; what it still sends is thrown away.
    func ends(within seconds: Double = 5) -> Bool {
        let deadline = Date().addingTimeInterval(seconds)
        while Date() < deadline {
            if case .ended = fill(seconds: 0.1) { return true }
            input = []
        }
        return false
    }

    /// Everything up to the peer's end.
    func rest(seconds: Double = 10) -> [UInt8] {
        while case .bytes = fill(seconds: seconds) {}
        return take(input.count)
    }

    func take(_ count: Int) -> [UInt8] {
        let part = Array(input.prefix(count))
        input.removeFirst(part.count)
        return part
    }

    /// So many bytes, or nil when the peer ends before.
    func exactly(_ count: Int, seconds: Double = 10) -> [UInt8]? {
        while input.count < count { guard case .bytes = fill(seconds: seconds) else { return nil } }
        return take(count)
    }

    /// Text up to and with `mark`; nil when the peer ends before.
    func through(_ mark: String, seconds: Double = 10) -> String? {
        end(of: mark, seconds: seconds).map { String(decoding: take($0), as: UTF8.self) }
    }

    /// Waits until the mark has come, and leaves it; nil: it does not come.
    func end(of mark: String, seconds: Double = 10) -> Int? {
        let wanted = Array(mark.utf8)
        while true {
            if let range = input.firstRange(of: wanted) { return range.upperBound }
            guard case .bytes = fill(seconds: seconds) else { return nil }
        }
    }

    var pending: [UInt8] { input }
}

func withLoopback<R>(port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}

/// The port that a listener got.
func boundPort(of fd: Int32) -> UInt16 {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            precondition(getsockname(fd, $0, &length) == 0)
        }
    }
    return UInt16(bigEndian: address.sin_port)
}
