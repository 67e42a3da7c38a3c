import Foundation
import TestSupport
import Testing

/// What the real console sends to its terminal, and how it leaves it.
@Suite(.serialized)
struct ScreenBytesTests {
    private static let standing = "1 of 1 node serving"
    private static let clear = "\u{1B}[2J"

    private func console(_ signalbox: Signalbox, _ words: [String], on terminal: Pty) throws -> Program {
        let environment = signalbox.environment.merging(["TERM": "xterm-256color"]) { $1 }
        return try terminal.run(Signalbox.path, words, environment: environment)
    }

    private func printed(_ bytes: [UInt8]) -> String { Pty.printed(String(decoding: bytes, as: UTF8.self)) }

    private func clears(_ bytes: [UInt8]) -> Int {
        String(decoding: bytes, as: UTF8.self).components(separatedBy: Self.clear).count - 1
    }

    @Test func `a second in which nothing changed sends the clock alone, and only four things clear`()
        async throws
    {
        let scene = try await IdleGateway()
        let terminal = try Pty(columns: 80, rows: 24)
        let console = try console(scene.signalbox, ["attach"], on: terminal)
        try await terminal.read(until: Self.standing)
        _ = try await terminal.read(for: 2)
        let quiet = try await terminal.read(for: 5)
        // Each two seconds the chart of what is nothing gets a column.
        #expect(printed(quiet).allSatisfy { $0.isNumber || $0 == ":" || $0 == "▁" }, "\(printed(quiet))")
        #expect((1...500).contains(quiet.count), "\(quiet.count) B in 5 s")
        #expect(clears(quiet) == 0)
        for key in ["/", "\u{1B}", "d", "\u{1B}", "s", "\u{1B}", "!", "!", "j", "b", "b", "b", "b", "b"] {
            terminal.type(key)
            #expect(clears(try await terminal.read(for: 0.1)) == 0, "after \(key)")
        }
        terminal.type("\u{0C}")
        #expect(clears(Array(try await terminal.read(until: "? help").utf8)) == 1)
        terminal.resize(columns: 100, rows: 30)
        #expect(clears(Array(try await terminal.read(until: "? help").utf8)) >= 1)
        terminal.type("q")
        #expect(try await console.result().status == 0)
    }

    @Test func `a trap, a bad address and an abort leave the terminal as it was, and the gateway`()
        async throws
    {
        let scene = try await IdleGateway()
        for signal in [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV] {
            let terminal = try Pty(columns: 80, rows: 24)
            let before = terminal.modes
            let console = try console(scene.signalbox, ["attach"], on: terminal)
            try await terminal.read(until: Self.standing)
            #expect(terminal.modes != before)
            console.signal(signal)
            #expect(try await console.result().status == 128 + signal)
            #expect(console.errors.contains("Look again with: signalbox attach"))
            let rest = String(decoding: terminal.read(), as: UTF8.self)
            #expect(
                rest.contains("\u{1B}[?25h") && rest.contains("\u{1B}[?1049l")
                    && rest.contains("\u{1B}[?2004l"))
            #expect(terminal.modes == before)
        }
        #expect(try await scene.signalbox.status().processID == scene.program.program.processID)
    }

    @Test func `a signal to the demo is its console's, not its load's: the terminal is given back`()
        async throws
    {
        let terminal = try Pty(columns: 80, rows: 24)
        let before = terminal.modes
        let console = try console(try Signalbox(), ["demo", "--nodes", "2"], on: terminal)
        try await terminal.read(until: "of 2 nodes serving")
        #expect(terminal.modes != before)
        console.signal(SIGTERM)
        #expect(try await console.result().status == 128 + SIGTERM)
        #expect(String(decoding: terminal.read(), as: UTF8.self).contains("\u{1B}[?1049l"))
        #expect(terminal.modes == before)
    }

    @Test func `y sends the row to the terminal's clipboard by OSC 52, through tmux too, and says no more`()
        async throws
    {
        let scene = try await IdleGateway()
        let name = scene.engine.url.replacing("http://", with: "")
        let row = Data("\(name) \(scene.engine.url) serving".utf8).base64EncodedString()
        for (variable, wrapped) in [("", false), ("/tmp/tmux-0/default,1,0", true)] {
            let terminal = try Pty(columns: 80, rows: 24)
            let environment = scene.signalbox.environment.merging(
                ["TERM": "xterm-256color"].merging(wrapped ? ["TMUX": variable] : [:]) { $1 }
            ) { $1 }
            let console = try terminal.run(Signalbox.path, ["attach"], environment: environment)
            try await terminal.read(until: Self.standing)
            terminal.type("y")
            let sent = try await terminal.read(until: "sent to the terminal's clipboard")
            #expect(sent.contains("\u{1B}]52;c;\(row)\u{7}"))
            #expect(sent.contains("\u{1B}Ptmux;\u{1B}\u{1B}]52;c;\(row)\u{7}\u{1B}\\") == wrapped)
            console.signal(SIGTERM)
            _ = try await console.result()
        }
    }

    @Test func `m asks for the mouse, m again or the end of the console lets go of it`() async throws {
        let scene = try await IdleGateway()
        for ending in ["m", "q", "TERM"] {
            let terminal = try Pty(columns: 80, rows: 24)
            let console = try console(scene.signalbox, ["attach"], on: terminal)
            let first = try await terminal.read(until: Self.standing)
            #expect(!first.contains("[?1000h") && !first.contains("[?1006h"))
            terminal.type("m")
            let asked = try await terminal.read(until: "the mouse selects rows")
            #expect(asked.contains("\u{1B}[?1006h\u{1B}[?1000h"))
            terminal.type("\u{1B}[<65;10;5M\u{1B}[<0;10;5M\u{1B}[<0;10;5m5")
            try await terminal.read(until: " 5 Events ")
            if ending == "TERM" { console.signal(SIGTERM) } else { terminal.type(ending) }
            if ending == "m" {
                let back = try await terminal.read(until: "the mouse selects text")
                #expect(back.contains("\u{1B}[?1000l\u{1B}[?1006l"))
                terminal.type("q")
            }
            _ = try await console.result()
            if ending != "m" {
                let rest = String(decoding: terminal.read(), as: UTF8.self)
                #expect(rest.contains("\u{1B}[?1000l"))
            }
        }
    }

    /// The best of three, as other tests and programs run beside this one.
    @Test func `the first useful screen stands within 200 ms, beside a node that doesn't answer too`()
        async throws
    {
        let signalbox = try Signalbox()
        let engines = [try await Engine(signalbox), try await Engine(signalbox)]
        let gateway = try await Serving(signalbox, engines.map(\.url))
        _ = try await signalbox.waitForServing()
        engines[1].program.signal(SIGSTOP)
        var best = Duration.seconds(60)
        for _ in 0..<3 {
            let terminal = try Pty(columns: 80, rows: 24)
            let start = ContinuousClock.now
            let console = try console(signalbox, ["attach"], on: terminal)
            try await terminal.read(until: "of 2 nodes serving")
            best = min(best, ContinuousClock.now - start)
            console.signal(SIGTERM)
            _ = try await console.result()
        }
        #expect(best < .milliseconds(200), "\(best)")
        gateway.program.signal(SIGKILL)
    }
}
