import Foundation
import Glibc
import Synchronization

/// An HTTP server of a few lines on a free loopback port, a thread for each connection, for scraping.
final class TinyServer: Sendable {
    enum Reply: Sendable {
        /// With a Content-Length, or in two chunks.
        case page(String, status: Int = 200, headers: String = "", chunked: Bool = false, close: Bool = false)
        /// Bytes as they are.
        case raw(String, close: Bool)
        /// Nothing, ever.
        case silence
        /// One byte each 30 ms.
        case drip(String)
    }

    let port: UInt16
    private let listener: Int32
    private let answer: @Sendable (String) -> Reply
    private let seen = Mutex<[String]>([])
    private let connections = Mutex<[Int32]>([])
    private let accepted = Atomic<Int>(0)

    /// Requests so far: path, and the key where one came.
    var requests: [String] { seen.withLock { $0 } }
    var connectionCount: Int { accepted.load(ordering: .relaxed) }
    var url: String { "http://127.0.0.1:\(port)" }

    init(_ answer: @escaping @Sendable (String) -> Reply) {
        self.answer = answer
        (listener, port) = Self.listen()
        let socket = listener
        Thread.detachNewThread { [weak self] in
            while true {
                let fd = accept(socket, nil, nil)
                guard fd >= 0 else { return }
                guard let self else {
                    Glibc.close(fd)
                    return
                }
                self.accepted.add(1, ordering: .relaxed)
                self.connections.withLock { $0.append(fd) }
                Thread.detachNewThread { [weak self] in self?.serve(fd) }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        Glibc.close(listener)
    }

    /// Closes every connection that is open, as an engine does with idle ones.
    func dropConnections() {
        connections.withLock {
            for fd in $0 { shutdown(fd, Int32(SHUT_RDWR)) }
            $0 = []
        }
    }

    /// A port that nobody listens on.
    static func deadPort() -> UInt16 {
        let (fd, port) = listen()
        Glibc.close(fd)
        return port
    }

    private static func listen() -> (Int32, UInt16) {
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                precondition(bind(fd, $0, length) == 0)
                precondition(Glibc.listen(fd, 64) == 0)
                precondition(getsockname(fd, $0, &length) == 0)
            }
        }
        return (fd, UInt16(bigEndian: address.sin_port))
    }

    private func serve(_ fd: Int32) {
        defer { Glibc.close(fd) }
        var pending = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            while let end = pending.range(of: "\r\n\r\n") {
                let head = String(pending[..<end.lowerBound])
                pending = String(pending[end.upperBound...])
                let path = head.components(separatedBy: " ").dropFirst().first ?? ""
                let key = head.components(separatedBy: "\r\n").first { $0.hasPrefix("Authorization: ") }
                seen.withLock { $0.append(key.map { "\(path) \($0)" } ?? path) }
                guard send(answer(path), to: fd) else { return }
            }
            let n = read(fd, &buffer, buffer.count)
            guard n > 0 else { return }
            pending += String(decoding: buffer[..<n], as: UTF8.self)
        }
    }

    /// False when the connection is to be closed.
    private func send(_ reply: Reply, to fd: Int32) -> Bool {
        switch reply {
        case .page(let body, let status, let headers, let chunked, let close):
            var text = "HTTP/1.1 \(status) X\r\n\(headers)"
            if chunked {
                let half = body.index(body.startIndex, offsetBy: body.count / 2)
                text += "Transfer-Encoding: chunked\r\n\r\n"
                for part in [body[..<half], body[half...]] where !part.isEmpty {
                    text += String(part.utf8.count, radix: 16) + "\r\n" + part + "\r\n"
                }
                text += "0\r\n\r\n"
            } else {
                text += "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
            }
            return write(text, to: fd) && !close
        case .raw(let text, let close): return write(text, to: fd) && !close
        case .silence: return true
        case .drip(let text):
            for byte in text.utf8 {
                guard write(String(UnicodeScalar(byte)), to: fd) else { return false }
                // A byte each 30 ms, until the other side has had enough.
                var reader = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
                guard poll(&reader, 1, 30) == 0 else { return false }
            }
            return true
        }
    }

    private func write(_ text: String, to fd: Int32) -> Bool {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let n = bytes.withUnsafeBytes { Glibc.send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard n > 0 else { return false }
            bytes = bytes.dropFirst(n)
        }
        return true
    }
}
