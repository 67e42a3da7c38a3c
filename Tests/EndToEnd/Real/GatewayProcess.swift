import Foundation
import Synchronization
import TestSupport

/// `signalbox serve` as a process of its own, with folders of its own; ends with this object.
final class GatewayProcess: Sendable {
    struct Failure: Error { let what: String }

    let port: UInt16
    private let process: Process
    private let folder: URL

    static let program: String =
        ProcessInfo.processInfo.environment["SIGNALBOX_BIN"]
        ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../.build/debug/signalbox").standardizedFileURL.path

    /// - Parameter fleet: URLs, or `--config` and a file.
    init(_ fleet: [String], policy: String = "prefix-affinity") throws {
        folder = URL(fileURLWithPath: "/tmp/signalbox-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let output = Pipe()
        process = Process()
        process.executableURL = URL(fileURLWithPath: Self.program)
        process.arguments =
            ["serve"] + fleet + [
                "--listen", "127.0.0.1:0", "--policy", policy, "--admin", folder.path + "/admin.sock",
                "--journal", folder.path + "/journal",
            ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        try process.run()
        var line = ""
        while !line.contains("\n") {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { throw Failure(what: "the gateway ended before it was ready: \(line)") }
            line += String(decoding: more, as: UTF8.self)
        }
        guard
            let port = line.split(separator: " ").first(where: { $0.hasPrefix("http://") })?
                .split(separator: ":").last.flatMap({ UInt16($0) })
        else { throw Failure(what: "no port in `\(line)`") }
        self.port = port
        let serving = try eventually(seconds: 30) {
            try status.nodes?.list?.allSatisfy { $0.state?.string == "serving" } == true
        }
        guard serving else { throw Failure(what: "not every node serves: \(try status)") }
    }

    deinit {
        process.terminate()
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    var url: String { "http://127.0.0.1:\(port)" }

    var status: JSON {
        get throws {
            let output = try command("status", "--json")
            guard output.status == 0 else { throw Failure(what: output.errors) }
            return try JSONDecoder().decode(JSON.self, from: Data(output.out.utf8))
        }
    }

    /// The status once every request so far is in the books: for half a second of the gateway's own time nothing was active
    /// and no number of requests moved. Its loops hand their books over each quarter of a second.
    func settledStatus() throws -> JSON {
        var first = try status
        var last = first
        let isSettled = try eventually(seconds: 20) {
            last = try status
            if last.totals?.requests != first.totals?.requests || last.totals?.requests?.active?.number != 0 {
                first = last
            }
            return (last.uptimeSeconds?.number ?? 0) >= (first.uptimeSeconds?.number ?? 0) + 0.5
        }
        guard isSettled else { throw Failure(what: "the books do not come to rest: \(last)") }
        return last
    }

    /// The status of node `index`, in the order of the URLs.
    func node(_ index: Int) throws -> JSON {
        guard let node = try status.nodes?[index] else { throw Failure(what: "no node \(index)") }
        return node
    }

    /// The name by which verbs call the node at a URL: its address.
    static func name(of url: String) -> String { String(url.dropFirst("http://".count)) }

    @discardableResult
    func command(_ words: String...) throws -> Output {
        try runToEnd(Self.program, words + ["--admin", folder.path + "/admin.sock"])
    }
}
