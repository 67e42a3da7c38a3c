import Foundation
import Glibc
import Synchronization

/// An upstream whose every byte the test chooses: a thread for each connection, one request on each.
final class RawServer: Sendable {
    struct Request: Sendable {
        var head: String
        var body: [UInt8]

        var path: String { String(head.split(separator: " ").dropFirst().first ?? "") }
        var isPost: Bool { head.hasPrefix("POST ") }

        func header(_ name: String) -> String? {
            head.components(separatedBy: "\r\n").first { $0.lowercased().hasPrefix(name + ":") }
                .map { String($0.dropFirst(name.count + 1)).trimmingCharacters(in: .whitespaces) }
        }
    }

    let port: UInt16
    private let listener: Int32
    private let seen = Mutex<[Request]>([])

    var url: String { "http://127.0.0.1:\(port)" }
    /// The POST requests so far.
    var posts: [Request] { seen.withLock { $0 } }

    /// - Parameter serve: writes the answer to a POST; GET of /health and /v1/models is answered here.
    init(model: String = "tiny", _ serve: @escaping @Sendable (Request, RawConnection) -> Void) {
        let (listener, port) = Self.listen()
        self.listener = listener
        self.port = port
        Thread.detachNewThread { [weak self] in
            while true {
                let fd = accept(listener, nil, nil)
                guard fd >= 0 else { return }
                let connection = RawConnection(adopting: fd)
                Thread.detachNewThread { [weak self] in
                    guard let request = Self.read(connection) else { return }
                    guard request.isPost else { return Self.answerGet(request, connection, model) }
                    self?.seen.withLock { $0.append(request) }
                    serve(request, connection)
                }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private static func listen() -> (Int32, UInt16) {
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                precondition(bind(fd, $0, length) == 0 && Glibc.listen(fd, 256) == 0)
                precondition(getsockname(fd, $0, &length) == 0)
            }
        }
        return (fd, UInt16(bigEndian: address.sin_port))
    }

    private static func read(_ connection: RawConnection) -> Request? {
        var bytes: [UInt8] = []
        while true {
            if let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
                var request = Request(
                    head: String(decoding: bytes[..<end.lowerBound], as: UTF8.self),
                    body: Array(bytes[end.upperBound...]))
                let length = request.header("content-length").flatMap { Int($0) } ?? 0
                while request.body.count < length {
                    guard let more = connection.receive(seconds: 10), !more.isEmpty else { return nil }
                    request.body += more
                }
                return request
            }
            guard let more = connection.receive(seconds: 60), !more.isEmpty else { return nil }
            bytes += more
        }
    }

    private static func answerGet(_ request: Request, _ connection: RawConnection, _ model: String) {
        let (status, body) =
            switch request.path {
            case "/health": ("200 OK", "")
            case "/v1/models": ("200 OK", #"{"object":"list","data":[{"id":"\#(model)","object":"model"}]}"#)
            default: ("404 Not Found", #"{"detail":"Not Found"}"#)
            }
        connection.send(
            Array(
                ("HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
                    + "Connection: close\r\n\r\n\(body)").utf8))
    }
}
