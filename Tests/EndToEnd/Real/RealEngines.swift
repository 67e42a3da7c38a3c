import Foundation
import Glibc
import TestSupport
import Testing

/// Two real engines of one kind on free loopback ports, and a gateway over both; they end with this object.
final class RealEngines: Sendable {
    /// As the script calls it.
    let kind: String
    let ports: [UInt16]
    let gateway: GatewayProcess
    private let script: String

    /// Nil after a line that says why when the engine can't be had here.
    /// - Parameter ragged: its text does not encode back to its own tokens.
    static func start(_ kind: String, ragged: Bool = false) throws -> RealEngines? {
        guard let shared = try requireShared("real \(kind)") else { return nil }
        let script = shared.appendingPathComponent("tools/real-engines.sh").path
        let installed = try run(script, ["install", kind])
        guard installed.status == 0 else {
            return try skip("real \(kind)", because: "it can't be installed: \(installed.errors)")
        }
        return try RealEngines(kind, script, ragged: ragged)
    }

    private init(_ kind: String, _ script: String, ragged: Bool) throws {
        self.kind = kind
        self.script = script
        ports = freePorts(2)
        for port in ports {  // one after the other: two that load at once take longer than both in turn
            let started = try Self.run(
                script, ["start", kind, "1", "\(port)"],
                environment: ["READY_S": "500"].merging(ragged ? ["RAGGED": "1"] : [:]) { $1 })
            guard started.status == 0 else { throw GatewayProcess.Failure(what: started.errors) }
        }
        do { gateway = try GatewayProcess(ports.map { "http://127.0.0.1:\($0)" }) } catch {
            Self.end(kind, ports, script)
            throw error
        }
    }

    deinit { Self.end(kind, ports, script) }

    /// The process of engine `index`, as the script tells it.
    func processID(_ index: Int) -> Int32? {
        Self.processIDs(kind, [ports[index]], script).first
    }

    private static func processIDs(_ kind: String, _ ports: [UInt16], _ script: String) -> [Int32] {
        guard let status = try? run(script, ["status"]) else { return [] }
        return status.out.split(separator: "\n").compactMap { line in
            guard ports.contains(where: { line.hasPrefix("\(kind)-\($0): pid ") }) else { return nil }
            return line.split(separator: " ").dropFirst(2).first.flatMap { Int32($0.dropLast()) }
        }
    }

    /// Ends these engines and no other: by the process ids that the script tells for their ports.
    private static func end(_ kind: String, _ ports: [UInt16], _ script: String) {
        for pid in processIDs(kind, ports, script) {
            kill(pid, SIGTERM)
            if !eventually(seconds: 20, { kill(pid, 0) != 0 }) { kill(pid, SIGKILL) }
        }
    }

    /// Runs the script without the descriptors that its engines would inherit: Foundation's `Process` holds one open
    /// until every descendant has ended, and would wait for the engines. `env` unblocks the signals that the threads of
    /// the tests block, or TERM would not end an engine.
    private static func run(_ script: String, _ words: [String], environment: [String: String] = [:]) throws
        -> Output
    {
        let detached =
            #"for f in /proc/self/fd/*; do n=${f##*/}; ((n > 2)) && eval "exec $n>&-"; done; exec bash "$@""#
        return try runToEnd(
            "/usr/bin/env", ["--default-signal", "bash", "-c", detached, "detached", script] + words,
            environment: environment)
    }

    func name(_ index: Int) -> String { "127.0.0.1:\(ports[index])" }

    /// The sum of a family of an engine's own metrics.
    func metric(_ name: String, of index: Int) throws -> Double {
        let page = try RawRequest.get("/metrics").send(port: ports[index])
        return page.text.split(separator: "\n").filter {
            $0.hasPrefix(name) && [" ", "{"].contains($0.dropFirst(name.count).first)
        }.compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
    }
}

private func freePorts(_ count: Int) -> [UInt16] {
    (0..<count).map { _ in RawServer { _, _ in } }.map(\.port)
}
