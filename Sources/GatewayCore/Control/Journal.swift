import CLinux
import Foundation

/// One line of the journal: who did what when, and what came of it.
package struct JournalEntry: Codable, Sendable, Equatable {
    /// UTC, ISO 8601.
    package var time: String
    /// The same as Unix time, for drains that go on after a restart.
    package var unixTime: Double
    package var actor: String
    package var command: Command
    /// It was tried for so long; nil: for good.
    package var trySeconds: Double?
    package var before: String?
    package var after: String?
    package var reason: String?
    /// nil: applied. Else why it was refused.
    package var refusal: String?
}

/// An append-only file of operators' commands, on disk before they are applied.
///
/// Mode 0600 in a directory of its own, locked by the gateway that writes it.
package struct Journal: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package struct Opened: Sendable {
        package let journal: Journal
        /// The applied ones, in order.
        package let entries: [JournalEntry]
        /// Lines that could not be read: a torn last one after a crash.
        package let unreadable: Int
    }

    private let file: FileHandle
    private let lock: FileHandle
    package let path: String

    /// Opens the journal in a directory, made when it is not there, and reads what is in it.
    package static func open(directory: String) throws -> Opened {
        let manager = FileManager.default
        do {
            try manager.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw Failure(
                description:
                    "\(directory): cannot be made (\(error.localizedDescription)); set journal in the configuration"
            )
        }
        let lock = try handle(directory + "/lock")
        guard flock(lock.fileDescriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw Failure(
                description:
                    "\(directory): another gateway holds this journal; stop it, or listen on another address")
        }
        let path = directory + "/journal.jsonl"
        let file = try handle(path)
        let data = (try? file.readToEnd()) ?? Data()
        var entries: [JournalEntry] = []
        var unreadable = 0
        for line in data.split(separator: 0x0A) {
            if let entry = try? JSONDecoder().decode(JournalEntry.self, from: line) {
                if entry.refusal == nil { entries.append(entry) }
            } else {
                unreadable += 1
            }
        }
        try file.seekToEnd()
        if let last = data.last, last != 0x0A { try file.write(contentsOf: Data([0x0A])) }
        return Opened(
            journal: Journal(file: file, lock: lock, path: path), entries: entries, unreadable: unreadable)
    }

    private static func handle(_ path: String) throws -> FileHandle {
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(
                atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
        }
        guard let handle = FileHandle(forUpdatingAtPath: path) else {
            throw Failure(description: "\(path): cannot be opened for writing; check its owner and mode")
        }
        return handle
    }

    /// Returns when the entry is on disk.
    package func append(_ entry: JournalEntry) throws {
        var data = try JSONEncoder().encode(entry)
        data.append(0x0A)
        try file.write(contentsOf: data)
        try file.synchronize()
    }
}
