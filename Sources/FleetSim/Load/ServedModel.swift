import GatewayCore

/// Asks a server which models it has.
package enum ServedModel {
    /// The name of the first model at `/v1/models`, or what went wrong. Blocks, for five seconds at most.
    package static func first(at address: SocketAddress, authority: String) -> Result<String, LoadProblem> {
        do throws(Sockets.Failure) {
            let socket = try Sockets.connect(to: address)
            var poller = Poller(eventsPerTurn: 1)
            poller.add(socket.raw, token: 1, [.read, .write])
            let exchange = LoadExchange(fd: socket.raw, token: 1, now: 0)
            exchange.output.append(
                text: "GET /v1/models HTTP/1.1\r\nHost: \(authority)\r\nConnection: close\r\n\r\n")
            let deadline = MonotonicClock.now() + 5_000_000_000
            while MonotonicClock.now() < deadline {
                guard poller.wait(milliseconds: 250) > 0 else { continue }
                if let answer = turn(exchange, poller) { return answer }
            }
            return .failure(LoadProblem("no answer within 5 s"))
        } catch {
            return .failure(LoadProblem(error.description))
        }
    }

    /// One turn of the exchange; nil while it goes on.
    private static func turn(_ exchange: LoadExchange, _ poller: borrowing Poller) -> Result<
        String, LoadProblem
    >? {
        let code = Sockets.pendingError(exchange.fd)
        guard code == 0 else { return .failure(LoadProblem(describe(errno: code))) }
        if !exchange.output.isEmpty {
            _ = exchange.output.send(to: exchange.fd)
            if exchange.output.isEmpty { poller.modify(exchange.fd, token: 1, .read) }
        }
        switch exchange.input.receive(from: exchange.fd, atMost: 65_536) {
        case .wouldBlock: return nil
        case .closed: return .failure(LoadProblem("the connection was closed before the answer"))
        case .failed(let code): return .failure(LoadProblem(describe(errno: code)))
        case .bytes: break
        }
        switch exchange.advance(now: 0) {
        case .more: return nil
        case .failed(_, let detail): return .failure(LoadProblem(detail))
        case .complete: return name(in: exchange)
        }
    }

    private static func name(in exchange: LoadExchange) -> Result<String, LoadProblem> {
        let status = exchange.head?.status ?? 0
        guard let json = try? JSONValue.parse(exchange.body), let name = json["data"]?[0]?["id"]?.string
        else {
            return .failure(LoadProblem("/v1/models answered \(status) without a model's name"))
        }
        return .success(name)
    }
}

/// Why the load generator can't begin.
package struct LoadProblem: Error, Sendable, Equatable {
    package let message: String
    init(_ message: String) { self.message = message }
}
