import Foundation
import GatewayCore
import Glibc
import Synchronization
import TestSupport

/// An engine that holds each request until it is let go, and says in which order they came.
final class HoldingEngine: Sendable {
    let engine: ScriptedEngine
    private let gates: Gates

    init(_ name: String = "a") {
        let gates = Gates()
        self.gates = gates
        engine = ScriptedEngine(name) { request, side in
            let text = request.body.components(separatedBy: "\"content\":\"").last ?? ""
            gates.hold(String(text.prefix { $0 != "\"" }))
            ScriptedEngine.answer(request, side, from: name)
        }
    }

    /// The prompts in the order of their arrival.
    var arrived: [String] { gates.arrived.withLock { $0 } }

    /// Lets so many more requests be answered.
    func release(_ count: Int) { gates.released.add(count, ordering: .releasing) }

    private final class Gates: Sendable {
        let arrived = Mutex<[String]>([])
        let released = Atomic<Int>(0)
        let taken = Atomic<Int>(0)

        func hold(_ name: String) {
            arrived.withLock { $0.append(name) }
            _ = eventually(seconds: 20) {
                let taken = taken.load(ordering: .acquiring)
                guard taken < released.load(ordering: .acquiring) else { return false }
                return self.taken.compareExchange(
                    expected: taken, desired: taken + 1, ordering: .acquiringAndReleasing
                ).exchanged
            }
        }
    }
}

/// Outcomes counted by several threads until somebody ends it.
final class Tally: Sendable {
    private let table = Mutex<[String: Int]>([:])
    private let over = Atomic<Bool>(false)

    var isOver: Bool { over.load(ordering: .acquiring) }
    var counts: [String: Int] { table.withLock { $0 } }
    func count(_ outcome: String) { table.withLock { $0[outcome, default: 0] += 1 } }
    func end() { over.store(true, ordering: .releasing) }
}

/// A listener that takes no connection any more: its backlog is full.
final class FullListener {
    let port: UInt16
    private let listener: Int32
    private var held: [Int32] = []

    init() throws {
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        listener = fd
        guard withLoopback(port: 0, { bind(fd, $0, $1) }) == 0, listen(fd, 0) == 0 else {
            throw TestSocket.Failed(description: "no listener")
        }
        port = boundPort(of: fd)
        for _ in 0..<4 {
            let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_NONBLOCK, 0)
            _ = withLoopback(port: port) { connect(client, $0, $1) }
            held.append(client)
        }
    }

    deinit { for fd in held + [listener] { Glibc.close(fd) } }
}
