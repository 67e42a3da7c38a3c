import Foundation
import Glibc

/// One request on a connection of its own; what comes back is read whenever somebody looks.
package final class HTTPExchange {
    private let fd: Int32
    private var raw: [UInt8] = []
    private var unsent: ArraySlice<UInt8>
    /// The other side has closed, or the connection failed.
    package private(set) var isClosed = false

    /// - url: http://127.0.0.1:PORT/PATH.
    package init(_ method: String, _ url: String, body: String = "", headers: [String: String] = [:]) throws {
        guard let parts = URLComponents(string: url), let host = parts.host, let port = parts.port else {
            throw Program.Failure(description: "\(url) is no URL with host and port")
        }
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.fd = fd
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        let path =
            (parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath)
            + (parts.percentEncodedQuery.map { "?\($0)" } ?? "")
        var head = "\(method) \(path) HTTP/1.1\r\nHost: \(host):\(port)\r\nConnection: close\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if !body.isEmpty {
            head += "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
        }
        unsent = Array((head + "\r\n" + body).utf8)[...]
        guard code == 0 else { throw Program.Failure(description: "no connection to \(url)") }
        _ = fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK)
        pump()
    }

    deinit { close(fd) }

    /// Waits until there is something to read on one of them, or the time is over.
    package static func wait(for exchanges: [HTTPExchange], atMost time: Duration) {
        var waiting = exchanges.filter { !$0.isClosed }.map {
            pollfd(fd: $0.fd, events: Int16($0.unsent.isEmpty ? POLLIN : POLLIN | POLLOUT), revents: 0)
        }
        let milliseconds = (time / .milliseconds(1)).rounded(.up)
        poll(&waiting, nfds_t(waiting.count), Int32(max(0, min(milliseconds, 60_000))))
    }

    /// Sends and reads what can be sent and read now.
    package func pump() {
        while !unsent.isEmpty {
            let count = unsent.withUnsafeBytes {
                send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { break }
            unsent = unsent.dropFirst(count)
        }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !isClosed {
            let count = recv(fd, &buffer, buffer.count, 0)
            if count > 0 {
                raw += buffer[..<count]
            } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                isClosed = true
            } else if errno == EAGAIN {
                return
            }
        }
    }

    private var headEnd: Int? {
        pump()
        return Data(raw).range(of: Data("\r\n\r\n".utf8))?.upperBound
    }

    /// nil: not known yet.
    package var status: Int? {
        guard let end = headEnd else { return nil }
        return String(decoding: raw[..<end], as: UTF8.self).split(separator: " ").dropFirst().first
            .flatMap { Int($0) }
    }

    package var head: String { headEnd.map { String(decoding: raw[..<$0], as: UTF8.self) } ?? "" }

    /// What has come of the body.
    package var body: String {
        guard let end = headEnd else { return "" }
        let isChunked = head.lowercased().contains("transfer-encoding: chunked")
        return String(decoding: isChunked ? Self.unchunked(raw[end...]) : raw[end...], as: UTF8.self)
    }

    private static func unchunked(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = bytes
        var result: ArraySlice<UInt8> = []
        while let lineEnd = rest.firstIndex(of: 0x0A) {
            let line = String(decoding: rest[..<lineEnd], as: UTF8.self)
            guard let size = Int(line.trimmingCharacters(in: .whitespaces.union(.newlines)), radix: 16),
                size > 0
            else { break }
            let start = rest.index(after: lineEnd)
            result += rest[start...].prefix(size)
            rest = rest[start...].dropFirst(size + 2)
        }
        return result
    }

    /// The data of the events that have come whole.
    package var events: [String] {
        var blocks = body.components(separatedBy: "\n\n")
        blocks.removeLast()
        return blocks.compactMap { $0.hasPrefix("data: ") ? String($0.dropFirst(6)) : nil }
    }
}

/// Requests that are waited for.
package enum HTTP {
    package struct Answer: Sendable {
        package let status: Int
        package let head: String
        package let body: String
    }

    package static func get(_ url: String) async throws -> Answer { try await send("GET", url) }

    package static func post(_ url: String, _ body: String) async throws -> Answer {
        try await send("POST", url, body: body)
    }

    private static func send(_ method: String, _ url: String, body: String = "") async throws -> Answer {
        let exchange = try HTTPExchange(method, url, body: body)
        try await expectEventually("an answer from \(url)") {
            exchange.pump()
            return exchange.isClosed
        }
        return Answer(status: exchange.status ?? 0, head: exchange.head, body: exchange.body)
    }
}

/// A loopback port that is free now.
package func freePort() throws -> Int {
    let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(fd) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(fd, $0, length) == 0 && getsockname(fd, $0, &length) == 0
        }
    }
    guard code else { throw Program.Failure(description: "no free port") }
    return Int(UInt16(bigEndian: address.sin_port))
}
