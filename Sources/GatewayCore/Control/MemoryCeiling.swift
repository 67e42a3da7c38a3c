import Foundation

/// How much memory the process may use before requests are refused.
enum MemoryCeiling {
    /// Of what the container or the machine has, where the configuration says nothing.
    static let share = 0.8

    /// Bytes; nil: nothing tells.
    static func bytes(configured: Int?) -> Double? {
        if let configured { return Double(configured) }
        let files = [
            "/sys/fs/cgroup/memory.max",  // cgroup v2
            "/sys/fs/cgroup/memory/memory.limit_in_bytes",  // v1; a number beyond any machine: no limit
        ]
        let limits = files.compactMap { try? String(contentsOfFile: $0, encoding: .utf8) }.compactMap {
            Double($0.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        let machine = Double(ProcessInfo.processInfo.physicalMemory)
        return min(machine, limits.min() ?? machine) * share
    }
}

extension ControlLoop {
    /// How often memory is looked at.
    private static let memoryInterval: UInt64 = 250_000_000

    /// Tells the loops which requests to refuse while memory is short, and puts out those that wait.
    mutating func watchMemory() {
        guard now >= nextMemory, let ceiling = memoryCeiling, ceiling > 0,
            let used = ProcessResources.residentBytes()
        else { return }
        nextMemory = now + Self.memoryInterval
        let before = overload.shedding
        overload.take(used: used / ceiling)
        shared.overload.set(overload.shedding)
        if let shed = overload.shedding {
            let victims = shared.waitingRoom.shed(shed)
            for loop in Set(victims.map(\.loop)) { shared.mailboxes[loop].wake() }
        }
        guard overload.shedding != before else { return }
        isUrgent = true
        let share = "\(Int(used / 1_048_576)) of \(Int(ceiling / 1_048_576)) MiB (limits.memoryBytes)"
        if let shed = overload.shedding {
            events.add(
                "memory is short, \(share): \(shed.words) are refused", severity: .alarm, time: unixNow)
        } else {
            events.add("memory suffices again, \(share)", time: unixNow)
        }
    }
}
