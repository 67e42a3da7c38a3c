import Foundation
import GatewayCore

/// The file of `record`: begins anew when it is full, and keeps the one before.
struct RecordingFile {
    let path: String
    /// Bytes after which it is full.
    private let limit: Int
    private var handle: FileHandle?
    private var history = History()
    private var keys = KeyFrames()
    private var started = 0.0
    private var newest = 0.0
    /// Bytes in the file now.
    private(set) var size = 0
    /// Pictures written, to all files.
    private(set) var count = 0

    init(_ path: String, limit: Int) {
        self.path = path
        self.limit = limit
    }

    mutating func take(_ arrival: AdminClient.Arrival) throws {
        switch arrival {
        case .history(let past): history = past
        case .snapshot(let snapshot, let frame):
            let isOld = snapshot.time - started >= Recording.secondsLimit
            if handle == nil || size >= limit || isOld { try begin(at: snapshot.time) }
            history.record(snapshot)
            newest = max(newest, snapshot.time)
            try write(Recording.entry(of: keys.kept(frame, of: snapshot), time: newest))
            count += 1
        case .result, .past, .forecast: break
        }
    }

    /// A file that is there already, this one's beginning or another's, becomes FILE.1.
    private mutating func begin(at time: Double) throws {
        try? handle?.close()
        let files = FileManager.default
        if files.fileExists(atPath: path) {
            try? files.removeItem(atPath: path + ".1")
            do { try files.moveItem(atPath: path, toPath: path + ".1") } catch {
                throw CommandFailure("\(path) can't be renamed \(path).1; may this folder be written to?")
            }
        }
        guard files.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]),
            let new = FileHandle(forWritingAtPath: path)
        else { throw CommandFailure("\(path) can't be written; does its folder exist, and is it yours?") }
        handle = new
        size = 0
        started = time
        newest = time
        keys.restart()
        try write(Recording.opening(history, time: time))
    }

    private mutating func write(_ bytes: [UInt8]) throws {
        do { try handle?.write(contentsOf: Data(bytes)) } catch {
            throw CommandFailure(
                "\(path) can't be written after byte \(size); is the disk full? what is there can be played")
        }
        size += bytes.count
    }
}
