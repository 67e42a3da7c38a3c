import GatewayCore

/// One ZMTP connection on the scraper's loop. It never blocks: what the peer sends comes out as outcomes.
final class ZMTPLane {
    enum Outcome: Equatable {
        case ready
        case message([[UInt8]])
        /// The connection is closed; the text says why.
        case failed(String)
    }

    /// What a peer that does not read may leave with us.
    private static let outputLimit = 65_536

    private let role: ZMTPConnection.Role
    /// Tells the owner's events apart; the lowest 24 bits count connections, so that a stale event is known.
    private let tokenBase: UInt64
    private var generation: UInt64 = 0
    private var connection: ZMTPConnection
    private var fd: Int32 = -1
    private var isConnecting = false
    private var wantsWrite = false
    private var output = ByteQueue()
    private var input = ByteQueue()

    init(_ role: ZMTPConnection.Role, tokenBase: UInt64) {
        self.role = role
        self.tokenBase = tokenBase
        connection = ZMTPConnection(role)
    }

    deinit { if fd >= 0 { Sockets.close(fd) } }

    var isClosed: Bool { fd < 0 }
    var isOpen: Bool { fd >= 0 && connection.isOpen }
    var answersPings: Bool { connection.peerMinor >= 1 }
    private var token: UInt64 { tokenBase | generation }

    /// Begins to connect; why not, where that is known at once.
    func open(_ address: SocketAddress, _ poller: borrowing Poller) -> String? {
        close(poller)
        do {
            let socket = try Sockets.connect(to: address)
            fd = socket.release()
        } catch { return describe(errno: error.code) }
        generation = (generation + 1) & 0xff_ffff
        connection = ZMTPConnection(role)
        isConnecting = true
        wantsWrite = true
        output.append(ZMTPConnection.greeting)
        poller.add(fd, token: token, .write)
        return nil
    }

    func close(_ poller: borrowing Poller) {
        if fd >= 0 {
            poller.remove(fd)
            Sockets.close(fd)
        }
        fd = -1
        isConnecting = false
        output.clear()
        input.clear()
    }

    /// Sends a message.
    func send(_ frames: [[UInt8]], _ poller: borrowing Poller) -> Outcome? {
        send(bytes: ZMTPConnection.message(frames), poller)
    }

    /// Asks a peer that knows the question whether it is still there.
    func ping(patience: Double, _ poller: borrowing Poller) -> Outcome? {
        guard let bytes = connection.ping(patience: patience) else { return nil }
        return send(bytes: bytes, poller)
    }

    private func send(bytes: [UInt8], _ poller: borrowing Poller) -> Outcome? {
        guard fd >= 0 else { return nil }
        guard output.count + bytes.count <= Self.outputLimit else {
            return fail("the peer does not read", poller)
        }
        output.append(bytes)
        return isConnecting ? nil : flush(poller)
    }

    /// Goes on after an event of the poller. Reads so much at most, since others wait too and the event comes again.
    func handle(_ event: Poller.Event, _ poller: borrowing Poller) -> [Outcome] {
        guard event.token == token, fd >= 0 else { return [] }
        if isConnecting {
            let code = Sockets.pendingError(fd)
            guard code == 0 else { return [fail(describe(errno: code), poller)] }
            isConnecting = false
        }
        if wantsWrite, let failure = flush(poller) { return [failure] }
        guard event.ready.contains(.read) || event.hasFailed else { return [] }
        var outcomes: [Outcome] = []
        for _ in 0..<8 {
            switch input.receive(from: fd, atMost: 65_536) {
            case .wouldBlock: return outcomes
            case .closed: return outcomes + [fail("the connection was closed", poller)]
            case .failed(let code): return outcomes + [fail(describe(errno: code), poller)]
            case .bytes:
                outcomes += take(poller)
                if fd < 0 { return outcomes }
            }
        }
        return outcomes
    }

    private func take(_ poller: borrowing Poller) -> [Outcome] {
        let bytes = input.withBytes { $0.array(0..<$0.byteCount) }
        input.removeAll()
        var outcomes: [Outcome] = []
        do throws(ZMTPFault) {
            for action in try connection.take(bytes) {
                switch action {
                case .send(let reply):
                    if let failure = send(bytes: reply, poller) { return outcomes + [failure] }
                case .ready: outcomes.append(.ready)
                case .message(let frames): outcomes.append(.message(frames))
                }
            }
        } catch { outcomes.append(fail("\(error)", poller)) }
        return outcomes
    }

    private func flush(_ poller: borrowing Poller) -> Outcome? {
        while !output.isEmpty {
            switch output.send(to: fd) {
            case .bytes: continue
            case .wouldBlock:
                wantsWrite = true
                poller.modify(fd, token: token, [.read, .write])
                return nil
            case .closed: return fail("the connection was closed", poller)
            case .failed(let code): return fail(describe(errno: code), poller)
            }
        }
        wantsWrite = false
        poller.modify(fd, token: token, .read)
        return nil
    }

    private func fail(_ reason: String, _ poller: borrowing Poller) -> Outcome {
        close(poller)
        return .failed(reason)
    }
}
