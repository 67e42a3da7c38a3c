import GatewayCore
import Testing

@testable import Console

/// What an operator can't do by accident.
struct SafetyTests {
    @Test(arguments: ViewName.allCases)
    func `no single key changes anything or leaves a started gateway`(_ view: ViewName) {
        for key in everyKey {
            var screen = Screen(ownership: .started)
            screen.state.undo = .undrain(node: "engine-2")
            screen.state.view = view
            screen.press(key)
            #expect(screen.submitted.isEmpty, "\(key) sent a command")
            #expect(!screen.effects.contains(.quit), "\(key) left")
        }
    }

    @Test func `streams are cut only by the node's whole name, and only on a node that is out`() {
        var serving = Screen(Size(200, 24), SampleFleet.troubled(second: 60))
        serving.press(.character("X"))
        #expect(serving.state.dialog == nil && serving.text.contains("drain it first"))
        for (typed, isDone) in [("y", false), ("engine-1", false), ("engine-2x", false), ("engine-2", true)] {
            var screen = Screen(Size(80, 24), SampleFleet.troubled(second: 60))
            screen.press(.down, .character("X"))
            #expect(screen.state.dialog?.kind == .cut("engine-2"))
            screen.type(typed)
            #expect(screen.submitted.isEmpty)
            screen.press(.enter)
            #expect(screen.submitted.map(\.command) == (isDone ? [.cut(node: "engine-2")] : []), "\(typed)")
        }
    }

    @Test(arguments: ["d", "w", "l", "o", "z", "a"])
    func `what opens a dialog, Enter, Space and Esc never confirm it`(_ initiating: String) {
        let opener = Key.character(Character(initiating))
        for key in [opener, .enter, .character(" "), .escape] {
            var screen = Screen()
            screen.state.undo = .undrain(node: "engine-2")
            screen.snapshot?.trials = [
                TrialStatus(what: "policy", tried: "random", before: "foresight", actor: "bob", until: 9e9)
            ]
            screen.press(opener)
            #expect(screen.state.dialog != nil)
            for _ in 0..<5 {
                screen.press(key)
                if screen.state.dialog == nil { break }
            }
            #expect(screen.submitted.isEmpty, "\(key) confirmed \(initiating)")
        }
    }

