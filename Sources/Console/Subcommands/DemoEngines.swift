import CLinux
import FleetSim
import Foundation
import GatewayCore
import Synchronization

/// The demo's emulated engines: child processes on loopback, which can be killed and started again where they were.
final class DemoEngines: Sendable {
    /// Two H100: 200,000 tokens of KV cache, which the demo's load fills as a busy fleet's does.
    static let profile = "70b-fp8-tp2-h100"
    /// At 2.95 dollars each, the median of 37 vendors in May 2026.
    static let dollarsPerHour = 2 * 2.95

    let urls: [String]
    private let seed: UInt64
    private let log: String
    private let processes: Mutex<[ChildProcess]>

    init(count: Int, seed: UInt64, log: String) throws {
        self.seed = seed
        self.log = log
        let started = try (0..<count).map { try Self.start($0, port: "0", seed: seed, log: log) }
        processes = Mutex(started)
        urls = try started.map { try Self.url(of: $0, log) }
    }

    var count: Int { urls.count }

    /// Like a real fleet's: two racks of H100 nodes.
    static func name(of number: Int) -> String { "h100-\(rack(of: number))\(number / 2 + 1)" }
    private static func rack(of number: Int) -> String { number % 2 == 0 ? "a" : "b" }

    /// Each as a node of a gateway's configuration.
    var configuration: [String] {
        urls.enumerated().map { number, url in
            """
            {name: "\(Self.name(of: number))", url: "\(url)", zone: "rack-\(Self.rack(of: number))", \
            gpuMetricsUrl: "\(url)/gpu/metrics", dollarsPerHour: \(Self.dollarsPerHour)}
            """
        }
    }

    private static func start(_ number: Int, port: String, seed: UInt64, log: String) throws -> ChildProcess {
        try ChildProcess.start(
            "/proc/self/exe",
            [
                "engine", "--port", port, "--profile", profile, "--seed", "\(seed &+ UInt64(number))",
                "--die-with-parent",
            ], ownSession: false, errorsTo: log)
    }

    private static func url(of engine: ChildProcess, _ log: String) throws -> String {
        guard let line = engine.firstLine(withinSeconds: 15), let url = line.split(separator: " ").last else {
            throw CommandFailure("an emulated engine did not start: see \(log)")
        }
        return String(url)
    }

    /// Its streams see the connection end.
    func kill(_ number: Int) {
        processes.withLock { processes in
            processes[number].signal(SIGKILL)
            _ = processes[number].exitStatus(waiting: true)
        }
    }

    /// With an empty cache, where it was.
    func restart(_ number: Int) throws {
        let port = urls[number].split(separator: ":").last ?? "0"
        try processes.withLock { processes in
            processes[number].end(withinSeconds: 2)
            processes[number] = try Self.start(number, port: String(port), seed: seed, log: log)
            _ = try Self.url(of: processes[number], log)
        }
    }

    func end() {
        processes.withLock { processes in
            for engine in processes { engine.signal(SIGTERM) }
            for engine in processes { engine.end(withinSeconds: 2) }
        }
    }
}
