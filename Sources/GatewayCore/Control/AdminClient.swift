import CLinux
import Foundation

/// The other end of an admin socket: for the console and the client verbs.
package struct AdminClient: ~Copyable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package enum Arrival: Sendable {
        /// With the frame that it came as.
        case snapshot(Snapshot, frame: [UInt8])
        case history(History)
        case result(CommandResult)
        /// Pictures from before, and the series up to now.
        case past(Reel, History)
        case forecast(Forecast)
    }

    private let socket: Descriptor
    private let path: String
    private var input = ByteQueue()
    private var output = ByteQueue()
    private var frames = FrameDecoder()

    package init(path: String) throws(Failure) {
        self.path = path
        do {
            socket = try Sockets.connect(to: .unix(path: path))
        } catch {
            throw Failure(
                description:
                    "no gateway answers at \(path) (\(describe(errno: error.code))); start one with signalbox serve"
            )
        }
    }

    /// For poll.
    package var fd: Int32 { socket.raw }
    package var wantsWrite: Bool { !output.isEmpty }

    package mutating func watch() throws(Failure) { try send(.watch, []) }

    /// Asks for what the gateway kept of the last hour.
    package mutating func askPast() throws(Failure) { try send(.past, []) }

    /// Asks what would come of a change.
    package mutating func foresee(_ change: NodeChange) throws(Failure) {
        guard let data = try? JSONEncoder().encode(change) else {
            throw Failure(description: "the change cannot be encoded")
        }
        try send(.foresee, Array(data))
    }

    /// - isDryRun: it is only judged.
    package mutating func submit(_ request: CommandRequest, isDryRun: Bool = false) throws(Failure) {
        guard let data = try? JSONEncoder().encode(request) else {
            throw Failure(description: "the command cannot be encoded")
        }
        try send(isDryRun ? .dryRun : .command, Array(data))
    }

    private mutating func send(_ kind: AdminMessageKind, _ payload: [UInt8]) throws(Failure) {
        AdminProtocol.append(kind, payload, to: &output)
        try flush()
    }

    /// Writes what the socket takes now.
    package mutating func flush() throws(Failure) {
        while !output.isEmpty {
            switch output.send(to: socket.raw) {
            case .bytes: continue
            case .wouldBlock: return
            case .closed, .failed: throw Failure(description: "the gateway at \(path) is gone")
            }
        }
    }

    /// Reads what has come; empty when there is nothing whole.
    package mutating func receive() throws(Failure) -> [Arrival] {
        var isDry = false
        for _ in 0..<256 where !isDry {
            switch input.receive(from: socket.raw, atMost: 65_536) {
            case .bytes: continue
            case .wouldBlock: isDry = true
            case .closed, .failed: throw Failure(description: "the gateway at \(path) is gone")
            }
        }
        var arrivals: [Arrival] = []
        do {
            while let message = try AdminProtocol.next(in: &input, limit: AdminProtocol.answerLimit) {
                if let arrival = try arrival(of: message) { arrivals.append(arrival) }
            }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(description: "the gateway at \(path) sent what cannot be read: \(error)")
        }
        return arrivals
    }

    private mutating func arrival(of message: AdminMessage) throws -> Arrival? {
        switch message.kind {
        case .frame: return .snapshot(try frames.apply(message.payload), frame: message.payload)
        case .history: return .history(try History(wireForm: message.payload))
        case .result:
            return .result(try JSONDecoder().decode(CommandResult.self, from: Data(message.payload)))
        case .problem: throw Failure(description: String(decoding: message.payload, as: UTF8.self))
        case .reel:
            let (reel, history) = try Recording.past(message.payload)
            return .past(reel, history)
        case .forecast:
            return .forecast(try JSONDecoder().decode(Forecast.self, from: Data(message.payload)))
        case .command, .dryRun, .snapshot, .watch, .past, .foresee: return nil
        }
    }

    // MARK: one question, one answer

    package mutating func snapshot(timeoutSeconds: Double = 5) throws(Failure) -> Snapshot {
        try send(.snapshot, [])
        return try wait(timeoutSeconds) { if case .snapshot(let snapshot, _) = $0 { snapshot } else { nil } }
    }

    /// What a console shows first: the last minutes and the picture of now.
    package mutating func picture(timeoutSeconds: Double = 5) throws(Failure) -> (Snapshot, History) {
        try watch()
        var past: History?
        return try wait(timeoutSeconds) { arrival in
            switch arrival {
            case .history(let history): past = history
            case .snapshot(let snapshot, _): if let past { return (snapshot, past) }
            case .result, .past, .forecast: break
            }
            return nil
        }
    }

    package mutating func perform(
        _ request: CommandRequest, isDryRun: Bool = false, timeoutSeconds: Double = 10
    ) throws(Failure) -> CommandResult {
        try submit(request, isDryRun: isDryRun)
        return try wait(timeoutSeconds) { if case .result(let result) = $0 { result } else { nil } }
    }

    package mutating func forecast(of change: NodeChange, timeoutSeconds: Double = 10) throws(Failure)
        -> Forecast
    {
        try foresee(change)
        return try wait(timeoutSeconds) { if case .forecast(let forecast) = $0 { forecast } else { nil } }
    }

    private mutating func wait<T>(_ seconds: Double, for wanted: (Arrival) -> T?) throws(Failure) -> T {
        let deadline = MonotonicClock.now() + UInt64(seconds * 1e9)
        while true {
            for arrival in try receive() { if let found = wanted(arrival) { return found } }
            try flush()
            let now = MonotonicClock.now()
            guard now < deadline else {
                throw Failure(description: "the gateway at \(path) did not answer in \(Int(seconds)) s")
            }
            waitReadable(socket.raw, milliseconds: Int32(min(100, (deadline - now) / 1_000_000 + 1)))
        }
    }
}
