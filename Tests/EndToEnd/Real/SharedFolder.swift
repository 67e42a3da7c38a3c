import Foundation
import Testing
import Synchronization
import TestSupport

/// The shared folder, or nil after one line that says what is skipped; in CI its absence is a failure.
func requireShared(_ what: String) throws -> URL? {
    if let sharedFolder { return sharedFolder }
    return try skip(what, because: "the shared folder is not here: set SIGNALBOX_SHARED")
}

/// Says in one line, which can be counted, what was not tested; under SIGNALBOX_CI it is a failure.
func skip<T>(_ what: String, because reason: String) throws -> T? {
    print("skipped: \(what): \(reason)")
    if ProcessInfo.processInfo.environment["SIGNALBOX_CI"] != nil {
        Issue.record("\(what) must not be skipped in CI: \(reason)")
    }
    return nil
}

/// What a program said and how it ended.
struct Output: Sendable {
    var status: Int32
    var out: String
    var errors: String
}

/// Runs a program to its end.
/// - Parameter output: files instead of pipes let a program leave children behind that hold its output open.
func runToEnd(_ path: String, _ arguments: [String], environment: [String: String] = [:]) throws -> Output {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
        "signalbox-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = ["out", "errors"].map { folder.appendingPathComponent($0) }
    for file in files { try Data().write(to: file) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: files[0])
    process.standardError = try FileHandle(forWritingTo: files[1])
    try process.run()
    process.waitUntilExit()
    return Output(
        status: process.terminationStatus, out: try String(contentsOf: files[0], encoding: .utf8),
        errors: try String(contentsOf: files[1], encoding: .utf8))
}

/// Does `work` on `count` threads at once and waits for all.
func inParallel<T: Sendable>(_ count: Int, _ work: @escaping @Sendable (Int) -> T) -> [T] {
    let results = Results<T>()
    let group = DispatchGroup()
    for number in 0..<count {
        group.enter()
        Thread.detachNewThread {
            let result = work(number)
            results.all.withLock { $0.append((number, result)) }
            group.leave()
        }
    }
    group.wait()
    return results.all.withLock { $0 }.sorted { $0.0 < $1.0 }.map(\.1)
}

private final class Results<T: Sendable>: Sendable {
    let all = Mutex<[(Int, T)]>([])
}
