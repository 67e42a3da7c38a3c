import GatewayCore
import Testing

@testable import Console

/// Pinning a session from the screen.
struct PinScreenTests {
    private func screen(_ keys: String, _ change: (inout Snapshot) -> Void = { _ in }) -> Screen {
        var snapshot = SampleFleet.snapshot(nodes: 8, second: 60)
        change(&snapshot)
        var screen = Screen(Size(120, 40), snapshot)
        screen.type(keys)
        return screen
    }

    private func pin(_ snapshot: inout Snapshot, isSetAside: Bool = false) {
        snapshot.pins = [
            SessionPin(
                session: "agent-1", node: "engine-6", actor: "bob", since: snapshot.time - 180,
                isSetAside: isSetAside)
        ]
    }

    @Test func `r asks to pin the session where it is warm, arrows choose a node and say what it costs`() {
        var screen = screen("Sjr")
        #expect(screen.text.contains("Pin the session?"))
        #expect(screen.text.contains("Cost     none: it is warm there"))
        #expect(screen.text.contains("signalbox pin agent-1 engine-3"))
        screen.press(.down)
        #expect(screen.text.contains("11.5k tokens to prefill anew, ~0.5s"))
        screen.press(.up, .up, .character("r"))
        #expect(screen.text.contains("signalbox pin agent-1 engine-2") && screen.submitted.isEmpty)
        screen.press(.character("y"))
        #expect(screen.submitted.map(\.command) == [.pin(session: "agent-1", node: "engine-2")])
    }

    @Test func `only nodes that take the session's requests are offered`() {
        var screen = screen("Sjr") {
            for index in $0.nodes.indices where index != 4 { $0.nodes[index].state = .draining }
        }
        #expect(screen.state.dialog?.kind == .pin(.pin(session: "agent-1", node: "engine-5")))
        screen.press(.down)
        #expect(screen.state.dialog?.kind == .pin(.pin(session: "agent-1", node: "engine-5")))
    }

    @Test func `a pinned session is marked, tells by whom, and r asks to unpin it`() {
        var screen = screen("Sj") { pin(&$0) }
        #expect(screen.text.contains("46 sessions, 6 with open streams, 1 pinned;"))
        #expect(screen.text.contains("PINNED TO") && screen.text.contains("r unpin"))
        #expect(screen.text.contains("pinned   engine-6, 3m00s ago"))
        #expect(screen.text.contains("by       bob"))
        screen.press(.character("r"))
        #expect(screen.text.contains("pinned to engine-6 by bob, 3m00s ago"))
        screen.press(.character("y"))
        #expect(screen.submitted.map(\.command) == [.unpin(session: "agent-1")])
    }

    @Test func `a pin whose node takes nothing is told as set aside`() {
        let text = screen("Sj") { pin(&$0, isSetAside: true) }.text
        #expect(text.contains("(aside)") && text.contains("engine-6, set aside"))
    }

    @Test func `a stream's session is pinned from the streams, and one without a session is not`() {
        var streams = screen("3jr")
        let id = streams.snapshot.flatMap { snapshot in
            snapshot.streams.first { $0.id == streams.state.selectedStream }?.session
        }
        guard case .pin(.pin(let session, _)) = streams.state.dialog?.kind else {
            Issue.record("no dialog")
            return
        }
        #expect(session == id)
        streams = screen("3j") { for index in $0.streams.indices { $0.streams[index].session = nil } }
        streams.press(.character("r"))
        #expect(streams.state.dialog == nil && streams.text.contains("this stream has no session"))
    }

    @Test func `the palette pins, moves and unpins by name, and completes both names`() {
        var screen = screen(":pin agent-1 engine-5") { pin(&$0) }
        screen.press(.enter, .character("y"))
        #expect(screen.submitted.map(\.command) == [.pin(session: "agent-1", node: "engine-5")])
        func completions(_ line: String) -> [String] {
            Palette.completions(line, screen.state, screen.snapshot).map(\.text)
        }
        #expect(completions("pin agent-").contains("pin agent-3"))
        #expect(completions("pin agent-1 engine-5") == ["pin agent-1 engine-5"])
        #expect(completions("unpin ") == ["unpin agent-1"])
    }

    @Test(arguments: [
        (":pin agent-1 nobody", "no node named nobody"), (":pin", "pin takes a session's id"),
        (":unpin agent-2", "session agent-2 is not pinned; pinned are agent-1"),
        (":pin agent-1 engine-6", "agent-1 is pinned to engine-6 already"),
    ])
    func `what the guard refuses is said at once`(_ line: String, _ answer: String) {
        var screen = screen(line) { pin(&$0) }
        screen.press(.enter)
        #expect(screen.state.dialog == nil && screen.text.contains(answer))
    }

    @Test func `an id from outside is one word of the command that is shown`() {
        #expect(Command.pin(session: "a; rm 'x'", node: "b").phrase == #"pin 'a; rm '\''x'\''' b"#)
        #expect(Command.unpin(session: "agent-1:é").phrase == "unpin 'agent-1:é'")
    }
}
