import FleetSim
import Foundation
import GatewayCore

/// An emulated engine on a thread of its own, which ends with this value.
final class RunningEngine {
    let port: UInt16
    private let stop = StopSignal()

    init(_ change: (inout EmulatedEngine.Options) -> Void = { _ in }) throws {
        var options = EmulatedEngine.Options()
        options.modelName = "tiny"
        options.kvTokens = 16_384
        options.speed = 20
        change(&options)
        nonisolated(unsafe) let engine = try EmulatedEngine(options)
        port = engine.port
        let stop = stop
        Thread.detachNewThread { engine.run(until: stop) }
    }

    deinit { stop.request() }

    /// What TERM does to its process.
    func terminate() { stop.request() }

    func client() throws -> HTTPClient { try HTTPClient(port: port) }

    func get(_ path: String) throws -> HTTPClient.Answer { try client().ask("GET", path) }

    func post(_ path: String, _ body: String = "") throws -> HTTPClient.Answer {
        try client().ask("POST", path, body: body)
    }

    /// The value of a series without regard to its labels.
    func metric(_ name: String) throws -> Double? {
        let lines = try get("/metrics").body.split(separator: "\n")
        return lines.first { $0.hasPrefix(name + "{") }?.split(separator: " ").last.flatMap { Double($0) }
    }
}

/// A blocking HTTP client over one connection.
final class HTTPClient {
    struct Answer {
        var status: Int
        var head: String
        var body: String
        /// The body's chunks as they were framed.
        var chunks: [String]
    }

    struct Closed: Error { let received: String }
    struct NotConnected: Error { let code: Int32 }

    let fd: Int32
    private var input = ByteQueue()
    private var poller = Poller(eventsPerTurn: 1)

    init(port: UInt16) throws {
        fd = try Sockets.connect(to: .ip(octets: [127, 0, 0, 1], port: port)).release()
        poller.add(fd, token: 1, .write)
        _ = poller.wait(milliseconds: 5000)
        let code = Sockets.pendingError(fd)
        if code != 0 { throw NotConnected(code: code) }
        poller.modify(fd, token: 1, [.read, .hangUp])
    }

    deinit { Sockets.close(fd) }

    func send(_ text: String) {
        var output = ByteQueue()
        output.append(text: text)
        while !output.isEmpty {
            guard case .bytes = output.send(to: fd) else { return }
        }
    }

    func ask(_ method: String, _ path: String, body: String = "") throws -> Answer {
        send("\(method) \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        return try answer()
    }

    /// The other side has not ended.
    private(set) var isOpen = true

    /// Reads more; false when the other side has ended or is silent for so long.
    func receive(milliseconds: Int32 = 10_000) -> Bool {
        guard poller.wait(milliseconds: milliseconds) > 0 else { return false }
        if case .bytes = input.receive(from: fd, atMost: 65_536) { return true }
        isOpen = false
        return false
    }

    var received: String { input.withBytes { $0.text(0..<$0.byteCount) } }

    func answer() throws -> Answer {
        while true {
            if case .complete(let head) = input.withBytes({ ResponseHead.parse($0) }),
                let answer = take(head)
            {
                return answer
            }
            guard receive() else { throw Closed(received: received) }
        }
    }

    private func take(_ head: ResponseHead) -> Answer? {
        let text = input.withBytes { $0.text(0..<head.byteCount) }
        if !head.isChunked {
            let end = head.byteCount + (head.contentLength ?? 0)
            guard input.count >= end else { return nil }
            let body = input.withBytes { $0.text(head.byteCount..<end) }
            input.consume(end)
            return Answer(status: head.status, head: text, body: body, chunks: [])
        }
        var decoder = ChunkedDecoder()
        var offset = head.byteCount
        var chunks: [String] = []
        while true {
            let step = input.withBytes { bytes -> (data: String?, end: Int?) in
                switch decoder.next(bytes, &offset) {
                case .data(let range): (bytes.text(range), nil)
                case .end(let end): (nil, end)
                case .needsMore, .malformed: (nil, nil)
                }
            }
            if let data = step.data {
                chunks.append(data)
            } else if let end = step.end {
                input.consume(end)
                return Answer(status: head.status, head: text, body: chunks.joined(), chunks: chunks)
            } else {
                return nil
            }
        }
    }
}
