import Foundation
import Glibc
import Synchronization

/// A child process whose output goes to files; ended with this value, at the latest.
package final class Program: Sendable {
    package struct Result: Sendable {
        /// 128 + the number of the signal that ended it.
        package let status: Int32
        package let output: String
        package let errors: String
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
        package init(description: String) { self.description = description }
    }

    package let processID: Int32
    private let name: String
    private let folder: TemporaryFolder
    private let ended = Mutex<Int32?>(nil)

    /// Starts a program that is given by its path.
    /// - Parameters:
    ///   - environment: all of it.
    ///   - terminal: the device that it has as its own, for input and output; nil: none.
    package init(
        _ path: String, _ arguments: [String], environment: [String: String], terminal: String? = nil
    ) throws {
        folder = try TemporaryFolder()
        name = ([path.split(separator: "/").last.map(String.init) ?? path] + arguments).joined(separator: " ")
        processID = try Self.spawn(path, arguments, environment, folder, terminal)
    }

    deinit {
        guard status == nil else { return }
        kill(processID, SIGKILL)
        waitpid(processID, nil, 0)
    }

    private static func spawn(
        _ path: String, _ arguments: [String], _ environment: [String: String], _ folder: TemporaryFolder,
        _ terminal: String?
    ) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // The first terminal that a session's leader opens is its own.
        posix_spawn_file_actions_addopen(&actions, 0, terminal ?? "/dev/null", O_RDWR, 0)
        posix_spawn_file_actions_addopen(
            &actions, 1, terminal ?? folder.file("out"), O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_addopen(
            &actions, 2, folder.file("err"), O_WRONLY | O_CREAT | O_APPEND, 0o600)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        let session: Int32 = terminal == nil ? 0 : 0x80  // POSIX_SPAWN_SETSID
        posix_spawnattr_setflags(
            &attributes, Int16(Int32(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) | session))
        var words = ([path] + arguments).map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + variables { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, path, &actions, &attributes, &words, &variables)
        guard code == 0 else { throw Failure(description: "\(path): \(String(cString: strerror(code)))") }
        return pid
    }

    package var output: String { text("out") }
    package var errors: String { text("err") }

    private func text(_ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: folder.file(name)) ?? Data(), as: UTF8.self)
    }

    /// nil: it runs.
    package var status: Int32? {
        ended.withLock { ended in
            if let ended { return ended }
            var code: Int32 = 0
            guard waitpid(processID, &code, WNOHANG) == processID else { return nil }
            ended = code & 0x7F == 0 ? code >> 8 & 0xFF : 128 + code & 0x7F
            return ended
        }
    }

    package func signal(_ number: Int32) {
        if status == nil { kill(processID, number) }
    }

    /// Its first line of output; the text it complained with where it ends before.
    package func firstLine(within seconds: Double = 60) async throws -> String {
        try await eventually("a first line of \(name)", within: seconds) {
            let text = self.output
            if let end = text.firstIndex(of: "\n") { return String(text[..<end]) }
            if let status = self.status, self.output.isEmpty {
                throw Failure(description: "\(self.name) ended with \(status): \(self.errors)")
            }
            return nil
        }
    }

    /// Waits for its end.
    package func result(within seconds: Double = 60) async throws -> Result {
        let status = try await eventually(
            "the end of \(name)", within: seconds, seen: { self.output + self.errors }
        ) { self.status }
        return Result(status: status, output: output, errors: errors)
    }

    /// TERM and the wait for what comes of it.
    package func end(within seconds: Double = 30) async throws {
        signal(SIGTERM)
        _ = try await result(within: seconds)
    }
}
