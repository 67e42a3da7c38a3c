import Foundation
import GatewayCore

/// Where a console puts the screens that its operator exports.
enum PictureFile {
    struct Problem: Error, CustomStringConvertible {
        var description: String
    }

    /// Writes a new file, readable by its owner alone as it may name customers, and returns its path.
    ///
    /// - time: of the picture, Unix seconds; it gives the file's name.
    static func write(
        _ picture: String, _ format: PictureFormat, time: Double,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> Result<String, Problem> {
        let folder = StatePaths.pictureDirectory(environment: environment)
        let files = FileManager.default
        let owner: [FileAttributeKey: Any] = [.posixPermissions: 0o700]
        try? files.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: owner)
        let stem = "\(folder)/\(name(time))"
        for number in 1...99 {
            let path = stem + (number == 1 ? "" : "-\(number)") + ".\(format.fileEnding)"
            if files.fileExists(atPath: path) { continue }
            let isWritten = files.createFile(
                atPath: path, contents: Data(picture.utf8), attributes: [.posixPermissions: 0o600])
            if isWritten { return .success(path) }
            break
        }
        return .failure(
            Problem(description: "no picture can be written into \(folder); may you write there?"))
    }

    /// "screen-20261124T140320Z".
    private static func name(_ time: Double) -> String {
        let date = Date(timeIntervalSince1970: time).formatted(.iso8601)
        return "screen-" + date.replacing("-", with: "").replacing(":", with: "")
    }
}
