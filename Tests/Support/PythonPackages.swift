import Foundation

/// A Python with packages of PyPI in a virtual environment under .build, made once.
package enum PythonPackages {
    /// - Parameter packages: with their versions, "pyzmq==27.3.0".
    /// - Returns: the Python; nil after a line that says why there is none.
    package static func python(with packages: [String], for test: String) throws -> String? {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let name = packages.joined(separator: "-").replacingOccurrences(of: "==", with: "-")
        let folder = root.appendingPathComponent(".build/\(name)").path
        let python = folder + "/bin/python"
        let mark = folder + "/complete"
        if FileManager.default.fileExists(atPath: mark) { return python }
        let steps = [
            ["/usr/bin/env", "python3", "-m", "venv", "--clear", folder],
            [python, "-m", "pip", "install", "--quiet", "--no-input"] + packages,
        ]
        for step in steps {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: step[0])
            process.arguments = Array(step.dropFirst())
            process.standardInput = FileHandle.nullDevice
            let errors = Pipe()
            process.standardError = errors
            try process.run()
            let said = errors.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else {
                print("1 skipped: \(test): no \(packages): \(String(decoding: said, as: UTF8.self))")
                return nil
            }
        }
        try Data().write(to: URL(fileURLWithPath: mark))
        return python
    }
}
