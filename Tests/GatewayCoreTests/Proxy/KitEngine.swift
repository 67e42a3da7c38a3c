import Foundation
import Glibc
import GatewayCore
import Synchronization

/// What an engine was asked.
struct SeenRequest: Sendable {
    var method = ""
    var target = ""
    var head = ""
    /// At most the first MiB of it.
    var body = ""
    var bodyBytes = 0
    /// Numbers the engine's connections from 0.
    var connection = 0

    func header(_ name: String) -> String? { headerValue(name, in: head) }
}

/// The engine's end of a connection, in its script's hands.
final class EngineSide: @unchecked Sendable {
    let socket: TestSocket
    private(set) var isOver = false

    init(_ socket: TestSocket) { self.socket = socket }

    func close() {
        isOver = true
        socket.close()
    }

    /// Nothing more will be sent; the other direction stays open.
    func endsSending() { shutdown(socket.fd, Int32(SHUT_WR)) }

    func reset() {
        isOver = true
        socket.reset()
    }

    @discardableResult
    func raw(_ text: String) -> Bool { socket.send(text) }

    func json(_ status: Int = 200, _ body: String, headers: String = "") {
        raw(
            "HTTP/1.1 \(status) X\r\nContent-Type: application/json\r\n\(headers)"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    /// The head of an event stream.
    func begin() {
        raw("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
    }

    /// One event in a chunk of its own.
    @discardableResult
    func event(_ data: String) -> Bool { chunk("data: \(data)\n\n") }

    @discardableResult
    func chunk(_ text: String) -> Bool { raw("\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n") }

    func end() { raw("0\r\n\r\n") }

    /// A whole stream of tokens with its usage where it was asked for.
    func stream(_ tokens: [String], for request: SeenRequest) {
        begin()
        for token in tokens { event(EngineSide.token(token)) }
        event("{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}")
        if request.body.contains("\"include_usage\":true") {
            event(
                "{\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":\(tokens.count),"
                    + "\"total_tokens\":\(7 + tokens.count)}}")
        }
        event("[DONE]")
        end()
    }

    static func token(_ text: String) -> String {
        "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\(text)\"},\"finish_reason\":null}]}"
    }

    /// Whether the gateway ends its side in time.
    func isLeft(within seconds: Double = 5) -> Bool { socket.ends(within: seconds) }
}

/// An engine of a test: listens on loopback, a thread for each connection, every request answered by its script.
final class ScriptedEngine: Sendable {
    typealias Script = @Sendable (SeenRequest, EngineSide) -> Void

    let name: String
    let port: UInt16
    private let readsBodies: Bool
    private let listener: Int32
    private let requests = Mutex<[SeenRequest]>([])
    private let sockets = Mutex<[TestSocket]>([])
    private let script: Mutex<Script>

    /// - Parameters:
    ///   - readsBodies: false: the script runs at the head's end, and a body would be taken for the next request.
    ///   - script: nil: answers chat, streaming or not, with its name.
    init(_ name: String = "a", readsBodies: Bool = true, _ script: Script? = nil) {
        self.name = name
        self.readsBodies = readsBodies
        self.script = Mutex(script ?? { request, side in ScriptedEngine.answer(request, side, from: name) })
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let fd = listener
        precondition(withLoopback(port: 0) { bind(fd, $0, $1) } == 0 && listen(fd, 512) == 0)
        port = boundPort(of: fd)
        Thread.detachNewThread { [weak self] in
            var number = 0
            while true {
                let accepted = accept(fd, nil, nil)
                guard accepted >= 0 else {
                    Glibc.close(fd)
                    return
                }
                guard let engine = self else {
                    Glibc.close(accepted)
                    Glibc.close(fd)
                    return
                }
                let connection = TestSocket(owning: accepted)
                engine.sockets.withLock { $0.append(connection) }
                let place = number
                number += 1
                Thread.detachNewThread { [weak engine] in
                    guard let engine else { return }
                    engine.serve(connection, place)
                }
            }
        }
    }

    /// The usual answer: chat or a stream that says who answers.
    static func answer(_ request: SeenRequest, _ side: EngineSide, from name: String) {
        if request.body.contains("\"stream\":true") {
            side.stream([name, "!"], for: request)
        } else {
            side.json(
                200, "{\"id\":\"c1\",\"node\":\"\(name)\",\"choices\":[]}", headers: "X-Node: \(name)\r\n")
        }
    }

    var seen: [SeenRequest] { requests.withLock { $0 } }
    var count: Int { requests.withLock { $0.count } }

    func rescript(_ new: @escaping Script) { script.withLock { $0 = new } }

    /// No more connections are taken; refused from now on.
    func stopListening() {
        shutdown(listener, Int32(SHUT_RDWR))
    }

    deinit { stopListening() }

    func closeConnections() {
        for socket in sockets.withLock({ $0 }) { shutdown(socket.fd, Int32(SHUT_RDWR)) }
    }

    private func serve(_ socket: TestSocket, _ number: Int) {
        let side = EngineSide(socket)
        while !side.isOver, let request = read(socket, number) {
            requests.withLock { $0.append(request) }
            let script = script.withLock { $0 }
            script(request, side)
        }
        sockets.withLock { list in list.removeAll { $0 === socket } }
        side.close()
    }

    private func read(_ socket: TestSocket, _ number: Int) -> SeenRequest? {
        guard let head = socket.through("\r\n\r\n", seconds: 60) else { return nil }
        var request = SeenRequest()
        let words = head.split(separator: " ")
        request.method = String(words.first ?? "")
        request.target = String(words.dropFirst().first ?? "")
        request.head = head
        request.connection = number
        if !readsBodies { return request }
        var body: [UInt8] = []
        if request.header("transfer-encoding") == "chunked" {
            while let chunk = try? socket.chunk(seconds: 60), !chunk.isEmpty {
                request.bodyBytes += chunk.utf8.count
                if body.count < 1_048_576 { body.append(contentsOf: chunk.utf8) }
            }
        } else {
            var left = request.header("content-length").flatMap { Int($0) } ?? 0
            while left > 0 {
                if socket.pending.isEmpty, case .ended = socket.fill(seconds: 60) { return nil }
                let part = socket.take(left)
                left -= part.count
                request.bodyBytes += part.count
                if body.count < 1_048_576 { body.append(contentsOf: part) }
            }
        }
        request.body = String(decoding: body, as: UTF8.self)
        return request
    }
}
