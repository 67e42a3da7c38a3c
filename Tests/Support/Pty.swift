import Foundation
import Glibc
import Synchronization

/// A terminal that the test itself is: it tells its size, types, and reads what comes, or does not.
package final class Pty: Sendable {
    private let master: Int32
    private let device: String
    private let program = Mutex<Program?>(nil)

    /// TIOCSPTLCK and TIOCGPTN, which Swift can't import.
    private static let setLock: UInt = 0x4004_5431
    private static let getNumber: UInt = 0x8004_5430

    package init(columns: Int, rows: Int) throws {
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        var unlocked: Int32 = 0
        var number: UInt32 = 0
        guard master >= 0, ioctl(master, Self.setLock, &unlocked) == 0,
            ioctl(master, Self.getNumber, &number) == 0
        else { throw Program.Failure(description: "no pseudo terminal: \(String(cString: strerror(errno)))") }
        device = "/dev/pts/\(number)"
        resize(columns: columns, rows: rows)
    }

    deinit {
        program.withLock { $0 = nil }
        close(master)
    }

    /// Starts a program as the terminal's only one, which gets its signals.
    package func run(_ path: String, _ arguments: [String], environment: [String: String]) throws -> Program {
        let started = try Program(path, arguments, environment: environment, terminal: device)
        program.withLock { $0 = started }
        return started
    }

    package func resize(columns: Int, rows: Int) {
        var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
    }

    package func type(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(master, bytes, bytes.count)
    }

    /// What came since the last time.
    package func read() -> [UInt8] {
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(master, &part, part.count)
            guard count > 0 else { return bytes }
            bytes += part[..<count]
        }
    }

    /// What is printed, without escape sequences.
    package static func printed(_ text: String) -> String {
        text.replacing(/\u{1B}(\[[0-9;?]*[A-Za-z]|\(B|[=>78M])/, with: "").filter { $0 >= " " }
    }

    /// Reads until the text was printed as a whole, and returns all that came.
    @discardableResult
    package func read(
        until text: String, within seconds: Double = 30, at place: String = #fileID, line: Int = #line
    ) async throws -> String {
        var seen = ""
        try await expectEventually(
            "'\(text)' on the terminal", within: seconds, seen: { String(seen.suffix(2_000)) }, at: place,
            line: line
        ) {
            seen += String(decoding: self.read(), as: UTF8.self)
            return Self.printed(seen).contains(text)
        }
        return seen
    }

    /// Types when nothing has come for 30 ms, and waits by the descriptor until a text is there.
    /// - Returns: how long that took; nil: the text did not come in time.
    package func time(from key: String, until text: String, within seconds: Double = 5) -> Duration? {
        let end = ContinuousClock.now + .seconds(seconds)
        while hasBytes(within: 30), ContinuousClock.now < end { _ = read() }
        let start = ContinuousClock.now
        type(key)
        var seen: [UInt8] = []
        while hasBytes(within: Int32(seconds * 1000)), ContinuousClock.now < end {
            seen += read()
            if String(decoding: seen, as: UTF8.self).contains(text) { return ContinuousClock.now - start }
        }
        return nil
    }

    private func hasBytes(within milliseconds: Int32) -> Bool {
        var terminal = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
        return poll(&terminal, 1, milliseconds) > 0
    }

    /// Reads for a while, and returns all that came.
    package func read(for seconds: Double) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        let end = ContinuousClock.now + .seconds(seconds)
        try await expectEventually("\(seconds) s", within: seconds + 10) {
            bytes += self.read()
            return ContinuousClock.now >= end
        }
        return bytes
    }

    /// The line discipline's flags: input, output, control, local.
    package var modes: [UInt32] {
        var modes = termios()
        tcgetattr(master, &modes)
        return [modes.c_iflag, modes.c_oflag, modes.c_cflag, modes.c_lflag]
    }
}
