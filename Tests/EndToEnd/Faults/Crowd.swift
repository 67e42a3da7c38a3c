import GatewayCore
import TestSupport

/// Many clients on one thread: each sends one request on a connection of its own and keeps all that comes back.
final class Crowd {
    struct Request {
        var path = "/v1/chat/completions"
        var headers = ""
        var body: String
    }

    final class Client {
        enum End { case closed, reset, left }

        let number: Int
        fileprivate let fd: Int32
        fileprivate var unsent = ByteQueue()
        fileprivate var received = ByteQueue()
        fileprivate(set) var end: End?
        fileprivate(set) var isLeaving = false
        /// Monotonic nanoseconds of the latest text, and the longest time between two.
        fileprivate(set) var lastText: UInt64?
        fileprivate(set) var longestGap: UInt64 = 0

        fileprivate init(number: Int, fd: Int32) {
            self.number = number
            self.fd = fd
        }

        var hasText: Bool { lastText != nil }
        var bytes: [UInt8] { received.withBytes { $0.array(0..<$0.byteCount) } }
    }

    private let address: SocketAddress
    private var poller = Poller()
    private(set) var clients: [Client] = []
    private var places: [UInt64: Client] = [:]

    /// - url: of the gateway, or of an engine.
    init(_ url: String) throws {
        guard let port = url.split(separator: ":").last.flatMap({ UInt16($0) }) else {
            throw Program.Failure(description: "no port in \(url)")
        }
        address = .ip(octets: [127, 0, 0, 1], port: port)
    }

    deinit { for client in places.values { Sockets.close(client.fd) } }

    /// Those who still wait for something.
    var openCount: Int { places.count }

    @discardableResult
    func add(_ request: Request) throws -> Client {
        let fd = try Sockets.connect(to: address).release()
        let client = Client(number: clients.count, fd: fd)
        client.unsent.append(
            text:
                "POST \(request.path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
                + "\(request.headers)Content-Length: \(request.body.utf8.count)\r\n\r\n\(request.body)")
        clients.append(client)
        places[UInt64(fd)] = client
        poller.add(fd, token: UInt64(fd), [.read, .write, .hangUp])
        return client
    }

    /// Waits for one turn of events and serves them.
    func turn(milliseconds: Int32 = 20) {
        let count = poller.wait(milliseconds: milliseconds)
        for index in 0..<count {
            let event = poller.event(index)
            guard let client = places[event.token] else { continue }
            if event.ready.contains(.write) { write(client) }
            if event.ready.contains(.read) || event.ready.contains(.hangUp) || event.hasFailed {
                read(client)
            }
        }
    }

    private func write(_ client: Client) {
        // A failure shows when the answer is read.
        _ = client.unsent.send(to: client.fd)
        if client.unsent.isEmpty {
            poller.modify(client.fd, token: UInt64(client.fd), [.read, .hangUp])
        }
    }

    private func read(_ client: Client) {
        let before = client.received.count
        switch client.received.receive(from: client.fd, atMost: 65_536) {
        case .wouldBlock: return
        case .closed: return end(client, .closed)
        case .failed: return end(client, .reset)
        case .bytes: break
        }
        let mark: StaticString = "\":\" "  // text begins with a space, and nothing else in these answers
        let hasText = client.received.withBytes {
            $0.first(mark, in: max(0, before - 3)..<$0.byteCount) != nil
        }
        guard hasText else { return }
        let now = MonotonicClock.now()
        if let last = client.lastText { client.longestGap = max(client.longestGap, now - last) }
        client.lastText = now
    }

    private func end(_ client: Client, _ end: Client.End) {
        client.end = end
        places[UInt64(client.fd)] = nil
        Sockets.close(client.fd)
    }

    /// A client goes away: by RST, or by FIN, which says that it sends nothing more; engines and gateway take it for gone.
    func leave(_ client: Client, byReset: Bool) {
        guard client.end == nil, !client.isLeaving else { return }
        client.isLeaving = true
        if !byReset { return Sockets.endSending(client.fd) }
        client.end = .left
        places[UInt64(client.fd)] = nil
        Sockets.reset(client.fd)
    }

    /// Those who have ended are given away.
    func takeEnded() -> [Client] {
        let ended = clients.filter { $0.end != nil }
        if !ended.isEmpty { clients.removeAll { $0.end != nil } }
        return ended
    }

    /// Serves until a condition holds.
    func serve(
        until what: String, within seconds: Double, at place: String = #fileID, line: Int = #line,
        _ condition: () throws -> Bool
    ) throws {
        let deadline = MonotonicClock.now() + UInt64(seconds * 1e9)
        while try !condition() {
            turn()
            guard MonotonicClock.now() < deadline else {
                let ended = clients.filter { $0.end == .closed }.prefix(2)
                    .map { String(decoding: $0.bytes.suffix(300), as: UTF8.self) }
                let waiting = places.values.prefix(3).map {
                    String(decoding: $0.bytes.suffix(300), as: UTF8.self)
                }
                throw NotInTime(
                    description: "\(place):\(line): not within \(seconds) s: \(what); \(openCount) of "
                        + "\(clients.count) wait, such as:\n" + waiting.joined(separator: "\n---\n")
                        + (ended.isEmpty ? "" : "\nended, such as:\n" + ended.joined(separator: "\n---\n")))
            }
        }
    }

    func serveAll(within seconds: Double, at place: String = #fileID, line: Int = #line) throws {
        try serve(until: "every answer has ended", within: seconds, at: place, line: line) { openCount == 0 }
    }
}
