import Foundation
import TestSupport

/// The program under test, with a home of its own: no gateway of one test is seen by another.
struct Signalbox: Sendable {
    /// `SIGNALBOX_BIN`, else the one that was built beside these tests.
    static let path: String = {
        if let named = ProcessInfo.processInfo.environment["SIGNALBOX_BIN"] { return named }
        let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        let beside = bundle.deletingLastPathComponent().appendingPathComponent("signalbox").path
        if FileManager.default.isExecutableFile(atPath: beside) { return beside }
        return FileManager.default.currentDirectoryPath + "/.build/debug/signalbox"
    }()

    let folder: TemporaryFolder
    let environment: [String: String]

    init() throws {
        folder = try TemporaryFolder()
        for name in ["run", "state", "tmp"] {
            try FileManager.default.createDirectory(
                atPath: folder.file(name), withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o700])
        }
        environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
            "HOME": folder.path, "LANG": "C.UTF-8", "USER": "tester",
            "XDG_RUNTIME_DIR": folder.file("run"), "XDG_STATE_HOME": folder.file("state"),
            "TMPDIR": folder.file("tmp"),
        ]
    }

    func start(_ arguments: [String]) throws -> Program {
        try Program(Self.path, arguments, environment: environment)
    }

    func start(_ arguments: String...) throws -> Program { try start(arguments) }

    /// Runs it to its end.
    func run(_ arguments: [String], within seconds: Double = 60) async throws -> Program.Result {
        try await start(arguments).result(within: seconds)
    }

    func run(_ arguments: String...) async throws -> Program.Result { try await run(arguments) }

    /// A command line for a shell in a terminal.
    func line(_ arguments: [String]) -> String { ([Self.path] + arguments).joined(separator: " ") }

    func terminal(columns: Int, rows: Int) async throws -> Tmux {
        try await Tmux(columns: columns, rows: rows, environment: environment)
    }

    /// What `status --json` says now.
    func status(_ admin: String? = nil) async throws -> Status {
        let result = try await run(["status", "--json"] + (admin.map { ["--admin", $0] } ?? []))
        guard result.status == 0 else { throw Program.Failure(description: result.errors) }
        return try Status(result.output)
    }
}

/// An emulated engine that runs.
struct Engine: Sendable {
    let program: Program
    let url: String

    init(_ signalbox: Signalbox, _ flags: String...) async throws {
        try await self.init(signalbox, port: 0, flags)
    }

    init(_ signalbox: Signalbox, port: Int, _ flags: [String]) async throws {
        program = try signalbox.start(["engine", "--port", "\(port)"] + flags)
        url = try await program.firstLine().split(separator: " ").last.map(String.init) ?? ""
    }

    var port: Int {
        get throws {
            guard let port = url.split(separator: ":").last.flatMap({ Int($0) }) else {
                throw Program.Failure(description: "no port in \(url)")
            }
            return port
        }
    }
}

/// A gateway that runs.
struct Serving: Sendable {
    let program: Program
    let url: String
    let admin: String

    /// - words: URLs and flags.
    /// - openFiles: the limit of its file descriptors; nil: the system's.
    init(
        _ signalbox: Signalbox, _ words: [String], listen: String = "127.0.0.1:0", openFiles: Int? = nil
    ) async throws {
        let words = ["serve"] + words + ["--listen", listen]
        if let openFiles {
            let line = "ulimit -n \(openFiles); exec \(signalbox.line(words))"
            program = try Program("/bin/sh", ["-c", line], environment: signalbox.environment)
        } else {
            program = try signalbox.start(words)
        }
        let line = try await program.firstLine()
        // "signalbox ready on http://127.0.0.1:40123 (admin /run/.../127.0.0.1:40123.sock)"
        let parts = line.components(separatedBy: " (admin ")
        guard parts.count == 2, let start = parts[0].range(of: "http://"), parts[1].hasSuffix(")") else {
            throw Program.Failure(description: "not the ready line: \(line)")
        }
        url = String(parts[0][start.lowerBound...])
        admin = String(parts[1].dropLast())
    }
}
