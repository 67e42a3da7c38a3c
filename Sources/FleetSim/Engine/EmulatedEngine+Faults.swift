import GatewayCore

/// The planned faults, performed.
extension EmulatedEngine {
    /// Faults that come before anything is generated.
    /// - Returns: whether the request has met its fate.
    func performEarly(_ fault: EngineFaults.Planned, isStreamed: Bool, on connection: EngineConnection)
        -> Bool
    {
        switch (fault.kind, fault.moment) {
        case (.hang, _):
            connection.hangs = true
        case (.mute, _):
            connection.hangs = true
            if isStreamed { startStream(on: connection, keepsAlive: true) }
            flush(connection)
        case (.cut, .request), (.rst, .request), (.cut, .answer), (.rst, .answer):
            drop(connection, byReset: fault.kind == .rst)
        case (.cut, .head), (.rst, .head):
            startStream(on: connection, keepsAlive: true)
            let head = connection.output.withBytes { $0.array(0..<$0.byteCount / 2) }
            connection.output.removeAll()
            connection.output.append(head)
            drop(connection, byReset: fault.kind == .rst)
        default:
            return false
        }
        return true
    }

    /// Whether it is this token's turn to be spoilt.
    func isDue(_ fault: EngineFaults.Planned, at event: TokenEvent) -> Bool {
        switch fault.kind {
        case .slow, .repeat, .hang, .mute: false
        case .nojson, .utf8: event.ordinal == fault.after + 1 && event.finish == nil
        case .cut, .rst:
            fault.moment == .done || fault.moment == .end
                ? event.finish != nil : event.ordinal > fault.after
        case .stall, .error, .abort, .truncate, .chunk: event.ordinal > fault.after
        }
    }

    func perform(
        _ fault: EngineFaults.Planned, at event: TokenEvent, _ answer: EngineAnswer,
        on connection: EngineConnection
    ) {
        guard let frames = answer.frames else {
            return performUnstreamed(fault, event, answer, on: connection)
        }
        switch fault.kind {
        case .slow, .repeat, .hang, .mute, .stall: break
        case .cut, .rst:
            spoil(fault.moment, event, answer, frames, on: connection)
            drop(connection, byReset: fault.kind == .rst)
        case .error:
            StreamFrames.error(into: &connection.output)
            abandon(connection)
        case .abort:
            frames.abort(usage: answer.usage(at: event), into: &connection.output)
            abandon(connection)
        case .truncate:
            connection.output.append(text: StreamFrames.lastChunk)
            abandon(connection)
        case .nojson:
            account.writtenTokens += 1
            frames.halfEvent(isClosed: true, into: &connection.output)
            flush(connection)
        case .utf8:
            account.writtenTokens += 1
            frames.illegible(
                answer.tokens[event.ordinal - 1], ordinal: event.ordinal, usage: answer.usage(at: event),
                into: &connection.output)
            flush(connection)
        case .chunk:
            connection.output.append("zz\r\n")
            abandon(connection)
        }
    }

    /// The last that a stream says before it is cut.
    private func spoil(
        _ moment: EngineFaults.Moment, _ event: TokenEvent, _ answer: EngineAnswer, _ frames: StreamFrames,
        on connection: EngineConnection
    ) {
        let token = answer.tokens[event.ordinal - 1]
        switch moment {
        case .request, .answer, .head, .between: break
        case .frame: frames.halfChunk(into: &connection.output)
        case .event: frames.halfEvent(isClosed: false, into: &connection.output)
        case .done, .end:
            frames.finish(
                token, ordinal: event.ordinal, finish: event.finish ?? .length,
                usage: answer.usage(at: event),
                into: &connection.output)
            account.writtenTokens += 1
            if moment == .end { StreamFrames.done(into: &connection.output) }
        }
    }

    /// Only ends of the connection and errors can happen to an answer in one piece.
    private func performUnstreamed(
        _ fault: EngineFaults.Planned, _ event: TokenEvent, _ answer: EngineAnswer,
        on connection: EngineConnection
    ) {
        switch fault.kind {
        case .cut, .rst:
            if fault.moment != .between {
                let text = whole(answer, event, event.finish ?? .length)
                appendHead(
                    connection, status: 200, type: "application/json", length: text.utf8.count,
                    keepsAlive: true)
                connection.output.append(text: String(text.prefix(text.count / 2)))
            }
            drop(connection, byReset: fault.kind == .rst)
        case .error:
            let error = EngineError.internalError(500)
            model.abort(answer.id)
            respond(
                connection, status: error.status, type: "application/json", error.body,
                keepsAlive: answer.keepsAlive)
            finish(connection)
        default:
            guard let finish = event.finish, fault.kind != .stall else { return }
            deliverWhole(answer, event, finish, to: connection)
        }
    }

    /// The answer ends here, whatever the model still had to say.
    func abandon(_ connection: EngineConnection) {
        if let id = connection.answer?.id { model.abort(id) }
        finish(connection)
    }

    /// Ends a connection on purpose; what was written goes out first.
    func drop(_ connection: EngineConnection, byReset: Bool) {
        if let answer = connection.answer {
            clients[answer.id] = nil
            connection.answer = nil
            model.abort(answer.id)
        }
        _ = connection.output.send(to: connection.fd)
        close(connection, byReset: byReset)
    }

    /// Tokens of a slow answer wait here for their time.
    func hold(_ event: TokenEvent, _ fault: EngineFaults.Planned, of connection: EngineConnection) {
        if connection.held.isEmpty { slow.append(connection) }
        connection.held.append(event)
        connection.pace = UInt64(fault.milliseconds) * 1_000_000
    }

    /// Sends the held tokens whose time has come.
    func releaseHeld() {
        for connection in slow {
            while let event = connection.held.first, connection.nextHeld <= now,
                let answer = connection.answer,
                answer.id == event.request
            {
                connection.held.removeFirst()
                connection.nextHeld = now + connection.pace
                send(event, answer, to: connection)
            }
            if connection.answer?.id != connection.held.first?.request { connection.held.removeAll() }
        }
        slow.removeAll { $0.held.isEmpty }
    }

    /// When the next held token is due, in nanoseconds.
    var nextRelease: UInt64? { slow.lazy.map(\.nextHeld).min() }
}
