import Foundation
import TestSupport
import Testing

/// What runs without a terminal and is promised to work as written.
@Suite(.serialized)
struct HeadlessDemoTests {
    @Test func `the headless demo reports its load and fleet as JSON, without a failed request`() async throws
    {
        let signalbox = try Signalbox()
        let result = try await signalbox.run(
            ["demo", "--headless", "--for", "6s", "--nodes", "2", "--seed", "7", "--json"], within: 90)
        #expect(result.status == 0, "\(result.errors)")
        let report = try Status(result.output)
        #expect(report.object["seed"] as? Int == 7)
        let load = try #require(report.object["load"] as? [String: Any])
        #expect(load["failed"] as? Int == 0)
        #expect((load["completed"] as? Int ?? 0) > 0)
        let fleet = try #require(report.object["status"] as? [String: Any])
        #expect((fleet["nodes"] as? [Any])?.count == 2)
        let left = try FileManager.default.contentsOfDirectory(atPath: signalbox.folder.file("tmp"))
        #expect(left.isEmpty, "its files are gone: \(left)")
    }

    @Test func `every command of README's sh blocks that needs no build runs`() async throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
        let blocks = text.matches(of: /```sh\n(?<lines>(?s).*?)```/).map { String($0.output.lines) }
        let lines = blocks.flatMap { $0.split(separator: "\n").map(String.init) }
            .filter { $0.hasPrefix(".build/release/signalbox") }
        #expect(!lines.isEmpty)
        let signalbox = try Signalbox()
        for line in lines {
            let command = line.replacing(".build/release/signalbox", with: Signalbox.path)
            let result = try await Program(
                "/bin/sh", ["-c", "cd '\(root.path)' && \(command)"], environment: signalbox.environment
            ).result()
            #expect(result.status == 0, "\(line): \(result.errors)")
        }
    }
}
