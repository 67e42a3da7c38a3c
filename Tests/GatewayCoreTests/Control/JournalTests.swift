import Foundation
import Testing

@testable import GatewayCore

struct JournalTests {
    /// Runs with a directory of its own and takes it away afterwards.
    private func withDirectory(_ body: (String) throws -> Void) throws {
        let base = NSTemporaryDirectory() + "/signalbox-journal-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: base) }
        try body(base + "/gateway")
    }

    private func entry(_ command: Command, refusal: String? = nil) -> JournalEntry {
        JournalEntry(
            time: "2026-01-02T03:04:05Z", unixTime: 1_767_323_045.25, actor: "ann \u{1B}é\n\"",
            command: command,
            before: "weight 100", after: nil, reason: "incident", refusal: refusal)
    }

    @Test func `what was appended is read again, without the refused`() throws {
        try withDirectory { directory in
            let wanted = [
                entry(.drain(node: "a", deadlineSeconds: 30.5, atDeadline: .cut, force: false)),
                entry(.setPolicy(name: "random")),
            ]
            do {
                let opened = try Journal.open(directory: directory)
                #expect(opened.entries.isEmpty && opened.unreadable == 0)
                try opened.journal.append(wanted[0])
                try opened.journal.append(entry(.undrain(node: "b"), refusal: "no such node"))
                try opened.journal.append(wanted[1])
            }
            let again = try Journal.open(directory: directory)
            #expect(again.entries == wanted && again.unreadable == 0)
            let text = try String(contentsOfFile: again.journal.path, encoding: .utf8)
            #expect(text.split(separator: "\n").count == 3 && text.hasSuffix("\n"))
        }
    }

    @Test func `a policy's entry from before parameters is read as one without`() throws {
        let line = #"""
            {"time":"2026-01-02T03:04:05Z","unixTime":1.5,"actor":"ann","command":{"setPolicy":{"name":"random"}},"before":"prefix-affinity","after":"random"}
            """#
        let entry = try JSONDecoder().decode(JournalEntry.self, from: Data(line.utf8))
        #expect(entry.command == .setPolicy(name: "random", model: nil, parameters: nil))
    }

    @Test func `a torn last line is counted, and what follows begins on a line of its own`() throws {
        try withDirectory { directory in
            let first = entry(.setWeight(node: "a", weight: 5))
            let second = entry(.setWeight(node: "a", weight: 6))
            var path = ""
            do {
                let journal = try Journal.open(directory: directory).journal
                path = journal.path
                try journal.append(first)
                try journal.append(second)
            }
            var data = try Data(contentsOf: URL(fileURLWithPath: path))
            data.removeLast(9)
            try data.write(to: URL(fileURLWithPath: path))
            do {
                let torn = try Journal.open(directory: directory)
                #expect(torn.entries == [first] && torn.unreadable == 1)
                try torn.journal.append(second)
            }
            let mended = try Journal.open(directory: directory)
            #expect(mended.entries == [first, second] && mended.unreadable == 1)
        }
    }

    @Test func `a second gateway is refused until the first lets go`() throws {
        try withDirectory { directory in
            do {
                let first = try Journal.open(directory: directory)
                let failure = #expect(throws: Journal.Failure.self) { try Journal.open(directory: directory) }
                #expect(failure?.description.contains("another gateway holds this journal; stop it") == true)
                #expect(failure?.description.contains(directory) == true)
                try first.journal.append(entry(.stop(mode: .drain)))
            }
            #expect(try Journal.open(directory: directory).entries.count == 1)
        }
    }

    @Test func `only its owner may read it`() throws {
        try withDirectory { directory in
            let journal = try Journal.open(directory: directory).journal
            for (path, mode) in [(journal.path, 0o600), (directory + "/lock", 0o600), (directory, 0o700)] {
                let attributes = try FileManager.default.attributesOfItem(atPath: path)
                #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == mode, "\(path)")
            }
        }
    }

    @Test func `a place where it cannot be is named with a remedy`() throws {
        let failure = #expect(throws: Journal.Failure.self) { try Journal.open(directory: "/dev/null/x") }
        #expect(failure?.description.contains("/dev/null/x") == true)
        #expect(failure?.description.contains("set journal") == true)
    }
}
