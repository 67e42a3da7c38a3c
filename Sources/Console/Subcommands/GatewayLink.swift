import GatewayCore

/// A console's way to its gateway over the admin socket, made anew when it breaks.
final class GatewayLink {
    static let retryNanoseconds: UInt64 = 1_000_000_000

    private let path: String
    private var client: AdminClient?
    private var nextTry: UInt64 = 0

    init(path: String) { self.path = path }

    var connection: ConsoleConnection {
        ConsoleConnection(
            fileDescriptor: { self.fileDescriptor }, receive: { self.receive() }, send: { self.send($0) },
            ask: { self.ask($0) })
    }

    private var fileDescriptor: Int32 {
        guard client != nil else { return -1 }
        return client?.fd ?? -1
    }

    private func receive() -> [ConsoleConnection.Arrival] {
        do throws(AdminClient.Failure) {
            if client == nil {
                guard MonotonicClock.now() >= nextTry else { return [] }
                nextTry = MonotonicClock.now() + Self.retryNanoseconds
                var fresh = try AdminClient(path: path)
                try fresh.watch()
                client = consume fresh
            }
            try client?.flush()
            return (try client?.receive() ?? []).map { arrival in
                switch arrival {
                case .history(let history): .connected(history)
                case .snapshot(let snapshot, let frame): .snapshot(snapshot, frame: frame)
                case .result(let result): .result(result)
                case .past(let reel, let history): .past(reel, history)
                case .forecast(let forecast): .forecast(forecast)
                }
            }
        } catch {
            client = nil
            return [.lost("\(error)")]
        }
    }

    private func ask(_ question: ConsoleConnection.Question) {
        guard client != nil else { return }
        do throws(AdminClient.Failure) {
            switch question {
            case .past: try client?.askPast()
            case .change(let change): try client?.foresee(change)
            }
        } catch { client = nil }
    }

    private func send(_ request: CommandRequest) -> Bool {
        guard client != nil else { return false }
        do throws(AdminClient.Failure) {
            try client?.submit(request)
            return true
        } catch {
            client = nil
            return false
        }
    }
}
