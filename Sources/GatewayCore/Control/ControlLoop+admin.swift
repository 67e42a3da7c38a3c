import Foundation

/// One connection to the admin socket.
final class AdminConnection {
    let fd: Int32
    let userID: Int?
    let generation: UInt32
    var input = ByteQueue()
    var output = ByteQueue()
    var isWatching = false
    var frames = FrameEncoder()

    init(fd: Int32, generation: UInt32) {
        self.fd = fd
        self.generation = generation
        userID = Sockets.peerUserID(fd)
    }
}

/// The admin socket: commands in, snapshots out.
extension ControlLoop {
    static let connectionLimit = 64
    /// A console that attaches late gets this much of the past at once: some 4 MB at 1,000 nodes.
    static let historySeconds = 600

    mutating func handle(_ event: Poller.Event) {
        switch event.token {
        case UInt64.max: acceptAdmin()
        case UInt64.max - 1: inbox.waker.clear()
        default:
            let fd = Int32(truncatingIfNeeded: event.token)
            guard let connection = connections[fd], UInt64(connection.generation) == event.token >> 32 else {
                return
            }
            if event.ready.contains(.write) {
                if !flush(connection) { return close(connection) }
                answerAll(connection)
            }
            if event.ready.contains(.read) || event.hasFailed { read(connection) }
        }
    }

    private mutating func acceptAdmin() {
        while let fd = try? Sockets.accept(on: listener.raw) {
            guard connections.count < Self.connectionLimit else {
                Sockets.close(fd)
                continue
            }
            sequence += 1  // also tells connections on one descriptor apart
            let connection = AdminConnection(
                fd: fd, generation: UInt32(truncatingIfNeeded: sequence & 0x7FFF_FFFF))
            connections[fd] = connection
            poller.add(fd, token: token(connection), .read)
        }
    }

    private func token(_ connection: AdminConnection) -> UInt64 {
        UInt64(connection.generation) << 32 | UInt64(UInt32(bitPattern: connection.fd))
    }

    private func isOpen(_ connection: AdminConnection) -> Bool { connections[connection.fd] === connection }

    private mutating func close(_ connection: AdminConnection) {
        guard isOpen(connection) else { return }
        connections[connection.fd] = nil
        Sockets.close(connection.fd)
    }

    private mutating func read(_ connection: AdminConnection) {
        guard isOpen(connection) else { return }
        switch connection.input.receive(from: connection.fd, atMost: 65_536) {
        case .wouldBlock: return
        case .closed, .failed: return close(connection)
        case .bytes: answerAll(connection)
        }
    }

    /// One answer at a time: the next question waits until the last answer is sent, so that nobody can make answers pile up.
    private mutating func answerAll(_ connection: AdminConnection) {
        do throws(AdminProtocol.Malformed) {
            while isOpen(connection), connection.output.isEmpty,
                let message = try AdminProtocol.next(in: &connection.input, limit: AdminProtocol.requestLimit)
            {
                answer(message, connection)
            }
        } catch {
            say(.problem, Array(error.description.utf8), connection)
            close(connection)
        }
    }

    private mutating func answer(_ message: AdminMessage, _ connection: AdminConnection) {
        switch message.kind {
        case .command, .dryRun:
            guard let request = try? JSONDecoder().decode(CommandRequest.self, from: Data(message.payload))
            else {
                return say(
                    .problem, Array("the command is not understood: is it from another version?".utf8),
                    connection)
            }
            let result =
                message.kind == .dryRun ? rehearse(request) : perform(request, userID: connection.userID)
            if let data = try? JSONEncoder().encode(result) { say(.result, Array(data), connection) }
        case .snapshot:
            var encoder = FrameEncoder()
            if let frame = try? encoder.frame(of: makeSnapshot(), isKey: true) {
                say(.frame, frame, connection)
            }
        case .watch:
            say(.history, history.wireForm(lastSeconds: Self.historySeconds), connection)
            send(makeSnapshot(), to: connection)
            connection.isWatching = true
        case .past: say(.reel, past.wireForm(history), connection)
        case .foresee:
            guard let change = try? JSONDecoder().decode(NodeChange.self, from: Data(message.payload)) else {
                return say(
                    .problem, Array("the change is not understood: is it from another version?".utf8),
                    connection)
            }
            shared.forecasts.ask(change)
            foreseer = connection
        case .result, .frame, .history, .problem, .reel, .forecast:
            say(.problem, Array("only a gateway sends that".utf8), connection)
        }
    }

    mutating func tellForecast() {
        guard let forecast = shared.forecasts.takeAnswer(), let foreseer,
            let data = try? JSONEncoder().encode(forecast)
        else { return }
        say(.forecast, Array(data), foreseer)
    }

    mutating func sendFrames(_ snapshot: Snapshot) {
        for connection in connections.values where connection.isWatching { send(snapshot, to: connection) }
    }

    /// Nothing goes to a watcher that still has the last frame before it.
    private mutating func send(_ snapshot: Snapshot, to connection: AdminConnection) {
        guard connection.output.isEmpty || !connection.isWatching else { return }
        guard let frame = try? connection.frames.frame(of: snapshot) else { return }
        say(.frame, frame, connection)
    }

    private mutating func say(_ kind: AdminMessageKind, _ payload: [UInt8], _ connection: AdminConnection) {
        guard isOpen(connection) else { return }
        AdminProtocol.append(kind, payload, to: &connection.output)
        if !flush(connection) { close(connection) }
    }

    /// False: the peer is gone.
    private mutating func flush(_ connection: AdminConnection) -> Bool {
        while !connection.output.isEmpty {
            switch connection.output.send(to: connection.fd) {
            case .bytes: continue
            case .wouldBlock:
                poller.modify(connection.fd, token: token(connection), .write)
                return true
            case .closed, .failed: return false
            }
        }
        poller.modify(connection.fd, token: token(connection), .read)
        return true
    }
}
