import TestSupport
import Testing

/// What an operator does on a console, step by step, with what the screen must show for it.
struct ConsoleTour {
    let terminal: Tmux
    /// The first row, which is steered.
    let node: String
    /// The rows that must go on.
    let others: [String]

    /// Reads the fleet, then pulls every lever.
    func steer() async throws {
        try await readMovingNumbers()
        try await drainAndUndrain()
        try await changeWeight()
        try await switchPolicy()
        try await lookAround()
    }

    /// The line of a node: its state's letter, behind the mark of the selected row, then its name.
    private func row(_ name: String, _ screen: [String]) -> String? {
        screen.first { line in
            let words = line.split(separator: " ")
            return words.count > 2 && words[0].count <= 2 && words[1] == name
        }
    }

    /// The letter before the name: S serving, D draining, d drained.
    private func state(_ name: String, _ screen: [String]) -> Character? {
        guard let row = row(name, screen), let range = row.range(of: name) else { return nil }
        return row[..<range.lowerBound].last { $0 != " " }
    }

    private func readMovingNumbers() async throws {
        let first = try await terminal.waitFor("every node serving, with tokens a second") { screen in
            ([node] + others).allSatisfy { state($0, screen) == "S" } && tokens(screen) > 0
        }
        try await terminal.waitFor("the rows' numbers to move") { screen in
            ([node] + others).contains { row($0, screen) != row($0, first) }
        }
        let total = tokens(first)
        try await terminal.waitFor("the fleet's tokens a second to move") { tokens($0) != total }
    }

    /// The fleet's tokens a second: "tok/s 2,490" in the second row.
    private func tokens(_ screen: [String]) -> Int {
        let words = (screen.first { $0.contains("tok/s ") } ?? "").split(separator: " ")
        guard let place = words.firstIndex(of: "tok/s"), place + 1 < words.count else { return 0 }
        return Int(words[place + 1].filter(\.isNumber)) ?? 0
    }

    private func drainAndUndrain() async throws {
        try await terminal.press("g", "d")
        try await terminal.waitFor(text: "Drain \(node)?")
        try await terminal.press("d", "Enter")  // neither the key that opened it nor Enter confirms
        try await terminal.waitFor("the dialog gone, the node serving") { screen in
            !screen.contains { $0.contains("Drain \(node)?") } && state(node, screen) == "S"
        }
        try await terminal.press("d")
        try await terminal.waitFor(text: "Drain \(node)?")
        try await confirm("Drain \(node)?", "\(node) draining or drained") {
            "Dd".contains(state(node, $0) ?? " ")
        }
        let drained = try await terminal.waitFor("\(node) drained") { state(node, $0) == "d" }
        for other in others { #expect(state(other, drained) == "S") }
        try await terminal.waitFor("traffic to go on on the others") { screen in
            tokens(screen) > 0 && others.contains { row($0, screen) != row($0, drained) }
        }
        try await terminal.press("d")
        try await terminal.waitFor(text: "Let \(node) serve again?")
        try await confirm("Let \(node) serve again?", "\(node) serving again") { state(node, $0) == "S" }
    }

    /// Presses `y` and waits for the dialog to go and for what comes of it.
    private func confirm(
        _ dialog: String, _ what: String, _ isDone: ([String]) -> Bool
    ) async throws {
        try await eventuallyClosed(dialog)
        try await terminal.waitFor(what, isDone)
    }

    /// A `y` that comes too quick after opening is taken half a second later, unless another key comes: so the next one
    /// waits longer than that.
    private func eventuallyClosed(_ dialog: String) async throws {
        var pressed = ContinuousClock.now - .seconds(2)
        try await expectEventually("the dialog '\(dialog)' to be confirmed", within: 60) {
            guard try await terminal.screen().contains(where: { $0.contains(dialog) }) else { return true }
            if ContinuousClock.now - pressed > .seconds(2) {
                try await terminal.press("y")
                pressed = .now
            }
            return false
        }
    }

    private func changeWeight() async throws {
        try await terminal.press("w")
        try await terminal.waitFor(text: "Weight of \(node)")
        try await terminal.press("4", "2")
        try await terminal.waitFor(text: "new 42")
        try await confirm("Weight of \(node)", "\(node)'s row with weight 42") { screen in
            row(node, screen)?.split(separator: " ").contains("42") == true
        }
    }

    private func switchPolicy() async throws {
        try await terminal.press("o")
        try await terminal.waitFor(text: "Routing policy")
        try await terminal.press("Down", "Down")
        let chosen = try await terminal.waitFor("another policy chosen") { screen in
            screen.contains { $0.contains("▸ ") && !$0.contains("(now)") && $0.contains("│") }
        }
        let line = try #require(
            chosen.first { $0.contains("▸ ") && $0.contains("│") && !$0.contains("(now)") })
        let after = line[line.index(after: line.lastIndex(of: "▸")!)...]
        let name = String(after.split(separator: " ")[0])
        try await eventuallyClosed("Routing policy")
        try await terminal.press("4")
        try await terminal.waitFor(text: "policy \(name)")
        try await terminal.press("1")
    }

    private func lookAround() async throws {
        for (key, text) in [
            ("2", "prefix hits"), ("3", "PHASE"), ("4", "BECAUSE"), ("5", "WHO"), ("6", "descriptors"),
            ("7", "checked"), ("8", "CLEARS"), ("9", "HELD BY"), ("0", "TODAY $"),
            ("S", "WARM ON"), ("1", "TOK/S"),
        ] {
            try await terminal.press(key)
            try await terminal.waitFor(text: text)
        }
        try await terminal.press("?")
        try await terminal.waitFor(text: "Keys of Fleet")
        try await terminal.press("Escape")
        try await terminal.waitFor("the help gone") { !$0.contains { $0.contains("Keys of Fleet") } }
        try await terminal.press(":")
        try await terminal.waitFor(text: "Commands")
        try await terminal.press("Escape")
        try await terminal.waitFor("the palette gone") { !$0.contains { $0.contains("Commands") } }
    }

    func waitForShell() async throws {
        try await terminal.waitFor("the shell's prompt") { screen in
            screen.last { !$0.isEmpty }?.hasPrefix("ready%") == true
        }
    }
}
