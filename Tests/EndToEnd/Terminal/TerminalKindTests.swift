import Foundation
import TestSupport
import Testing

/// The console on terminals of every kind and size.
@Suite(.serialized, .enabled(if: Tmux.isInstalled, "tmux is not installed"))
struct TerminalKindTests {
    private struct Scene {
        let gateway: IdleGateway
        let terminal: Tmux

        init() async throws {
            gateway = try await IdleGateway()
            terminal = try await gateway.signalbox.terminal(columns: 80, rows: 24)
        }

        /// The command line that attaches a console.
        var attach: String { gateway.signalbox.line(["attach"]) }

        /// The whole screen of an attached console: each line where it belongs.
        func waitForScreen(_ what: String, columns: Int = 80, rows: Int = 24) async throws -> [String] {
            try await terminal.waitFor("a whole screen: \(what)") { screen in
                screen.count == rows && screen[0].contains("1 of 1 node serving")
                    && screen[2].contains("NODE") && screen[2].contains("TOK/S")
                    && screen[3].contains("ALL")
                    && screen[4].contains("S 127")
                    && (screen[rows - 2].contains("1 Fleet") || screen[rows - 2].contains("TERM is not"))
                    && screen[rows - 1].contains("d drain") && screen.allSatisfy { $0.count <= columns }
            }
        }

        func leave() async throws {
            try await terminal.press("q")
            try await terminal.waitFor("the shell") { $0.last { !$0.isEmpty }?.hasPrefix("ready%") == true }
            try await terminal.enter("clear")
            try await terminal.waitFor("a clear screen") { $0.filter { !$0.isEmpty } == ["ready%"] }
        }
    }

    @Test func `every TERM, an unknown one, NO_COLOR and --ascii get a whole screen and give it back`()
        async throws
    {
        let scene = try await Scene()
        let attach = scene.attach
        for kind in [
            "vt100", "linux", "screen-256color", "tmux-256color", "xterm-256color", "xterm",
            "no-such-terminal", "''",
        ] {
            try await scene.terminal.enter("TERM=\(kind) \(attach)")
            if kind == "no-such-terminal" { try await scene.terminal.waitFor(text: "TERM is not known here") }
            _ = try await scene.waitForScreen("TERM=\(kind)")
            try await scene.leave()
        }
        #expect(try await scene.terminal.disorders() == [])

        try await scene.terminal.enter("NO_COLOR=1 TERM=xterm-256color \(attach)")
        _ = try await scene.waitForScreen("NO_COLOR")
        let plain = try await scene.terminal.screen(withColors: true).joined()
        #expect(!plain.contains(/\u{1B}\[[0-9;]*(3[0-8]|4[0-8]|9[0-7])/) && plain.contains("\u{1B}[7m"))
        try await scene.leave()
        try await scene.terminal.enter("TERM=xterm-256color \(attach)")
        _ = try await scene.waitForScreen("colours")
        #expect(try await scene.terminal.screen(withColors: true).joined().contains("\u{1B}[38;5;"))
        try await scene.leave()
        try await scene.terminal.enter("\(attach) --ascii")
        #expect(try await scene.waitForScreen("--ascii").joined().allSatisfy(\.isASCII))
        try await scene.leave()
    }

    @Test func `a storm of new sizes ends in a whole screen of the last one`() async throws {
        let scene = try await Scene()
        try await scene.terminal.enter(scene.attach)
        _ = try await scene.waitForScreen("before the storm")
        let console = try #require(ProcessTree.children(of: try await scene.terminal.shell).first)
        for round in 0..<40 {
            let (columns, rows) = round % 8 == 0 ? (1, 1) : (20 + round * 7 % 280, 3 + round * 5 % 95)
            try await scene.terminal.resize(columns: columns, rows: rows)
            for _ in 0..<25 { kill(console, SIGWINCH) }
        }
        try await scene.terminal.resize(columns: 80, rows: 24)
        _ = try await scene.waitForScreen("after the storm")
        try await scene.leave()
        #expect(try await scene.terminal.disorders() == [])
    }
}
