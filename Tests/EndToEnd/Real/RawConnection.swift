import Foundation
import Glibc
import Synchronization

/// A TCP connection on loopback: whole writes, reads with a deadline, a hang-up when the test wants it.
final class RawConnection: Sendable {
    struct Failure: Error { let what: String }

    private let fd: Int32
    private let isOpen = Mutex(true)

    init(adopting fd: Int32) {
        self.fd = fd
        var one: Int32 = 1
        setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    convenience init(port: UInt16) throws {
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(port: port)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            Glibc.close(fd)
            throw Failure(what: "nobody accepts on port \(port)")
        }
        self.init(adopting: fd)
    }

    deinit { hangUp() }

    func hangUp() {
        isOpen.withLock {
            if $0 { Glibc.close(fd) }
            $0 = false
        }
    }

    /// False when the other side is gone.
    @discardableResult
    func send(_ bytes: some Collection<UInt8>) -> Bool {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let n = rest.withUnsafeBytes { Glibc.send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard n > 0 else { return false }
            rest = rest.dropFirst(n)
        }
        return true
    }

    /// What has come; empty: the other side closed; nil: nothing came in time.
    func receive(seconds: Double) -> [UInt8]? {
        var entry = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, Int32(seconds * 1000)) > 0 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let n = recv(fd, &buffer, buffer.count, 0)
        return n > 0 ? Array(buffer[..<n]) : []
    }

    /// Everything until the other side closes; throws after `seconds` of silence.
    func receiveAll(seconds: Double) throws -> [UInt8] {
        var all: [UInt8] = []
        while true {
            guard let more = receive(seconds: seconds) else {
                throw Failure(what: "nothing came for \(seconds) s after \(all.count) bytes")
            }
            if more.isEmpty { return all }
            all += more
        }
    }

    /// Reads until `text` has come `count` times.
    func receive(until text: String, count: Int = 1, seconds: Double) throws -> [UInt8] {
        var all: [UInt8] = []
        while String(decoding: all, as: UTF8.self).components(separatedBy: text).count <= count {
            guard let more = receive(seconds: seconds), !more.isEmpty else {
                throw Failure(what: "`\(text)` did not come \(count) times in \(all.count) bytes")
            }
            all += more
        }
        return all
    }
}

func loopback(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
}

/// CLOCK_MONOTONIC in seconds, as Python's `time.monotonic()` tells it.
func monotonicSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
