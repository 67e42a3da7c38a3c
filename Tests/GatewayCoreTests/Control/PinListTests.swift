import Testing

@testable import GatewayCore

/// Which pins hold, as nodes come and go.
struct PinListTests {
    private func pins(_ nodes: String...) -> Pins {
        var pins = Pins()
        for (index, node) in nodes.enumerated() {
            pins.set(SessionPin(session: "s\(index)", node: node, actor: "ann", since: 0))
        }
        return pins
    }

    @Test func `a session is pinned once, to the last node`() {
        var pins = pins("a", "b")
        pins.set(SessionPin(session: "s0", node: "b", actor: "bob", since: 1))
        #expect(pins.node(of: "s0") == "b" && pins.list.map(\.session) == ["s1", "s0"])
        pins.remove("s1")
        #expect(pins.node(of: "s1") == nil && pins.list.count == 1)
    }

    @Test func `each change of a node is told once, with all its sessions`() {
        var pins = pins("a", "b", "a")
        #expect(pins.follow { _ in true }.isEmpty)
        let gone = pins.follow { $0 != "a" }
        #expect(gone.map(\.node) == ["a"] && gone[0].sessions == ["s0", "s2"] && gone[0].isSetAside)
        #expect(pins.follow { $0 != "a" }.isEmpty && pins.list.map(\.isSetAside) == [true, false, true])
        let back = pins.follow { $0 == "a" }
        #expect(back.map(\.node) == ["a", "b"] && back.map(\.isSetAside) == [false, true])
    }
}
