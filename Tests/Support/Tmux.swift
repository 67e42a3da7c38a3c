import Foundation
import Glibc

/// A terminal with a shell in it, in a tmux server of its own.
package final class Tmux: Sendable {
    package static let path = "/usr/bin/tmux"
    package static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: path) }

    private let folder: TemporaryFolder
    private let environment: [String: String]

    /// - Parameters:
    ///   - environment: all that the shell gets, but for TERM.
    package init(columns: Int, rows: Int, environment: [String: String]) async throws {
        folder = try TemporaryFolder()
        self.environment = environment.merging(["TMUX_TMPDIR": folder.path]) { $1 }
        try await run([
            "-f", "/dev/null", "new-session", "-d", "-x", "\(columns)", "-y", "\(rows)",
            "env PS1='ready% ' ENV= /bin/sh -i",
        ])
        try await run(["set-option", "-g", "status", "off"])
        try await waitFor("the shell's prompt") { $0.contains { $0.hasPrefix("ready%") } }
    }

    deinit {
        // The server is ended by its process id: it is no child of this process.
        guard let id = try? start(["display-message", "-p", "#{pid}"]) else { return }
        let deadline = ContinuousClock.now + .seconds(5)
        while id.status == nil, ContinuousClock.now < deadline { usleep(5_000) }
        if let server = Int32(id.output.trimmingCharacters(in: .whitespacesAndNewlines)) {
            Glibc.kill(server, SIGKILL)
        }
    }

    private func start(_ words: [String]) throws -> Program {
        try Program(Self.path, ["-u", "-L", "t"] + words, environment: environment)
    }

    @discardableResult
    private func run(_ words: [String]) async throws -> String {
        let result = try await start(words).result()
        guard result.status == 0 else {
            throw Program.Failure(description: "tmux \(words.joined(separator: " ")): \(result.errors)")
        }
        return result.output
    }

    /// Ends the server and with it the terminal: what runs in it gets SIGHUP.
    package func kill() async throws { try await run(["kill-server"]) }

    /// Keys by tmux's names: "d", "Escape", "Enter", "C-z", "Up".
    package func press(_ keys: String...) async throws { try await run(["send-keys"] + keys) }

    /// Types text and Enter.
    package func enter(_ line: String) async throws {
        try await run(["send-keys", "-l", line])
        try await press("Enter")
    }

    package func resize(columns: Int, rows: Int) async throws {
        try await run(["resize-window", "-x", "\(columns)", "-y", "\(rows)"])
    }

    /// The screen as it is, a string for each row.
    ///
    /// - withColors: with the escape sequences that make it look as it does.
    package func screen(withColors: Bool = false) async throws -> [String] {
        let words = ["capture-pane", "-p"] + (withColors ? ["-e"] : [])
        var lines = try await run(words).components(separatedBy: "\n")
        if lines.last == "" { lines.removeLast() }
        return lines
    }

    /// Waits until the screen is as wanted and returns it.
    @discardableResult
    package func waitFor(
        _ what: String, within seconds: Double = 60, at place: String = #fileID, line: Int = #line,
        _ isThere: ([String]) -> Bool
    ) async throws -> [String] {
        var last: [String] = []
        return try await eventually(
            what, within: seconds, seen: { last.joined(separator: "\n") }, at: place, line: line
        ) {
            last = try await self.screen()
            return isThere(last) ? last : nil
        }
    }

    /// Waits for a text anywhere on the screen.
    @discardableResult
    package func waitFor(
        text: String, within seconds: Double = 60, at place: String = #fileID, line: Int = #line
    ) async throws -> [String] {
        try await waitFor("'\(text)' on the screen", within: seconds, at: place, line: line) {
            $0.contains { $0.contains(text) }
        }
    }

    /// tmux's own knowledge: "alternate_on", "cursor_flag", "pane_pid".
    package func fact(_ name: String) async throws -> String {
        try await run(["display-message", "-p", "#{\(name)}"]).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The shell's process.
    package var shell: Int32 {
        get async throws { Int32(try await fact("pane_pid")) ?? -1 }
    }

    /// Whether the terminal is as a shell wants it: what is wrong with it.
    package func disorders() async throws -> [String] {
        var found: [String] = []
        if try await fact("alternate_on") != "0" { found.append("still the alternate screen") }
        if try await fact("cursor_flag") != "1" { found.append("the cursor is hidden") }
        if try await fact("mouse_any_flag") != "0" { found.append("the mouse is still reported") }
        let file = folder.file("stty")
        try await enter("stty -a > \(file).part; mv \(file).part \(file)")
        let text = try await eventually("stty's answer", within: 60) {
            try? String(contentsOfFile: file, encoding: .utf8)
        }
        try FileManager.default.removeItem(atPath: file)
        let words = text.split { " ;\n".contains($0) }.map(String.init)
        for wanted in ["echo", "icanon", "isig", "icrnl", "opost", "iexten"] where !words.contains(wanted) {
            found.append("no \(wanted)")
        }
        return found
    }
}
