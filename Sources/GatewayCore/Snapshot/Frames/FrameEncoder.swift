/// Makes the frames for one watcher. It remembers what was sent, so a watcher that reads slowly is served by making
/// fewer frames: none that was made may be dropped.
package struct FrameEncoder: Sendable {
    private var sent: UInt64?
    private var head = SectionEncoder<SnapshotHead, Int> { _ in 0 }
    private var gateway = SectionEncoder<GatewayStatus, Int> { _ in 0 }
    private var totals = SectionEncoder<TrafficTotals, Int> { _ in 0 }
    private var nodes = SectionEncoder<NodeStatus, String>(id: \.name)
    private var queues = SectionEncoder<QueueStatus, String>(id: \.model)
    private var streams = SectionEncoder<StreamStatus, UInt64>(id: \.id)
    private var decisions = SectionEncoder<DecisionRecord, UInt64>(id: \.stream)
    private var events = SectionEncoder<EventRecord, UInt64>(id: \.sequence)
    private var shadows = SectionEncoder<ShadowRow, String>(id: \.policy)
    private var trials = SectionEncoder<TrialStatus, String>(id: \.what)
    private var pins = SectionEncoder<SessionPin, String>(id: \.session)
    private var spending = SectionEncoder<SpendingRow, SpendingRow.ID>(id: \.id)
    private var sessions = SectionEncoder<SessionRow, String>(id: \.id)

    package init() {}

    /// The next frame. The first one, and one that is asked for with `isKey`, has everything.
    ///
    /// - Throws: when a record or the frame is too long; the next frame is a key frame then.
    package mutating func frame(of snapshot: Snapshot, isKey: Bool = false) throws -> [UInt8] {
        let base = isKey ? nil : sent
        sent = nil
        if base == nil { forget() }
        var writer = ByteWriter()
        writer.raw(SnapshotFrame.magic)
        writer.byte(SnapshotFrame.version)
        writer.byte((base == nil ? SnapshotFrame.Kind.key : .delta).rawValue)
        writer.number(snapshot.sequence)
        if let base { writer.number(base) }
        try head.write([SnapshotHead(snapshot)], into: &writer)
        try gateway.write([snapshot.gateway], into: &writer)
        try totals.write([snapshot.totals], into: &writer)
        try nodes.write(snapshot.nodes, into: &writer)
        try queues.write(snapshot.queues, into: &writer)
        try streams.write(snapshot.streams, into: &writer)
        try decisions.write(snapshot.decisions, into: &writer)
        try events.write(snapshot.events, into: &writer)
        try shadows.write(snapshot.shadows, into: &writer)
        try trials.write(snapshot.trials, into: &writer)
        try pins.write(snapshot.pins, into: &writer)
        try spending.write(snapshot.spending, into: &writer)
        try sessions.write(snapshot.sessions, into: &writer)
        guard writer.bytes.count <= SnapshotFrame.maxBytes else {
            throw MalformedBytes(offset: 0, message: "a frame of \(writer.bytes.count) bytes")
        }
        sent = snapshot.sequence
        return writer.bytes
    }

    private mutating func forget() {
        head.forget()
        gateway.forget()
        totals.forget()
        nodes.forget()
        queues.forget()
        streams.forget()
        decisions.forget()
        events.forget()
        shadows.forget()
        trials.forget()
        pins.forget()
        spending.forget()
        sessions.forget()
    }
}
