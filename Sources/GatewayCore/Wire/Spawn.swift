import CLinux

/// A child process with its standard output in a pipe.
package struct ChildProcess: Sendable {
    package let processID: Int32
    /// To read from; the owner closes it.
    package let output: Int32

    /// Starts a program.
    /// - Parameters:
    ///   - ownSession: it leaves this terminal's session, so that closing the terminal does not reach it.
    ///   - errorsTo: a file that its standard error is appended to; nil: this process's own.
    package static func start(
        _ program: String, _ arguments: [String], ownSession: Bool, errorsTo file: String?
    ) throws(Sockets.Failure) -> ChildProcess {
        var ends = [0, 0] as [Int32]
        guard unsafe pipe2(&ends, O_CLOEXEC) == 0 else {
            throw Sockets.Failure(operation: "pipe", code: sb_errno())
        }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        if let file {
            unsafe posix_spawn_file_actions_addopen(&actions, 2, file, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        let flags = POSIX_SPAWN_SETSIGMASK | (ownSession ? POSIX_SPAWN_SETSID : 0)
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
        var words: [UnsafeMutablePointer<CChar>?] = unsafe ([program] + arguments).map { unsafe strdup($0) }
        unsafe words.append(nil)
        var pid: pid_t = 0
        let code = unsafe posix_spawn(&pid, program, &actions, &attributes, words, sb_environment())
        unsafe words.forEach { unsafe free($0) }
        unsafe posix_spawn_file_actions_destroy(&actions)
        unsafe posix_spawnattr_destroy(&attributes)
        _ = close(ends[1])
        guard code == 0 else {
            _ = close(ends[0])
            throw Sockets.Failure(operation: "start \(program)", code: code)
        }
        return ChildProcess(processID: pid, output: ends[0])
    }

    /// Reads its first line; nil: it ended before it wrote one, or the time is up.
    package func firstLine(withinSeconds seconds: Double) -> String? {
        var line: [UInt8] = []
        let deadline = MonotonicClock.now() + UInt64(seconds * 1e9)
        while MonotonicClock.now() < deadline {
            waitReadable(output, milliseconds: 100)
            guard sb_is_readable(output) != 0 else { continue }
            var byte: UInt8 = 0
            guard unsafe read(output, &byte, 1) == 1 else { return nil }
            if byte == 0x0A { return String(decoding: line, as: UTF8.self) }
            line.append(byte)
        }
        return nil
    }

    package func signal(_ number: Int32) { _ = kill(processID, number) }

    /// Its exit status when it has ended (128 + the signal's number where one ended it); nil: it runs.
    package func exitStatus(waiting: Bool) -> Int32? {
        var status: Int32 = 0
        let pid = unsafe waitpid(processID, &status, waiting ? 0 : WNOHANG)
        return pid == processID ? sb_wexitstatus(status) : pid < 0 ? -1 : nil
    }

    /// TERM, and KILL when it has not ended in time.
    package func end(withinSeconds seconds: Double) {
        signal(SIGTERM)
        let deadline = MonotonicClock.now() + UInt64(seconds * 1e9)
        while MonotonicClock.now() < deadline {
            if exitStatus(waiting: false) != nil { return }
            pause(milliseconds: 10)
        }
        signal(SIGKILL)
        _ = exitStatus(waiting: true)
    }
}
