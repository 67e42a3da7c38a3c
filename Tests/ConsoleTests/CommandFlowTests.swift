import GatewayCore
import Testing

@testable import Console

/// From a confirmation to the answer, and back by undo.
struct CommandFlowTests {
    private func accepted(_ message: String, _ inverse: Command?, _ version: UInt64) -> ScreenInput {
        .result(
            CommandResult(accepted: true, message: message, inverse: inverse, configurationVersion: version))
    }

    @Test func `marked nodes go one after the other, each on the version of the one before`() {
        var screen = Screen()
        screen.press(.character(" "), .character(" "), .character("d"), .character("y"))
        #expect(screen.submitted.map(\.command.node) == ["engine-1"])
        screen.take(accepted("engine-1 drains", .undrain(node: "engine-1"), 8))
        #expect(screen.submitted.map(\.command.node) == ["engine-1", "engine-2"])
        #expect(screen.submitted.map(\.expectedVersion) == [7, 8])
        screen.take(accepted("engine-2 drains", .undrain(node: "engine-2"), 9))
        #expect(screen.submitted.count == 2)
        #expect(screen.state.marks.isEmpty)
    }

    @Test func `a drain that moves streams sends both, the move when the drain is done`() {
        var screen = Screen()
        screen.type("dmtxxy")
        let drain = Command.drain(node: "engine-1", deadlineSeconds: 30, atDeadline: .migrate, force: false)
        #expect(screen.submitted.map(\.command) == [drain])
        screen.take(accepted("engine-1 drains", .undrain(node: "engine-1"), 8))
        #expect(screen.submitted.map(\.command) == [drain, .migrate(node: "engine-1")])
        screen.take(accepted("moved", nil, 9))
        #expect(screen.state.undo == .undrain(node: "engine-1"))
    }

    @Test func `c on a stream cancels it after a confirmation, or its session`() {
        var screen = Screen()
        screen.type("3j")
        let stream = visibleStreams(SampleFleet.snapshot(nodes: 8, second: 60), screen.state).first
        let session = stream.flatMap { first in
            screen.snapshot?.streams.first { $0.id == screen.state.selectedStream }?.session ?? first.session
        }
        screen.press(.character("c"))
        #expect(screen.submitted.isEmpty && screen.text.contains("its tokens are waste"))
        var whole = screen
        screen.press(.character("y"))
        #expect(screen.submitted.map(\.command) == [.cancelStream(id: screen.state.selectedStream ?? 0)])
        whole.press(.character("s"), .character("y"))
        #expect(whole.submitted.map(\.command) == [.cancelSession(id: session ?? "?")])
        var palette = Screen()
        palette.type(":cancel agent-4")
        palette.press(.enter, .character("y"))
        #expect(palette.submitted.map(\.command) == [.cancelSession(id: "agent-4")])
    }

    @Test func `a refusal stops the rest and says which were not sent`() {
        var screen = Screen(Size(200, 24))
        screen.press(.character(" "), .character(" "), .character("d"), .character("y"))
        screen.take(
            .result(
                CommandResult(
                    accepted: false, message: "another operator was faster", configurationVersion: 8)))
        #expect(screen.submitted.count == 1)
        #expect(screen.text.contains("refused: another operator was faster; not sent: drain engine-2"))
    }

    @Test func `z takes the last change back after a confirmation`() {
        var screen = Screen()
        screen.press(.character("w"), .left, .character("y"))
        #expect(screen.submitted.map(\.command) == [.setWeight(node: "engine-1", weight: 90)])
        screen.take(accepted("engine-1: weight 100 -> 90", .setWeight(node: "engine-1", weight: 100), 8))
        screen.press(.character("z"))
        #expect(screen.text.contains("weight engine-1 100"))
        screen.press(.character("y"))
        #expect(screen.submitted.last?.command == .setWeight(node: "engine-1", weight: 100))
    }

    @Test func `a second command waits for the answer to the first`() {
        var screen = Screen()
        screen.press(.character("d"), .character("y"), .down, .character("d"), .character("y"))
        #expect(screen.submitted.count == 1)
        #expect(screen.text.contains("not sent"))
    }

    @Test func `when the gateway goes before answering it is said that the outcome is not known`() {
        var screen = Screen()
        screen.press(.character("d"), .character("y"))
        screen.take(.connection(.lost(since: screen.state.now, reason: "reset")))
        #expect(screen.text.contains("not known whether done"))
        #expect(screen.state.awaiting == nil)
    }

