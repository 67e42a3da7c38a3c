import Foundation
import TestSupport
import Testing

@testable import GatewayCore

/// When a trial begins and ends, and what it goes back to.
struct TrialTests {
    private static let half = Command.setWeight(node: "a", weight: 50)
    private static let whole = Command.setWeight(node: "a", weight: 100)

    private func trials(_ command: Command = half, back: Command = whole, until: Double = 300) -> Trials {
        var trials = Trials()
        trials.take(command, back: back, by: "ann", until: until)
        return trials
    }

    @Test func `a trial is due at its time and not before`() {
        #expect(trials().due(at: 299.9) == nil)
        #expect(trials().due(at: 300)?.back == Self.whole)
        var plain = Trials()
        plain.take(Self.half, back: Self.whole, by: "ann", until: nil)
        #expect(plain.due(at: 1e9) == nil)
    }

    @Test func `a second change of the same thing ends the trial and wins`() {
        var trials = trials()
        trials.take(.setWeight(node: "b", weight: 1), back: Self.whole, by: "bob", until: nil)
        trials.take(.setPolicy(name: "random"), back: .setPolicy(name: "foresight"), by: "bob", until: nil)
        trials.take(
            .drain(node: "a", deadlineSeconds: nil, atDeadline: .keep, force: false), back: nil, by: "bob",
            until: nil)
        #expect(trials.running.count == 1, "those are other things")
        trials.take(.setWeight(node: "a", weight: 20), back: Self.half, by: "bob", until: nil)
        #expect(trials.running.isEmpty)
    }

    @Test func `policies of two models are two things`() {
        var trials = trials(
            .setPolicy(name: "random", model: "m"), back: .setPolicy(name: "default", model: "m"))
        trials.take(
            .setPolicy(name: "random", model: "n"), back: .setPolicy(name: "default", model: "n"), by: "bob",
            until: 900)
        #expect(trials.running.map(\.status.what) == ["policy of m", "policy of n"])
        trials.take(.setPolicy(name: "foresight"), back: nil, by: "bob", until: nil)
        #expect(trials.running.count == 2)
        trials.take(.keep, back: nil, by: "bob", until: nil)
        #expect(trials.running.isEmpty)
    }

    @Test func `what is shown tells what is tried and what comes back`() throws {
        let back = try PolicySetting("foresight", ["w": 3]).command(model: nil)
        let trials = trials(.setPolicy(name: "random"), back: back)
        #expect(
            trials.running.map(\.status) == [
                TrialStatus(
                    what: "policy", tried: "random", before: "foresight w=3", actor: "ann", until: 300)
            ])
        #expect(
            trials.words(of: .setPolicy(name: "random"), at: 0)
                == ", for 300 s, then foresight w=3 again unless kept")
        #expect(trials.words(of: Self.half, at: 0).isEmpty)
    }

    @Test func `only a setting is tried, for a bounded time, and not too many at once`() {
        var snapshot = Snapshot()
        var node = NodeStatus()
        node.name = "a"
        node.state = .serving
        snapshot.nodes = [node]
        func why(_ command: Command, _ seconds: Double) -> String? {
            guard case .refused(let reason, false) = Guard.check(command, trySeconds: seconds, on: snapshot)
            else { return nil }
            return reason
        }
        #expect(why(Self.half, 300) == nil && why(Self.half, 1) == nil)
        for seconds in [0.5, 0, -1, .nan, .infinity, 90_000] {
            #expect(why(Self.half, seconds)?.contains("1 s to 24 h") == true)
        }
        #expect(
            why(.maintenance(node: "a", force: true), 300)
                == "only a weight, a limit, the queue's capacity or a policy can be tried")
        #expect(
            Guard.check(.keep, on: snapshot) == .refused(reason: "nothing is being tried", canForce: false))
        snapshot.trials = (0..<Snapshot.listLimit).map {
            TrialStatus(what: "weight of \($0)", tried: "1", before: "2", actor: "ann", until: 9)
        }
        #expect(why(Self.half, 300)?.contains("keep them first") == true)
        #expect(Guard.check(.keep, on: snapshot) == .allowed)
    }
}

extension ProxyTests {
    /// A gateway that runs: trials end by commands that the journal has.
    @Suite(.serialized) struct TrialsOfAGateway {
        private let folder = NSTemporaryDirectory() + "signalbox-trials-" + UUID().uuidString.prefix(8)

        private func gateway() throws -> RunningGateway {
            let nodes = ["a", "b"].map { ($0, deadPort(), ["tiny"]) }
            return try RunningGateway(nodes: nodes) { $0.journal = folder }
        }

        private func entries() throws -> [JournalEntry] {
            let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/journal.jsonl"))
            return try data.split(separator: 0x0A).map {
                try JSONDecoder().decode(JournalEntry.self, from: $0)
            }
        }

