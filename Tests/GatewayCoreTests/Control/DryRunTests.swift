import Foundation
import GatewayCore
import TestSupport
import Testing

extension ProxyTests {
    /// Commands that are judged and not done.
    @Suite(.serialized) struct DryRunTests {
        private let folder = NSTemporaryDirectory() + "signalbox-dry-" + UUID().uuidString.prefix(8)

        private func gateway() throws -> RunningGateway {
            let nodes = ["a", "b"].map { ($0, deadPort(), ["tiny"]) }
            return try RunningGateway(nodes: nodes) { $0.journal = folder }
        }

        private func ask(
            _ running: RunningGateway, _ command: Command, trySeconds: Double? = nil, version: UInt64? = nil,
            isDryRun: Bool = true
        ) throws -> CommandResult {
            var admin = try AdminClient(path: running.gateway.adminSocket)
            return try admin.perform(
                CommandRequest(
                    command: command, expectedVersion: version, trySeconds: trySeconds, actor: "ann"),
                isDryRun: isDryRun)
        }

        /// What a dry run must leave as it is.
        private func traces(_ running: RunningGateway) throws -> [String] {
            let snapshot = try running.snapshot()
            let journal = try String(contentsOfFile: folder + "/journal.jsonl", encoding: .utf8)
            return [
                "\(snapshot.gateway.configurationVersion)", "\(snapshot.events.count)",
                "\(snapshot.nodes.map { "\($0.state) \($0.weight)" })", snapshot.gateway.policy,
                "\(snapshot.trials)", "\(snapshot.pins)", journal,
            ]
        }

        private static let allowed: [(Command, Double?, String)] = [
            (
                .drain(node: "a", deadlineSeconds: 60, atDeadline: .cut, force: false), nil,
                "draining a: no new requests, 0 in flight; after 60 s the rest is cut (serve, weight 50 → drain)"
            ),
            (
                .maintenance(node: "a", force: false), nil,
                "a is in maintenance: no new requests, no probes (serve, weight 50 → maintenance)"
            ),
            (.setWeight(node: "b", weight: 20), nil, "weight of b: 100 → 20"),
            (
                .setWeight(node: "b", weight: 20), 300,
                "weight of b: 100 → 20, for 300 s, then 100 again unless kept"
            ),
            (.setLimit(node: "b", requests: 8), nil, "limit of b: none → 8"),
            (
                .setQueueCapacity(requests: 8), 60,
                "queue's capacity: 1024 → 8, for 60 s, then 1024 again unless kept"
            ),
            (.undo, nil, "weight of a: 50 → 100"),
            (.setPolicy(name: "random"), nil, "policy: round-robin → random"),
            (.keep, nil, "kept: weight of a 50 (tried → kept)"),
            (.cancelSession(id: "s"), nil, "session s: its requests end"),
            (
                .cancelStream(id: 99), nil,
                "stream 99: it is not among those listed, and ends if it is open"
            ),
            (.pin(session: "s", node: "b"), nil, "session s: not pinned → pinned to b"),
            (.setAutotune(isOn: true), nil, "autotune on (autotune off → autotune on)"),
            (.stop(mode: .now), nil, "stop now"),
        ]

        @Test func `a dry run tells what would be, before and after, and leaves no trace`() throws {
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let running = try gateway()
            let tried = Command.setWeight(node: "a", weight: 50)
            #expect(try ask(running, tried, trySeconds: 600, isDryRun: false).accepted)
            let before = try traces(running)
            for (command, trySeconds, words) in Self.allowed {
                let result = try ask(running, command, trySeconds: trySeconds)
                #expect(result.accepted && result.inverse == nil, "\(result.message)")
                #expect(result.message == "dry run, nothing was changed: " + words)
            }
            #expect(try traces(running) == before)
            #expect(!running.gateway.hasStopped)
        }

        @Test func `a dry run is refused in the words of the guard, and that leaves no trace either`() throws
        {
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let running = try gateway()
            #expect(try running.perform(.maintenance(node: "b", force: false)).accepted)
            let refused: [Command] = [
                .drain(node: "a", deadlineSeconds: nil, atDeadline: .keep, force: false), .undrain(node: "a"),
                .cut(node: "a"), .migrate(node: "a"), .setWeight(node: "nobody", weight: 1),
                .setLimit(node: "a", requests: 0), .setQueueCapacity(requests: -1),
                .setPolicy(name: "sideways"), .keep, .pin(session: "s", node: "b"), .unpin(session: "s"),
            ]
            let before = try traces(running)
            let dry = try refused.map { try ask(running, $0) }
            #expect(try traces(running) == before)
            let done = try refused.map { try ask(running, $0, isDryRun: false) }
            #expect(dry.allSatisfy { !$0.accepted })
            #expect(dry.map(\.message) == done.map(\.message))
        }
    }
}
