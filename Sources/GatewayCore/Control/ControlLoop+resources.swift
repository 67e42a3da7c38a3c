import Synchronization

/// Memory and descriptors of this process.
extension ControlLoop {
    /// From this share of the limit on it is an event; below the second one again it is over.
    static let tightShare = 0.85
    static let easedShare = 0.75

    mutating func measureProcess() {
        process = ProcessResources.measure()
        guard let open = process.openFiles, let limit = process.openFileLimit, limit > 0 else { return }
        let share = Double(open) / Double(limit)
        if share > Self.tightShare, !isShortOfFiles {
            isShortOfFiles = true
            isUrgent = true
            events.add(
                "\(open) of \(limit) file descriptors are open; raise the limit of the service (LimitNOFILE)",
                severity: .alarm, time: unixNow)
        } else if share < Self.easedShare, isShortOfFiles {
            isShortOfFiles = false
            events.add("file descriptors suffice again: \(open) of \(limit) are open", time: unixNow)
        }
    }

    /// The memory line: who holds what.
    var memory: MemoryStatus {
        var memory = MemoryStatus()
        memory.residentBytes = process.residentBytes
        memory.limitBytes = memoryCeiling
        memory.prefixIndexBytes = Double(shared.prefixIndex.byteCount)
        memory.historyBytes = Double(history.byteCount + past.byteCount)
        memory.ledgerBytes = Double(ledger.byteCount)
        memory.retainedBytes = Double(shared.retainedBytes.load(ordering: .relaxed))
        memory.queueBytes = Double(shared.waitingRoom.bytes)
        memory.openFiles = process.openFiles
        memory.openFileLimit = process.openFileLimit
        return memory
    }
}
