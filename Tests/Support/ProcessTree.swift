import Foundation

/// What /proc tells of processes.
package enum ProcessTree {
    /// The processes below one, however deep.
    package static func descendants(of root: Int32) -> [Int32] {
        var children: [Int32: [Int32]] = [:]
        for process in all { children[process.parent, default: []].append(process.id) }
        var found: [Int32] = []
        var rest = [root]
        while let next = rest.popLast() {
            let below = children[next] ?? []
            found += below
            rest += below
        }
        return found
    }

    package static func children(of parent: Int32) -> [Int32] {
        all.filter { $0.parent == parent }.map(\.id)
    }

    /// Zombies do not count.
    package static func isRunning(_ id: Int32) -> Bool { stat(id).map { $0.state != "Z" } ?? false }

    /// Stopped by a signal: T.
    package static func isStopped(_ id: Int32) -> Bool { stat(id)?.state == "T" }

    /// User and system time of one that runs; nil: there is none.
    package static func cpuSeconds(of id: Int32) -> Double? {
        guard let fields = fields(id), fields.count > 12, let user = Double(fields[11]),
            let system = Double(fields[12])
        else { return nil }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private static var all: [(id: Int32, parent: Int32)] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.compactMap { id in
            stat(id).flatMap { $0.state == "Z" ? nil : (id, $0.parent) }
        }
    }

    private static func stat(_ id: Int32) -> (state: String, parent: Int32)? {
        guard let fields = fields(id), fields.count > 1, let parent = Int32(fields[1]) else { return nil }
        return (String(fields[0]), parent)
    }

    /// The fields behind the command's name, which may hold anything.
    private static func fields(_ id: Int32) -> [Substring]? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(id)/stat"),
            let end = data.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        return String(decoding: data[data.index(after: end)...], as: UTF8.self).split(separator: " ")
    }
}