        @Test func `what is not kept goes back by a command of the journal, what is kept stays`() throws {
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let running = try gateway()
            let tried = try running.perform(.setWeight(node: "a", weight: 50), trySeconds: 1)
            #expect(tried.accepted && tried.message.contains("for 1 s, then 100 again unless kept"))
            #expect(try running.perform(.setPolicy(name: "random"), trySeconds: 1).accepted)
            #expect(try running.snapshot().trials.map(\.what) == ["weight of a", "policy"])
            #expect(try eventually { try running.snapshot().trials.isEmpty })
            let after = try running.snapshot()
            #expect(after.nodes[0].weight == 100 && after.gateway.policy == "round-robin")
            let back = try entries().filter { $0.actor == "trial" }
            #expect(
                back.map(\.command.setting) == ["weight of a", "policy"]
                    && back[0].reason?.contains("not kept") == true)
            #expect(after.events.contains { $0.actor == "trial" && $0.text.contains("50 → 100") })

            #expect(try running.perform(.setWeight(node: "a", weight: 50), trySeconds: 1).accepted)
            let kept = try running.perform(.keep)
            #expect(kept.accepted && kept.message == "kept: weight of a 50")
            #expect(try !running.perform(.keep).accepted)
            // When a later trial of as long is over, the kept one's time has passed.
            #expect(try running.perform(.setPolicy(name: "random"), trySeconds: 1).accepted)
            #expect(try eventually { try running.snapshot().trials.isEmpty })
            let later = try running.snapshot()
            #expect(later.nodes[0].weight == 50 && later.gateway.policy == "round-robin")
        }

        @Test func `a change during a trial wins, and undo leads to what was before the trial`() throws {
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let running = try gateway()
            let first = try running.perform(.setWeight(node: "a", weight: 50), trySeconds: 600)
            #expect(first.inverse == .setWeight(node: "a", weight: 100))
            let second = try running.perform(.setWeight(node: "a", weight: 20), trySeconds: 900)
            #expect(second.inverse == .setWeight(node: "a", weight: 100))
            #expect(try running.snapshot().trials.map(\.before) == ["100"])
            let third = try running.perform(.setWeight(node: "a", weight: 10))
            #expect(third.inverse == .setWeight(node: "a", weight: 100))
            #expect(try running.snapshot().trials.isEmpty)
            #expect(try running.perform(try #require(third.inverse)).accepted)
            #expect(try running.snapshot().nodes[0].weight == 100)
        }

        @Test func `a gateway that starts again goes on with a trial, or ends it when its time has passed`()
            throws
        {
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let now = Date().timeIntervalSince1970
            func entry(_ command: Command, _ secondsAgo: Double, _ trySeconds: Double?) -> JournalEntry {
                JournalEntry(
                    time: "", unixTime: now - secondsAgo, actor: "ann", command: command,
                    trySeconds: trySeconds)
            }
            try {
                let journal = try Journal.open(directory: folder).journal
                try journal.append(entry(.setWeight(node: "a", weight: 70), 900, nil))
                try journal.append(entry(.setWeight(node: "a", weight: 50), 400, 300))
                try journal.append(entry(.setWeight(node: "b", weight: 30), 200, 300))
                try journal.append(entry(.setPolicy(name: "random"), 200, 300))
                try journal.append(entry(.setPolicy(name: "power-of-two"), 100, nil))
            }()
            let running = try gateway()
            #expect(try eventually { try running.snapshot().trials.count == 1 })
            let after = try running.snapshot()
            #expect(after.nodes.map(\.weight) == [70, 30] && after.gateway.policy == "power-of-two")
            let trial = try #require(after.trials.first)
            #expect(trial.what == "weight of b" && trial.before == "100" && trial.actor == "ann")
            #expect(abs(trial.until - (now + 100)) < 0.01)
            let back = try entries().filter { $0.actor == "trial" }
            #expect(back.map(\.command) == [.setWeight(node: "a", weight: 70)])
        }

        @Test func `what the guard does not allow any more stays, and that is in the journal`() throws {
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let running = try gateway()
            #expect(try running.perform(.setWeight(node: "a", weight: 0)).accepted)
            #expect(try running.perform(.setWeight(node: "a", weight: 50), trySeconds: 1).accepted)
            #expect(try running.perform(.maintenance(node: "b", force: false)).accepted)
            #expect(try eventually { try running.snapshot().trials.isEmpty })
            #expect(try running.snapshot().nodes[0].weight == 50)
            let ends = try entries().suffix(2)
            #expect(
                ends.map { $0.refusal == nil } == [false, true] && ends.allSatisfy { $0.actor == "trial" })
            #expect(ends.last?.command == .setWeight(node: "a", weight: 50) && ends.last?.trySeconds == nil)
        }
    }
}
