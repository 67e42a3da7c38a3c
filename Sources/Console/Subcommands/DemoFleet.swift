import CLinux
import FleetSim
import Foundation
import GatewayCore
import Synchronization

/// Emulated engines, a gateway before them and a load on it: all child processes but the load, all on loopback.
///
/// Nothing behind it knows that it is a demo: the gateway gets a configuration with URLs, as it would for real nodes.
final class DemoFleet {
    struct Settings {
        var nodes = 8
        var seed: UInt64 = 1
        var listen = "127.0.0.1:0"
        var concurrency: Int { nodes * 12 }
    }

    /// Two H100: 200,000 tokens of KV cache, which the demo's load fills as a busy fleet's does.
    static let profile = "70b-fp8-tp2-h100"
    /// At 2.95 dollars each, the median of 37 vendors in May 2026.
    static let dollarsPerHour = 2 * 2.95

    let settings: Settings
    private let directory: String
    private var engines: [ChildProcess] = []
    private var gateway: ChildProcess?
    private(set) var socket = ""
    private(set) var address = ""
    private let stopLoad = StopSignal()
    private let load = LoadBox()

    /// Where the load's thread leaves its report.
    private final class LoadBox: Sendable {
        let report = Mutex(LoadReport())
        let hasEnded = Atomic(false)
    }

    init(_ settings: Settings) throws {
        self.settings = settings
        directory = NSTemporaryDirectory() + "/signalbox-demo-\(getpid())"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    func start() throws {
        try startEngines()
        try startGateway()
        try startLoad()
    }

    private func startEngines() throws {
        for number in 0..<settings.nodes {
            engines.append(
                try ChildProcess.start(
                    "/proc/self/exe",
                    [
                        "engine", "--port", "0", "--profile", Self.profile, "--seed",
                        "\(settings.seed &+ UInt64(number))",
                        "--die-with-parent",
                    ], ownSession: false, errorsTo: directory + "/engines.log"))
        }
    }

    /// Names like a real fleet's: two racks of H100 nodes.
    private func startGateway() throws {
        var nodes: [String] = []
        for (number, engine) in engines.enumerated() {
            guard let line = engine.firstLine(withinSeconds: 15), let url = line.split(separator: " ").last
            else {
                throw CommandFailure(
                    "emulated engine \(number + 1) did not start: see \(directory)/engines.log")
            }
            let rack = number % 2 == 0 ? "a" : "b"
            let place = String(number / 2 + 1)
            nodes.append(
                """
                {name: "h100-\(rack)\(place)", url: "\(url)", zone: "rack-\(rack)", \
                gpuMetricsUrl: "\(url)/gpu/metrics", dollarsPerHour: \(Self.dollarsPerHour)}
                """)
        }
        let file = directory + "/fleet.json5"
        let text = """
            // The demo's fleet.
            {listen: "\(settings.listen)", admin: "\(directory)/admin.sock", journal: "\(directory)/journal",
             nodes: [\(nodes.joined(separator: ",\n         "))]}
            """
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        let child = try ChildProcess.start(
            "/proc/self/exe", ["serve", "--config", file, "--die-with-parent"], ownSession: false,
            errorsTo: directory + "/gateway.log")
        gateway = child
        guard let line = child.firstLine(withinSeconds: 15), let socket = RunCommand.socket(in: line),
            let start = line.range(of: "http://"), let end = line.range(of: " (admin")
        else { throw CommandFailure("the demo's gateway did not start: see \(directory)/gateway.log") }
        self.socket = socket
        address = String(line[start.upperBound..<end.lowerBound])
    }

    private func startLoad() throws {
        guard let colon = address.lastIndex(of: ":"),
            let port = UInt16(address[address.index(after: colon)...]),
            let target = SocketAddress(numeric: "127.0.0.1", port: port)
        else { throw CommandFailure("the demo's gateway has no address: \(address)") }
        let authority = address
        let settings = self.settings
        let box = load
        let stop = stopLoad
        startThread(name: "load") {
            var model: String?
            while model == nil, !stop.isRequested {
                if case .success(let name) = ServedModel.first(at: target, authority: authority) {
                    model = name
                }
                pause(milliseconds: 100)
            }
            if let model {
                var options = LoadClient.Options(address: target, authority: authority, model: model)
                options.loop = .closed(concurrency: settings.concurrency)
                options.seed = settings.seed
                options.rampSeconds = 6
                let report = LoadClient(options).run(until: stop) { now in box.report.withLock { $0 = now } }
                box.report.withLock { $0 = report }
            }
            box.hasEnded.store(true, ordering: .releasing)
        }
    }

    /// What the load has seen so far.
    var loadReport: LoadReport { load.report.withLock { $0 } }

    func snapshot() throws -> Snapshot {
        var client = try AdminClient(path: socket)
        return try client.snapshot()
    }

    /// Ends everything that it started and takes its files away.
    func end() {
        stopLoad.request()
        let deadline = MonotonicClock.now() + 2_000_000_000
        while !load.hasEnded.load(ordering: .acquiring), !socket.isEmpty, MonotonicClock.now() < deadline {
            pause(milliseconds: 10)
        }
        gateway?.end(withinSeconds: 2)
        for engine in engines { engine.signal(SIGTERM) }
        for engine in engines { engine.end(withinSeconds: 2) }
        try? FileManager.default.removeItem(atPath: directory)
    }
}
