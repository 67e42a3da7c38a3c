import GatewayCore

/// One kept connection to an engine or exporter, which carries one GET after another.
///
/// It never blocks: `begin` and `handle` go as far as the socket lets them and say when a request has ended.
final class ScrapeLane {
    enum Outcome: Equatable {
        case answered(ScrapeAnswer)
        /// No HTTP response came of it; the text says why.
        case failed(String)
    }

    private enum Phase { case closed, connecting, sending, receiving, idle }

    let url: EngineURL
    private let apiKey: String?
    /// Tells the owner's events apart; the lowest 24 bits count connections, so that a stale event is known.
    private let tokenBase: UInt64
    private var generation: UInt64 = 0
    private var phase = Phase.closed
    private var fd: Int32 = -1
    /// What the poller was asked to tell of; for a kept connection it is the same request after request.
    private var interest = Poller.Interest.write
    private var addresses: [SocketAddress] = []
    private var attempt = 0
    /// The last request, and the path that it asks for: mostly the next one is the same.
    private var request: [UInt8] = []
    private var requestPath: String?
    private var output = ByteQueue()
    private var collector = ResponseCollector()
    /// The connection served before, so its end before the first byte only means that it was kept too long.
    private var isReused = false

    init(url: EngineURL, apiKey: String?, tokenBase: UInt64) {
        self.url = url
        self.apiKey = apiKey
        self.tokenBase = tokenBase
    }

    deinit { if fd >= 0 { Sockets.close(fd) } }

    var isBusy: Bool { phase == .connecting || phase == .sending || phase == .receiving }

    private var token: UInt64 { tokenBase | generation }

    /// Asks for a path.
    /// - Returns: the outcome where it is known at once.
    func begin(_ path: String, at addresses: [SocketAddress], _ poller: borrowing Poller) -> Outcome? {
        self.addresses = addresses
        if requestPath != path {
            request = Array(head(path).utf8)
            requestPath = path
        }
        attempt = 0
        isReused = phase == .idle
        return isReused ? send(poller) : connect(poller)
    }

    /// Gives the request up and closes the connection, whose state is no longer known.
    func cut(_ poller: borrowing Poller) { close(poller) }

    /// Goes on after an event of the poller.
    func handle(_ event: Poller.Event, _ poller: borrowing Poller) -> Outcome? {
        guard event.token == token else { return nil }
        switch phase {
        case .closed: return nil
        case .idle:
            // Nothing was asked: the peer has closed, or talks out of turn.
            close(poller)
            return nil
        case .connecting:
            let code = Sockets.pendingError(fd)
            return code == 0 ? send(poller) : connectElsewhere(describe(errno: code), poller)
        case .sending: return flush(poller)
        case .receiving: return receive(poller)
        }
    }

    private func head(_ path: String) -> String {
        var text =
            "GET \(path) HTTP/1.1\r\nHost: \(url.authority)\r\nAccept: */*\r\nUser-Agent: signalbox\r\n"
        // A line break in a key would forge a header.
        if let apiKey, apiKey.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) {
            text += "Authorization: Bearer \(apiKey)\r\n"
        }
        return text + "\r\n"
    }

    private func connect(_ poller: borrowing Poller) -> Outcome? {
        close(poller)
        guard attempt < addresses.count else { return .failed("\(url.host) has no address") }
        do {
            let socket = try Sockets.connect(to: addresses[attempt])
            fd = socket.release()
        } catch { return connectElsewhere(describe(errno: error.code), poller) }
        generation = (generation + 1) & 0xff_ffff
        phase = .connecting
        interest = .write
        poller.add(fd, token: token, interest)
        return nil
    }

    private func connectElsewhere(_ reason: String, _ poller: borrowing Poller) -> Outcome? {
        attempt += 1
        if attempt < addresses.count { return connect(poller) }
        close(poller)
        return .failed(reason)
    }

    private func send(_ poller: borrowing Poller) -> Outcome? {
        phase = .sending
        collector = ResponseCollector()
        output.clear()
        output.append(request)
        return flush(poller)
    }

    private func flush(_ poller: borrowing Poller) -> Outcome? {
        while !output.isEmpty {
            switch output.send(to: fd) {
            case .bytes: continue
            case .wouldBlock:
                watch(.write, poller)
                return nil
            case .closed: return lost("the connection was closed", poller)
            case .failed(let code): return lost(describe(errno: code), poller)
            }
        }
        phase = .receiving
        watch(.read, poller)
        return nil
    }

    private func watch(_ wanted: Poller.Interest, _ poller: borrowing Poller) {
        guard interest != wanted else { return }
        interest = wanted
        poller.modify(fd, token: token, wanted)
    }

    private func receive(_ poller: borrowing Poller) -> Outcome? {
        // Not to the socket's end in one go: others wait too, and the event comes again.
        for _ in 0..<8 {
            switch collector.receive(from: fd) {
            case .wouldBlock: return nil
            case .failed(let code): return lost(describe(errno: code), poller)
            case .closed:
                if !collector.hasBegun { return lost("the connection was closed without an answer", poller) }
                return settle(collector.progress(ended: true), poller) ?? .failed("the answer is cut off")
            case .bytes:
                if let outcome = settle(collector.progress(ended: false), poller) { return outcome }
            }
        }
        return nil
    }

    private func settle(_ progress: ResponseCollector.Progress, _ poller: borrowing Poller) -> Outcome? {
        switch progress {
        case .needsMore: return nil
        case .failed(let reason):
            close(poller)
            return .failed(reason)
        case .complete(let answer, let keepsAlive):
            if keepsAlive { phase = .idle } else { close(poller) }
            return .answered(answer)
        }
    }

    /// A connection that broke before an answer; a kept one is made anew once.
    private func lost(_ reason: String, _ poller: borrowing Poller) -> Outcome? {
        if isReused, !collector.hasBegun {
            isReused = false
            attempt = 0
            return connect(poller)
        }
        close(poller)
        return .failed(reason)
    }

    private func close(_ poller: borrowing Poller) {
        if fd >= 0 {
            poller.remove(fd)
            Sockets.close(fd)
        }
        fd = -1
        phase = .closed
        output.clear()
        collector = ResponseCollector()
    }
}