    @Test func `y confirms with the node and the version of the moment of opening`() throws {
        var screen = Screen()
        screen.press(.down)
        screen.press(.character("d"))
        var later = SampleFleet.snapshot(nodes: 8, second: 70)
        later.gateway.configurationVersion = 99
        later.nodes.reverse()
        screen.show(later)
        screen.press(.character("y"))
        let request = try #require(screen.submitted.first)
        #expect(
            request.command == .drain(node: "engine-2", deadlineSeconds: nil, atDeadline: .keep, force: false)
        )
        #expect(request.expectedVersion == 7)
        #expect(request.actor == "ann (ssh 10.0.0.5)")
    }

    @Test func `a node that vanishes under an open dialog is still the one that is named`() throws {
        var screen = Screen()
        screen.press(.character("w"), .character("-"))
        var later = SampleFleet.snapshot(nodes: 8, second: 70)
        later.nodes.removeFirst()
        screen.show(later)
        #expect(screen.state.selectedNode == "engine-2")
        screen.press(.character("y"))
        #expect(screen.submitted.map(\.command) == [.setWeight(node: "engine-1", weight: 99)])
    }

    @Test func `typing a word fast into the wrong window does not open and confirm`() {
        var screen = Screen()
        for character in "ready or dying" {
            screen.state.now += 0.06
            screen.effects += reduce(&screen.state, .key(.character(character)), screen.snapshot)
        }
        #expect(screen.submitted.isEmpty)
    }

    @Test func `y right after d is taken when it stays quiet, and not when another key follows`() {
        for isQuiet in [true, false] {
            var screen = Screen()
            screen.press(.character("d"))
            screen.state.now += 0.05
            screen.take(.key(.character("y")))
            #expect(screen.submitted.isEmpty)
            if !isQuiet { screen.take(.key(.character("e"))) }
            screen.take(.tick(screen.state.now + 0.6))
            #expect(screen.submitted.isEmpty != isQuiet)
        }
    }

    @Test func `pasted verbs do nothing but say so`() {
        var screen = Screen()
        screen.take(.paste("dy wy oy :drain engine-1\ny"))
        #expect(screen.effects.isEmpty)
        #expect(screen.state.overlay == nil)
        #expect(screen.text.contains("pasted text was ignored"))
    }

    @Test func `text pasted after a slash goes into the filter, its first line only`() {
        var screen = Screen()
        screen.type("/")
        screen.take(.paste("engine-3\u{1B}[2J\nd"))
        #expect(screen.state.prompt?.text == "engine-3[2J")
    }

    @Test func `pasting into a dialog changes nothing`() {
        var screen = Screen()
        screen.press(.character("d"))
        let before = screen.state.dialog
        screen.take(.paste("y"))
        #expect(screen.state.dialog == before)
        #expect(screen.submitted.isEmpty)
    }

    @Test func `the last serving node of a model is drained only by typing its name`() {
        var screen = Screen(Size(80, 24), SampleFleet.snapshot(nodes: 1, second: 60))
        screen.press(.character("d"))
        #expect(screen.text.contains("last of 1 serving node"))
        screen.press(.character("y"))
        screen.press(.enter)
        #expect(screen.submitted.isEmpty)
        screen.press(.backspace)
        screen.type("engine-1")
        screen.press(.enter)
        #expect(
            screen.submitted.map(\.command)
                == [.drain(node: "engine-1", deadlineSeconds: nil, atDeadline: .keep, force: true)])
    }

    @Test func `marked nodes that are together all of a model are not drained together`() {
        var screen = Screen(Size(80, 24), SampleFleet.snapshot(nodes: 3, second: 60))
        screen.press(.character(" "), .character(" "), .character(" "), .character("d"))
        #expect(screen.state.dialog == nil)
        #expect(screen.text.contains("unmark one"))
    }

    @Test(arguments: ["--read-only", nil])
    func `read-only leaves no key that changes anything and shows it`(_ reason: String?) {
        // Without a reason of the console's own it is the fleet's configuration that asks for it.
        var snapshot = SampleFleet.snapshot(nodes: 8, second: 60)
        snapshot.gateway.isReadOnly = reason == nil
        for view in ViewName.allCases {
            for key in everyKey {
                var screen = Screen(Size(80, 24), snapshot, ownership: .started, readOnlyReason: reason)
                screen.state.undo = .undrain(node: "engine-2")
                screen.state.view = view
                screen.press(key)
                screen.press(.character("y"), .character("d"), .character("x"))
                #expect(screen.submitted.isEmpty, "\(key) then y")
            }
        }
        #expect(Screen(Size(80, 24), snapshot, readOnlyReason: reason).text.contains("READ-ONLY"))
    }

    @Test func `Ctrl-C and q ask before leaving a started gateway and repeating them does not leave`() {
        for key in [Key.character("q"), .control("c")] {
            var screen = Screen(ownership: .started)
            screen.press(key)
            #expect(screen.state.dialog?.kind == .quit)
            #expect(screen.text.contains("carries \(screen.snapshot?.totals.active ?? 0) streams"))
            screen.press(key, .enter)
            #expect(screen.effects.isEmpty)
        }
        var screen = Screen(ownership: .started)
        screen.press(.character("q"), .character("k"))
        #expect(screen.effects == [.quit])
    }

    @Test func `a demo and a gateway of somebody else are left without a question`() {
        for ownership in [GatewayOwnership.demo, .attached] {
            var screen = Screen(ownership: ownership)
            screen.press(.character("q"))
            #expect(screen.effects == [.quit])
        }
    }

    @Test func `a frozen screen acts on the live fleet`() {
        var screen = Screen()
        screen.press(.character("p"))
        #expect(screen.effects == [.show(at: screen.snapshot?.time)])
        var later = SampleFleet.snapshot(nodes: 8, second: 70)
        later.gateway.configurationVersion = 12
        screen.show(later)
        screen.press(.character("d"), .character("y"))
        #expect(screen.submitted.first?.expectedVersion == 12)
    }
}
