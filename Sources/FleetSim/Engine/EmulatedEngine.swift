import GatewayCore

/// An HTTP server on loopback that speaks what vLLM speaks, with the engine model behind it run against the clock.
/// One thread, which owns everything here.
package final class EmulatedEngine {
    package struct Options: Sendable {
        /// 0: any free one.
        package var port: UInt16 = 0
        /// nil: the profile's.
        package var modelName: String?
        package var profile = EngineProfile.all[0]
        /// Steps this many times faster than the hardware's.
        package var speed = 1.0
        /// nil: the hardware's.
        package var kvTokens: Int?
        package var seed: UInt64 = 1
        package var ending = EngineEnding.llamacpp
        package init() {}
    }

    static let vllmVersion = "0.32.0"
    private static let listenerToken: UInt64 = 0
    private static let stopToken: UInt64 = 1
    /// vLLM's server closes an idle kept connection after 5 s.
    private static let idleLimit: UInt64 = 5_000_000_000
    /// A client that reads nothing is dropped at this many bytes.
    private static let maxOutputBytes = 16 << 20

    let options: Options
    let modelName: String
    package let port: UInt16
    var model: EngineModel
    var faults = EngineFaults()
    var account = EngineAccount()
    /// Requests that hang because the engine is paused.
    var paused: [UInt64] = []
    /// Those with tokens that wait for their time.
    var slow: [EngineConnection] = []
    /// Nothing works any more, and /health says so.
    var isDead = false
    /// Nothing new is taken.
    var isShuttingDown = false
    var random: SplitMix64
    /// Who waits for a request of the model.
    var clients: [UInt64: EngineConnection] = [:]
    /// Nanoseconds, read once a turn.
    var now: UInt64
    private let start: UInt64
    private var poller = Poller()
    private var listener: Descriptor?
    private var isAccepting = true
    private var connections: [UInt64: EngineConnection] = [:]
    private var nextToken: UInt64 = 16
    private var lastSweep: UInt64 = 0
    private var date = (second: 0, text: "")

    /// Listens at once, so that a client may connect before `run`.
    package init(_ options: Options) throws(Sockets.Failure) {
        self.options = options
        modelName = options.modelName ?? options.profile.model.name
        model = EngineModel(
            profile: options.profile, kvTokens: options.kvTokens, speed: options.speed, seed: options.seed)
        random = SplitMix64(seed: options.seed &+ 77)
        now = MonotonicClock.now()
        start = now
        let socket = try Sockets.listen(on: .ip(octets: [127, 0, 0, 1], port: options.port))
        // A socket that was bound to an address and port tells them back.
        if case .ip(_, let bound) = Sockets.localAddress(socket.raw) {
            port = bound
        } else {
            port = options.port
        }
        poller.add(socket.raw, token: Self.listenerToken, .read)
        listener = consume socket
    }

    /// Seconds on the model's clock.
    var instant: Double { Double(now - start) / 1e9 }

    package func run(until stop: StopSignal) {
        poller.add(stop.fd, token: Self.stopToken, .read)
        while !stop.isRequested { turn(atMost: 250) }
        poller.remove(stop.fd)
        end(as: options.ending)
        for connection in Array(connections.values) { close(connection) }
        listener = nil
    }

    func turn(atMost milliseconds: Int32) {
        let ready = poller.wait(milliseconds: waitMilliseconds(atMost: milliseconds))
        now = MonotonicClock.now()
        deliver(model.advance(to: instant))
        releaseHeld()
        for index in 0..<ready { handle(poller.event(index)) }
        if now - lastSweep > 250_000_000 { sweep() }
    }

    private func waitMilliseconds(atMost limit: Int32) -> Int32 {
        let time = MonotonicClock.now()
        var seconds = Double(limit) / 1000
        if let next = model.nextInstant { seconds = min(seconds, next - Double(time - start) / 1e9) }
        if let next = nextRelease { seconds = min(seconds, (Double(next) - Double(time)) / 1e9) }
        return seconds <= 0 ? 0 : Int32((seconds * 1000).rounded(.up))
    }

    private func handle(_ event: Poller.Event) {
        if event.token == Self.listenerToken { return acceptAll() }
        guard let connection = connections[event.token] else { return }
        if event.hasFailed || event.ready.contains(.hangUp) { return close(connection) }
        if event.ready.contains(.write) { flush(connection) }
        if event.ready.contains(.read) { receive(connection) }
    }

    private func acceptAll() {
        guard let raw = listener?.raw else { return }
        do {
            while let fd = try Sockets.accept(on: raw) {
                Sockets.setNoDelay(fd)
                nextToken += 1
                account.connections += 1
                connections[nextToken] = EngineConnection(fd: fd, token: nextToken, now: now)
                poller.add(fd, token: nextToken, [.read, .hangUp])
            }
        } catch {
            // No descriptors left: the next sweep tries again.
            poller.remove(raw)
            isAccepting = false
        }
    }

    private func receive(_ connection: EngineConnection) {
        switch connection.input.receive(from: connection.fd, atMost: 65_536) {
        case .bytes:
            if faults.refusesToRead, connection.answer == nil, connection.isSendingCompletion {
                drop(connection, byReset: faults.next()?.kind == .rst)
            } else {
                process(connection)
            }
        case .wouldBlock: break
        case .closed, .failed: close(connection)
        }
    }

    /// Answers the requests that are complete, one after the other.
    private func process(_ connection: EngineConnection) {
        while connection.answer == nil, !connection.closesAfterOutput, !connection.isClosed, !connection.hangs
        {
            switch ReceivedRequest.next(from: &connection.input) {
            case .incomplete: return
            case .wantsContinue:
                connection.output.append("HTTP/1.1 100 Continue\r\n\r\n")
                return flush(connection)
            case .malformed:
                respond(
                    connection, status: 400, type: "text/plain; charset=utf-8",
                    "Invalid HTTP request received.",
                    keepsAlive: false)
            case .tooLarge:
                respond(connection, status: 413, type: "text/plain", "Payload Too Large", keepsAlive: false)
            case .request(let request):
                connection.hasServed = true
                connection.idleSince = now
                route(request, from: connection)
            }
        }
        // Requests that are sent ahead of their turn may wait, but not without end.
        if connection.input.count > ReceivedRequest.maxBodyBytes { close(connection) }
    }

    /// The answer is complete: the next request's turn.
    func finish(_ connection: EngineConnection) {
        guard let answer = connection.answer else { return }
        clients[answer.id] = nil
        connection.answer = nil
        connection.idleSince = now
        if !answer.keepsAlive { connection.closesAfterOutput = true }
        flush(connection)
        process(connection)
    }

    func flush(_ connection: EngineConnection) {
        if connection.isClosed { return }
        if !connection.output.isEmpty, case .failed = connection.output.send(to: connection.fd) {
            return close(connection)
        }
        if connection.output.isEmpty, connection.closesAfterOutput { return close(connection) }
        if connection.output.count > Self.maxOutputBytes { return close(connection) }
        let waits = !connection.output.isEmpty
        guard waits != connection.waitsForWrite else { return }
        connection.waitsForWrite = waits
        poller.modify(
            connection.fd, token: connection.token, waits ? [.read, .write, .hangUp] : [.read, .hangUp])
    }

    /// Ends a connection; what it asked for is aborted.
    func close(_ connection: EngineConnection, byReset: Bool = false) {
        guard connections.removeValue(forKey: connection.token) != nil else { return }
        if let answer = connection.answer {
            clients[answer.id] = nil
            connection.answer = nil
            model.abort(answer.id)
            account.departed(answer.request.user, at: MonotonicClock.now())
        }
        connection.isClosed = true
        if byReset { Sockets.reset(connection.fd) } else { Sockets.close(connection.fd) }
    }

    var accountText: String { account.json(open: connections.count, unfinished: clients.count) }

    /// Closes what was idle too long, and opens the listener again when its time has come.
    private func sweep() {
        lastSweep = now
        for connection in Array(connections.values)
        where connection.answer == nil && connection.hasServed && !connection.hangs
            && now - connection.idleSince > Self.idleLimit
        {
            close(connection)
        }
        let refuses = faults.refusingUntil > now
        if refuses {
            listener = nil
        } else if listener == nil {
            listener = try? Sockets.listen(on: .ip(octets: [127, 0, 0, 1], port: port))
            if let raw = listener?.raw { poller.add(raw, token: Self.listenerToken, .read) }
        } else if !isAccepting, let raw = listener?.raw {
            isAccepting = true
            poller.add(raw, token: Self.listenerToken, .read)
        }
    }

    /// Applies `refuse` at once.
    func stopListening() { listener = nil }

    /// Status line and headers as uvicorn writes them, with the body.
    func respond(
        _ connection: EngineConnection, status: Int, type: String?, _ body: String, keepsAlive: Bool,
        retryAfterSeconds: Int? = nil
    ) {
        appendHead(
            connection, status: status, type: type, length: body.utf8.count, keepsAlive: keepsAlive,
            retryAfterSeconds: retryAfterSeconds)
        connection.output.append(text: body)
        if !keepsAlive { connection.closesAfterOutput = true }
        flush(connection)
    }

    /// - Parameter length: nil for a chunked body.
    func appendHead(
        _ connection: EngineConnection, status: Int, type: String?, length: Int?, keepsAlive: Bool,
        retryAfterSeconds: Int? = nil
    ) {
        let second = Int(MonotonicClock.unixTime())
        if second != date.second { date = (second, HTTPDate.text(unixTime: second)) }
        var head = "HTTP/1.1 \(status) \(Self.reason(status))\r\ndate: \(date.text)\r\nserver: uvicorn\r\n"
        if status == 405 { head += "allow: POST\r\n" }
        if let length { head += "content-length: \(length)\r\n" }
        if let type { head += "content-type: \(type)\r\n" }
        head += "vary: Origin\r\n"
        if let retryAfterSeconds { head += "retry-after: \(retryAfterSeconds)\r\n" }
        if !keepsAlive { head += "connection: close\r\n" }
        if length == nil { head += "transfer-encoding: chunked\r\n" }
        connection.output.append(text: head + "\r\n")
    }

    private static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 400: "Bad Request"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 413: "Request Entity Too Large"
        case 429: "Too Many Requests"
        case 500: "Internal Server Error"
        case 503: "Service Unavailable"
        default: "Status"
        }
    }
}
