import CLinux
import FleetSim
import Foundation
import GatewayCore

/// Emulated engines, a gateway before them and a load on it: all child processes but the load, all on loopback.
///
/// Nothing behind it knows that it is a demo: the gateway gets a configuration with URLs, as it would for real nodes.
final class DemoFleet {
    struct Settings {
        var nodes = 8
        var seed: UInt64 = 1
        var listen = "127.0.0.1:0"
        var scenario: Scenario?
    }

    let settings: Settings
    let load: DemoLoad
    private let directory: String
    private(set) var engines: DemoEngines?
    private var gateway: ChildProcess?
    private(set) var socket = ""
    private(set) var address = ""

    init(_ settings: Settings) throws {
        self.settings = settings
        load = DemoLoad(Scenario.usual.mix(nodes: settings.nodes))
        directory = NSTemporaryDirectory() + "/signalbox-demo-\(getpid())"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    func start() throws {
        let engines = try DemoEngines(
            count: settings.nodes, seed: settings.seed, log: directory + "/engines.log")
        self.engines = engines
        try startGateway(engines)
        guard let colon = address.lastIndex(of: ":"),
            let port = UInt16(address[address.index(after: colon)...]),
            let target = SocketAddress(numeric: "127.0.0.1", port: port)
        else { throw CommandFailure("the demo's gateway has no address: \(address)") }
        load.start(at: target, authority: address, seed: settings.seed)
    }

    private func startGateway(_ engines: DemoEngines) throws {
        let file = directory + "/fleet.json5"
        let scenario = settings.scenario
        let limits = scenario?.maxActive.map { "limits: {maxActivePerNode: \($0)}, " } ?? ""
        let text = """
            // The demo's fleet.
            {listen: "\(settings.listen)", admin: "\(directory)/admin.sock", journal: "\(directory)/journal",
             streams: {migration: "inexact"}, \(limits)policy: "\(scenario?.policy ?? PolicySetting.usual.name)",
             nodes: [\(engines.configuration.joined(separator: ",\n         "))]}
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

    func snapshot() throws -> Snapshot {
        var client = try AdminClient(path: socket)
        return try client.snapshot()
    }

    /// Ends everything that it started and takes its files away.
    func end() {
        load.end()
        gateway?.end(withinSeconds: 2)
        engines?.end()
        try? FileManager.default.removeItem(atPath: directory)
    }
}
