import Foundation

/// A file of the repository.
struct SourceFile {
    /// From the repository's root, "Sources/GatewayCore/Fleet/Readings.swift".
    var path: String
    var text: String

    var name: String { String(path.split(separator: "/").last ?? "") }
    var lineCount: Int { text.utf8.count { $0 == 0x0A } }
}

enum SourceTree {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Everything that is tracked and is text; without git, everything but builds and hidden folders.
    static let files: [SourceFile] = (tracked() ?? found()).sorted().compactMap { path in
        guard let data = try? Data(contentsOf: root.appendingPathComponent(path)),
            let text = String(validating: data, as: UTF8.self)
        else { return nil }
        return SourceFile(path: path, text: text)
    }

    static let swift = files.filter { $0.path.hasSuffix(".swift") && $0.name != "Package.swift" }

    /// The Swift files below a folder, read.
    static func swift(in folder: String) -> [(file: SourceFile, text: SwiftText)] {
        scanned.filter { $0.file.path.hasPrefix(folder + "/") }
    }

    static let scanned = swift.map { (file: $0, text: SwiftText($0.text)) }

    /// The lines of a list beside the tests, without comments.
    static func list(_ name: String) throws -> [String] {
        let url = root.appendingPathComponent("Tests/Architecture/\(name)")
        return try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map(String.init)
            .filter { !$0.hasPrefix("#") }
    }

    private static func tracked() -> [String]? {
        let git = Process()
        git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        git.arguments = [
            "git", "-C", root.path, "ls-files", "-z", "--cached", "--others", "--exclude-standard",
        ]
        let output = Pipe()
        git.standardOutput = output
        git.standardError = FileHandle.nullDevice
        guard (try? git.run()) != nil else { return nil }
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        git.waitUntilExit()
        guard git.terminationStatus == 0 else { return nil }
        return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func found() -> [String] {
        let all = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
        return all.filter { path in !path.split(separator: "/").contains { $0.hasPrefix(".") } }
    }
}
