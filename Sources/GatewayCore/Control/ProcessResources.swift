import CLinux
import Foundation

/// What this process holds of the machine, from /proc.
struct ProcessResources: Sendable {
    var residentBytes: Double?
    var openFiles: Int?
    var openFileLimit: Int?

    /// Reads all of it anew.
    static func measure() -> ProcessResources {
        var resources = ProcessResources()
        resources.residentBytes = residentBytes()
        resources.openFiles = openFiles()
        resources.openFileLimit = openFileLimit()
        return resources
    }

    /// Linux 6.2 and later tell it as the folder's size; before, it was 0 and they are counted.
    private static func openFiles() -> Int? {
        let folder = "/proc/self/fd"
        let size = (try? FileManager.default.attributesOfItem(atPath: folder))?[.size] as? Int
        if let size, size > 0 { return size }
        return (try? FileManager.default.contentsOfDirectory(atPath: folder))?.count
    }

    /// "Max open files   1048576   1048576   files"; nil where it is not limited.
    private static func openFileLimit() -> Int? {
        let text = (try? String(contentsOfFile: "/proc/self/limits", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("Max open files") }
        return line?.dropFirst("Max open files".count).split(separator: " ").first.flatMap { Int($0) }
    }

    static func residentBytes() -> Double? {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Double(fields[1]) else { return nil }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
    }
}
