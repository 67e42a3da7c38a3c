import Foundation

/// The bytes of a trace: a file, one compressed with gzip, or standard input as "-".
enum TraceBytes {
    static func read(_ path: String) throws -> [UInt8] {
        if path == "-" { return [UInt8](FileHandle.standardInput.readDataToEndOfFile()) }
        if path.hasSuffix(".gz") { return try unpacked(path) }
        do {
            return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw unreadable(path)
        }
    }

    private static func unpacked(_ path: String) throws -> [UInt8] {
        guard FileManager.default.isReadableFile(atPath: path) else { throw unreadable(path) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc", "--", path]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        do {
            try process.run()
        } catch {
            throw CommandFailure("\(path): gzip does not start (\(error)); unpack the file first")
        }
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw CommandFailure("\(path): gzip can't unpack it; is it whole, and is gzip installed?")
        }
        return [UInt8](data)
    }

    private static func unreadable(_ path: String) -> CommandFailure {
        CommandFailure("\(path) can't be read; is the name right?")
    }
}
