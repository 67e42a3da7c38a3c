import Foundation
import TestSupport
import Testing

/// `signalbox replay` as a user meets it, on a small trace of its own.
struct ReplayTests {
    /// 400 requests of 40 conversations, with a crowd at the start.
    private func trace(_ signalbox: Signalbox) throws -> String {
        var lines: [String] = []
        for index in 0..<400 {
            let ids = [0, 1 + index % 40, 100 + index % 40, 1000 + index]
            lines.append(
                "{\"timestamp\": \(index * 40), \"input_length\": 2000, \"output_length\": \(1 + index % 90), "
                    + "\"hash_ids\": \(ids)}")
        }
        let path = signalbox.folder.file("trace.jsonl")
        try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private func replay(_ signalbox: Signalbox, _ flags: String...) async throws -> Program.Result {
        try await signalbox.run(["replay", try trace(signalbox)] + flags)
    }

    @Test func `the same seed gives the same bytes, another one does not`() async throws {
        let signalbox = try Signalbox()
        let flags = ["--json", "--nodes", "3", "--speed", "30", "--kv-blocks", "60"]
        let path = try trace(signalbox)
        let first = try await signalbox.run(["replay", path] + flags)
        let second = try await signalbox.run(["replay", path] + flags)
        let other = try await signalbox.run(["replay", path] + flags + ["--seed", "2"])
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.output == second.output)
        #expect(first.output != other.output)
    }

    @Test func `a row for each policy, all requests answered, seconds on standard error only`() async throws {
        let signalbox = try Signalbox()
        let result = try await replay(
            signalbox, "--policies", "foresight:w=3,round-robin", "--engine", "simple", "--json")
        #expect(result.status == 0, "\(result.errors)")
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        let policies = try #require(json["policies"] as? [[String: Any]])
        #expect(policies.map { $0["label"] as? String } == ["foresight:w=3", "round-robin"])
        #expect((policies[0]["parameters"] as? [String: Double])?["w"] == 3)
        for policy in policies { #expect(policy["completed"] as? Int == 400) }
        let hits = policies.compactMap { $0["hitRatio"] as? Double }
        #expect(hits[0] > hits[1], "a router that knows caches hits more: \(hits)")
        #expect(result.errors.contains("foresight:w=3: "))
    }

    @Test func `a lost node, late events and mixed speeds still answer everybody`() async throws {
        let signalbox = try Signalbox()
        let result = try await replay(
            signalbox, "--nodes", "2", "--speeds", "1,3", "--lose-node", "4:9", "--event-lag", "1",
            "--own-late", "--output-guess", "wrong", "--policies", "all", "--json")
        #expect(result.status == 0, "\(result.errors)")
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        for policy in try #require(json["policies"] as? [[String: Any]]) {
            #expect(policy["completed"] as? Int == 400, "\(policy["label"] ?? "")")
        }
    }

    @Test(arguments: [
        (["--policies", "forsight"], "did you mean foresight?"),
        (["--policies", "foresight:q=1"], "foresight has no parameter q"),
        (["--policies", "foresight:w=100"], "w takes a number from"),
        (["--lose-node", "9:4"], "600:900"),
        (["--speeds", "1,x"], "--speeds takes numbers"),
        (["--engine", "real"], "model, simple"),
        (["--hold", "maybe"], "on, off or auto"),
        (["--gpu", "h1000"], "h100"),
    ])
    func `a wrong flag is told with what it takes`(flags: [String], expected: String) async throws {
        let signalbox = try Signalbox()
        let result = try await signalbox.run(["replay", try trace(signalbox)] + flags)
        #expect(result.status == 2)
        #expect(result.errors.contains(expected), "\(result.errors)")
    }

    @Test func `what can't be read is told with its place`() async throws {
        let signalbox = try Signalbox()
        let missing = try await signalbox.run("replay", "/nonexistent.jsonl.gz")
        #expect(missing.status == 1 && missing.errors.contains("is the name right?"), "\(missing.errors)")
        let path = signalbox.folder.file("broken.jsonl")
        try "{\"hash_ids\": [1], \"timestamp\": 1".write(toFile: path, atomically: true, encoding: .utf8)
        let broken = try await signalbox.run("replay", path)
        #expect(broken.status == 1 && broken.errors.contains("broken.jsonl:1: no JSON"), "\(broken.errors)")
    }
}
