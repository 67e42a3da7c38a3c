import Foundation
import TestSupport
import Testing

/// Two operators on one gateway.
@Suite(.serialized, .enabled(if: Tmux.isInstalled, "tmux is not installed"))
struct TwoConsolesTests {
    @Test func `who acts on an old version is refused and sees who changed what`() async throws {
        let signalbox = try Signalbox()
        let engines = [try await Engine(signalbox), try await Engine(signalbox)]
        let gateway = try await Serving(signalbox, engines.map(\.url))
        let names = try await signalbox.waitForServing(gateway.admin).names
        let keys = try signalbox.folder.write("{ keys: { weight: \"F5\", quit: \"Q\" } }", to: "keys.json5")

        let slow = try await signalbox.terminal(columns: 80, rows: 24)
        try await slow.enter("USER=sam " + signalbox.line(["attach"]))
        let quick = try await signalbox.terminal(columns: 80, rows: 24)
        try await quick.enter("USER=quinn " + signalbox.line(["attach", "--config", keys]))
        for console in [slow, quick] { try await console.waitFor(text: "2 of 2 nodes serving") }

        try await slow.press("d")
        try await slow.waitFor(text: "y drain")
        try await quick.press("w")
        try await quick.waitFor(text: "w does nothing here")
        try await quick.press("F5")
        try await quick.waitFor(text: "y apply")
        try await quick.press("3", "7")
        try await quick.waitFor(text: "new 37")
        try await quick.press("y")
        try await quick.waitFor(text: "(z undoes)")

        try await slow.press("y")
        let screen = try await slow.waitFor(text: "another change came between")
        let said = screen.suffix(2).joined(separator: " ").split(separator: " ").joined(separator: " ")
        #expect(said.contains("by quinn (uid"), "\(said)")
        #expect(said.contains("weight of \(names[0]): 100 → 37"), "\(said)")
        var status = try await signalbox.status()
        #expect(status.isEverybody("serving") && status.weight(names[0]) == 37)

        try await slow.press("d")
        try await slow.waitFor(text: "y drain")
        try await slow.press("y")
        try await slow.waitFor(text: "draining \(names[0])")
        status = try await signalbox.status()
        #expect(["draining", "drained"].contains(status.state(names[0]) ?? ""))
        try await quick.press("Q")
        try await quick.waitFor("the shell") { $0.contains { $0.hasPrefix("ready%") } }
        #expect(try await quick.disorders() == [])
    }
}