    @Test func `stop after the streams leaves when the gateway has gone`() {
        var screen = Screen(ownership: .started)
        screen.press(.character("q"), .character("d"))
        #expect(screen.submitted.map(\.command) == [.stop(mode: .drain)])
        screen.take(accepted("stopping", nil, 8))
        #expect(!screen.effects.contains(.quit))
        screen.take(.connection(.lost(since: screen.state.now, reason: "ended")))
        #expect(screen.effects.contains(.quit))
    }

    @Test func `stop now leaves with the answer`() {
        var screen = Screen(ownership: .started)
        screen.press(.character("q"), .character("x"))
        #expect(screen.submitted.map(\.command) == [.stop(mode: .now)])
        screen.take(accepted("stopped", nil, 8))
        #expect(screen.effects.contains(.quit))
    }

    @Test func `a reason is typed in the dialog and goes into the journal with every command`() {
        var screen = Screen()
        screen.type("  w5")
        screen.press(.control("r"))
        screen.type("yes, the fan is off ")
        #expect(
            screen.submitted.isEmpty && screen.text.contains("Reason  yes, the fan is off _"),
            "\(screen.text)")
        screen.press(.enter, .enter)
        #expect(screen.submitted.isEmpty && screen.state.dialog == nil, "Enter never confirms")
        screen.type("w5")
        screen.press(.control("r"))
        screen.type("fan off")
        screen.press(.backspace, .enter)
        #expect(screen.text.contains("'fan of' ; done"), "\(screen.text)")
        screen.press(.character("y"))
        screen.take(accepted("done", nil, 8))
        #expect(screen.submitted.map(\.reason) == ["fan of", "fan of"])
        screen.take(accepted("done", nil, 9))
        screen.press(
            .character("w"), .control("r"), .character("x"), .escape, .character("6"), .character("y"))
        #expect(screen.submitted.last?.reason == nil, "Esc takes the reason back, not the dialog")
    }

    @Test func `what is forced by its name has a reason too`() {
        var screen = Screen(Size(80, 24), SampleFleet.snapshot(nodes: 1, second: 60))
        screen.press(.character("d"), .control("r"))
        screen.type("rack 4")
        screen.press(.enter)
        screen.type("engine-1")
        screen.press(.enter)
        #expect(screen.submitted.map(\.reason) == ["rack 4"])
    }

    @Test func `a verb on a filter is about all that match it, and no others`() {
        var screen = Screen()
        screen.type("/engine-[ab]")
        screen.press(.control("u"))
        screen.type("kv>60")
        screen.press(.enter)
        let matching = screen.snapshot.map { visibleNodes($0, screen.state).map(\.name) } ?? []
        #expect((2..<8).contains(matching.count))
        screen.type("*w40y")
        for version in 8..<UInt64(8 + matching.count) { screen.take(accepted("done", nil, version)) }
        #expect(Set(screen.submitted.compactMap(\.command.node)) == Set(matching))
    }

    @Test func `the weight dialog steps, types, restores and stays within 0 to 100`() {
        var screen = Screen()
        screen.press(.character("w"))
        func weight() -> Int? {
            guard case .weight(_, let draft) = screen.state.dialog?.kind else { return nil }
            return draft.value
        }
        screen.press(.character("+"))
        #expect(weight() == 100)
        screen.press(.left, .character("-"))
        #expect(weight() == 89)
        screen.type("25")
        #expect(weight() == 25)
        screen.type("7")
        #expect(weight() == 7)
        screen.press(.character("c"))
        #expect(weight() == 100)
    }

    @Test func `the weight dialog shows the shares that would result`() {
        let snapshot = SampleFleet.snapshot(nodes: 4, second: 60)
        let preview = SharePreview(["engine-2"], weight: 0, snapshot)
        #expect(preview.lines.first?.node == "engine-2")
        #expect(preview.lines.first?.newShare == 0)
        let third: Double? = 1.0 / 3
        #expect(preview.lines.dropFirst().map(\.newShare) == [third, third, third])
    }

    @Test func `the drain preview counts streams and spreads the load over what remains`() {
        var snapshot = SampleFleet.snapshot(nodes: 4, second: 60)
        for index in snapshot.nodes.indices {
            snapshot.nodes[index].kvUsage = 0.6
            snapshot.nodes[index].active = 30
        }
        let preview = DrainPreview(["engine-2"], snapshot)
        #expect(preview.streams == 30)
        #expect(preview.remainders.map(\.servingAfter) == [3])
        #expect(abs((preview.remainders.first?.kvAfter ?? 0) - 0.8) < 1e-9)
        #expect(preview.remainders.first?.streamsEachAfter == 40)
    }
}
