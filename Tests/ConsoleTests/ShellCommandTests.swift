import GatewayCore
import Testing

@testable import Console

/// The command line that each dialog shows, to be pasted into a runbook.
struct ShellCommandTests {
    private static let commands: [Command] = [
        .drain(node: "a", deadlineSeconds: 600, atDeadline: .cut, force: true),
        .drain(node: "a", deadlineSeconds: nil, atDeadline: .keep, force: false), .undrain(node: "a"),
        .maintenance(node: "a", force: true), .migrate(node: "a"), .cut(node: "a"),
        .cancelSession(id: "s"), .cancelStream(id: 7), .pin(session: "s", node: "a"), .unpin(session: "s"),
        .setWeight(node: "a", weight: 5), .setLimit(node: "a", requests: 5),
        .setLimit(node: "a", requests: nil), .setQueueCapacity(requests: 5),
        .setPolicy(name: "foresight", model: "m", parameters: ["w": 3]), .keep, .undo,
        .setAutotune(isOn: false), .stop(mode: .drain), .stop(mode: .now),
    ]

    @Test(arguments: commands)
    func `what a command is called is a command line that is understood`(_ command: Command) throws {
        let words = command.words()
        let entry = try #require(Subcommands.all.first { $0.name == words[0] })
        #expect(try entry.parse(Array(words.dropFirst())) != nil)
    }

    @Test(arguments: [
        ("d", "signalbox drain engine-1"),
        ("dttxm", "signalbox drain engine-1 --deadline 1m --at-deadline cut --migrate"),
        ("w50t", "signalbox weight engine-1 50 --try 5m"), ("l8", "signalbox limit engine-1 8"),
        ("  w50", #"for node in engine-1 engine-2; do signalbox weight "$node" 50 ; done"#),
        ("  d", #"for node in engine-1 engine-2; do signalbox drain "$node" ; done"#), ("q", ""),
    ])
    func `a dialog shows the command that does the same`(_ keys: String, _ line: String) throws {
        var screen = Screen(Size(120, 40), ownership: .started)
        screen.type(keys)
        let dialog = try #require(screen.state.dialog)
        #expect(dialog.shellCommand(screen.snapshot).joined(separator: " ") == line)
        #expect(
            line.isEmpty || screen.text.replacing(" \\", with: "").contains(line.prefix(50)), "\(screen.text)"
        )
    }

    @Test func `a line that is too long goes on so that the shell reads it as one`() {
        var screen = Screen(Size(80, 24))
        screen.type("dtttttxxm")
        #expect(
            screen.text.contains(#"signalbox drain engine-1 --deadline 30m --at-deadline migrate \"#),
            "\(screen.text)")
        #expect(screen.text.contains("│ --migrate "), "\(screen.text)")
    }

    @Test func `what comes from outside is one word`() {
        #expect(Command.cancelSession(id: "a; rm 'x'").phrase == #"cancel --session 'a; rm '\''x'\'''"#)
        #expect(
            Command.setPolicy(name: "random", model: "m $(x)").phrase == "policy random --model 'm $(x)'")
    }
}
