import Foundation
import GatewayCore
import TestSupport
import Testing

/// All tests of the proxy over sockets, one after another: they measure times and share two cores.
@Suite(.serialized) enum ProxyTests {}

/// A gateway in this process with its own folder.
final class RunningGateway {
    struct NotReady: Error, CustomStringConvertible { let description: String }

    let gateway: Gateway
    let port: UInt16
    private let folder: String
    private var models: [String: [String]] = [:]
    /// Kept as long as the gateway.
    private var engines: [ScriptedEngine] = []

    /// - Parameters:
    ///   - nodes: name, port and models of each node.
    ///   - unready: names of those that are not made healthy.
    init(
        nodes: [(name: String, port: UInt16, models: [String])], loops: Int = 1, unready: Set<String> = [],
        _ change: (inout GatewayConfiguration) -> Void = { _ in }
    ) throws {
        folder = NSTemporaryDirectory() + "signalbox-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var configuration = GatewayConfiguration(
            nodes: try nodes.map {
                NodeConfiguration(name: $0.name, url: try EngineURL(parsing: "http://127.0.0.1:\($0.port)"))
            })
        configuration.listen = ListenAddress(host: "127.0.0.1", port: 0)
        configuration.admin = folder + "/admin.sock"
        configuration.journal = folder + "/journal"
        configuration.loops = loops
        configuration.policies.standard = try PolicySetting("round-robin")
        change(&configuration)
        gateway = try Gateway.start(configuration, environment: [:], version: "test")
        guard case .ip(_, let port) = gateway.address else { throw NotReady(description: "no port") }
        self.port = port
        for node in nodes { models[node.name] = node.models }
        try serve(nodes.map(\.name).filter { !unready.contains($0) })
    }

    convenience init(
        _ engines: ScriptedEngine..., loops: Int = 1,
        _ change: (inout GatewayConfiguration) -> Void = { _ in }
    ) throws {
        try self.init(nodes: engines.map { ($0.name, $0.port, ["tiny"]) }, loops: loops, change)
        self.engines = engines
    }

    deinit {
        gateway.inbox.stop(.now)
        let hasEnded = eventually(seconds: 5) { gateway.hasStopped }
        if !hasEnded { Issue.record("the gateway did not stop") }
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Sends good readings of nodes until they serve.
    func serve(_ names: [String]) throws {
        tellReady(names)
        let serve = try eventually {
            let nodes = try snapshot().nodes
            return names.allSatisfy { name in nodes.contains { $0.name == name && $0.state == .serving } }
        }
        guard serve else { throw NotReady(description: "\(names) do not serve") }
    }

    /// Sends good readings once.
    func tellReady(_ names: [String]) {
        for name in names {
            var reading = EngineReading()
            reading.models = models[name] ?? []
            gateway.inbox.accept(
                NodeReading(
                    node: name, instant: Double(MonotonicClock.now()) / 1e9, probe: .ready,
                    engine: .success(reading)))
        }
    }

    /// Waits until its own clock has gone on for so long: what control does by itself has been done.
    func goOn(seconds: Double) throws {
        let end = try snapshot().gateway.uptimeSeconds + seconds
        guard try eventually({ try snapshot().gateway.uptimeSeconds >= end }) else {
            throw NotReady(description: "the gateway's clock stands")
        }
    }

    func client() throws -> TestSocket { try TestSocket(port: port) }

    /// One request over a connection of its own.
    func ask(_ request: String) throws -> TestAnswer { try client().ask(request) }

    func snapshot() throws -> Snapshot {
        var admin = try AdminClient(path: gateway.adminSocket)
        return try admin.snapshot()
    }

    @discardableResult
    func perform(_ command: Command, trySeconds: Double? = nil) throws -> CommandResult {
        var admin = try AdminClient(path: gateway.adminSocket)
        return try admin.perform(
            CommandRequest(command: command, trySeconds: trySeconds, actor: "test"))
    }

    /// It answers a request as it should.
    func stillServes() throws -> Bool { try ask(chat()).status == 200 }
}

/// A port on which nobody listens.
func deadPort() -> UInt16 {
    let engine = ScriptedEngine("dead")
    engine.stopListening()
    return engine.port
}
