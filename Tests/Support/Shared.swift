import Foundation

/// The folder with captures, traces and tools that tests and benchmarks read; nil in a bare clone.
package let sharedFolder: URL? = {
    let path = ProcessInfo.processInfo.environment["SIGNALBOX_SHARED"] ?? "../shared"
    let url = URL(fileURLWithPath: path, isDirectory: true)
    var isDirectory: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory)
    return exists && isDirectory.boolValue ? url : nil
}()
