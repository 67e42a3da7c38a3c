import Foundation
import TestSupport
import Testing

/// The tools that count every event, before and behind the gateway.
@Suite(.serialized, .enabled(if: sharedFolder != nil, "no shared folder with sseload and upstream"))
struct ThousandStreamTests {
    private static func compile(_ tool: String, into folder: TemporaryFolder) async throws -> String {
        let source = try #require(sharedFolder).appendingPathComponent("tools/\(tool).c").path
        let environment = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"]
        let result = try await Program(
            "/usr/bin/cc", ["-O2", "-w", "-std=gnu11", "-o", folder.file(tool), source],
            environment: environment
        ).result(within: 120)
        guard result.status == 0 else { throw Program.Failure(description: result.errors) }
        return folder.file(tool)
    }

    @Test func `1,000 streams lose nothing while a node is drained and undrained ten times`() async throws {
        let signalbox = try Signalbox()
        let upstream = try await Self.compile("upstream", into: signalbox.folder)
        let sseload = try await Self.compile("sseload", into: signalbox.folder)
        let ports = [try freePort(), try freePort()]
        let engines = try ports.map {
            try Program(upstream, ["-p", "\($0)", "-d", "100000"], environment: signalbox.environment)
        }
        for port in ports {
            try await expectEventually("the upstream listening") {
                (try? await HTTP.get("http://127.0.0.1:\(port)/health").status) == 200
            }
        }
        let gateway = try await Serving(
            signalbox, ports.map { "http://127.0.0.1:\($0)" } + ["--policy", "least-requests"])
        let names = try await signalbox.waitForServing().names
        let load = try Program(
            sseload,
            ["-u", gateway.url, "-c", "1000", "-n", "3000", "-S", "-m", "50", "-r", "2", "-t", "60", "-j"],
            environment: signalbox.environment)
        try await expectEventually("1,000 streams at once", within: 60) {
            (try await signalbox.status().requests["active"] ?? 0) >= 1_000
        }
        for round in 1...10 {
            for verb in ["drain", "undrain"] {
                let result = try await signalbox.run(verb, names[0])
                #expect(result.status == 0, "\(verb) \(round): \(result.errors)")
            }
        }
        let result = try await load.result(within: 120)
        let report = try Status(result.output).object
        #expect(report["errors"] as? Int == 0, "\(result.output)")
        #expect(report["req"] as? Int == 3_000)
        #expect(report["events"] as? Int == 150_000)
        let status = try await eventually("every stream settled") {
            let status = try await signalbox.status()
            return status.requests["completed"] == 3_000 ? status : nil
        }
        #expect(status.requests["failed"] == 0)
        for node in status.nodes { #expect((node["completed"] as? Int ?? 0) > 0) }
        #expect(engines.allSatisfy { $0.status == nil })
    }
}
