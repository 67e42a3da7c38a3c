import Foundation

/// A folder of one test's own, gone when the last one who holds it lets go.
package final class TemporaryFolder: Sendable {
    package let path: String

    /// Short, as it holds sockets, whose path has at most 107 bytes.
    package init() throws {
        path = "/tmp/sbx-\(String(UInt64.random(in: 0..<1 << 48), radix: 36))"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    package func file(_ name: String) -> String { path + "/" + name }

    /// Writes a file and returns its path.
    package func write(_ text: String, to name: String) throws -> String {
        try text.write(toFile: file(name), atomically: true, encoding: .utf8)
        return file(name)
    }
}
