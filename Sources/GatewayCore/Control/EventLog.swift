/// What operators and the system did: the newest ones, bounded.
package struct EventLog: Sendable {
    package private(set) var newestFirst: [EventRecord] = []
    package private(set) var total = 0

    package init() {}

    package mutating func add(
        _ text: String, severity: EventSeverity = .info, actor: String = "system", node: String? = nil,
        time: Double
    ) {
        total += 1
        var record = EventRecord()
        record.sequence = UInt64(total)
        record.time = time
        record.severity = severity
        record.actor = actor
        record.node = node
        record.text = text
        newestFirst.insert(record, at: 0)
        if newestFirst.count > Snapshot.listLimit { newestFirst.removeLast() }
    }
}
