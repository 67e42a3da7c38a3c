/// Makes snapshots of the frames that one gateway sends. Any bytes give a snapshot or an error.
package struct FrameDecoder: Sendable {
    /// The last one that was complete; an error leaves it as it is.
    package private(set) var snapshot: Snapshot?
    private var sections = Sections()

    private struct Sections {
        var head = SectionDecoder<SnapshotHead>()
        var gateway = SectionDecoder<GatewayStatus>()
        var totals = SectionDecoder<TrafficTotals>()
        var nodes = SectionDecoder<NodeStatus>()
        var queues = SectionDecoder<QueueStatus>()
        var streams = SectionDecoder<StreamStatus>()
        var decisions = SectionDecoder<DecisionRecord>()
        var events = SectionDecoder<EventRecord>()
        var shadows = SectionDecoder<ShadowRow>()
        var trials = SectionDecoder<TrialStatus>()
        var pins = SectionDecoder<SessionPin>()
        var spending = SectionDecoder<SpendingRow>()
        var sessions = SectionDecoder<SessionRow>()
    }

    package init() {}

    /// Applies the next frame.
    package mutating func apply(_ frame: [UInt8]) throws(FrameError) -> Snapshot {
        do {
            guard frame.count <= SnapshotFrame.maxBytes else {
                throw FrameError.malformed("\(frame.count) bytes, more than \(SnapshotFrame.maxBytes)")
            }
            var reader = ByteReader(frame)
            let (sequence, isKey) = try header(&reader)
            var sections = isKey ? Sections() : sections
            let snapshot = try Self.read(&sections, from: &reader, sequence: sequence)
            self.sections = sections
            self.snapshot = snapshot
            return snapshot
        } catch let error as FrameError {
            throw error
        } catch {
            throw .malformed("\(error)")
        }
    }

    private func header(_ reader: inout ByteReader) throws -> (sequence: UInt64, isKey: Bool) {
        guard Array(try reader.raw(SnapshotFrame.magic.count)) == SnapshotFrame.magic else {
            throw FrameError.malformed("it begins with other bytes")
        }
        let version = try reader.byte()
        guard version == SnapshotFrame.version else { throw FrameError.version(version) }
        guard let kind = SnapshotFrame.Kind(rawValue: try reader.byte()) else {
            throw FrameError.malformed("an unknown kind of frame")
        }
        let sequence = try reader.number()
        guard kind == .delta else { return (sequence, true) }
        let base = try reader.number()
        guard base == snapshot?.sequence else { throw FrameError.gap(have: snapshot?.sequence, needed: base) }
        return (sequence, false)
    }

    private static func read(
        _ sections: inout Sections, from reader: inout ByteReader, sequence: UInt64
    ) throws -> Snapshot {
        try sections.head.read(from: &reader)
        try sections.gateway.read(from: &reader)
        try sections.totals.read(from: &reader)
        try sections.nodes.read(from: &reader)
        try sections.queues.read(from: &reader)
        try sections.streams.read(from: &reader)
        try sections.decisions.read(from: &reader)
        try sections.events.read(from: &reader)
        try sections.shadows.read(from: &reader)
        try sections.trials.read(from: &reader)
        try sections.pins.read(from: &reader)
        try sections.spending.read(from: &reader)
        try sections.sessions.read(from: &reader)
        guard reader.remaining == 0, let head = sections.head.elements.first,
            let gateway = sections.gateway.elements.first, let totals = sections.totals.elements.first,
            sections.head.elements.count + sections.gateway.elements.count + sections.totals.elements.count
                == 3
        else { throw reader.failure("not one of each single record, or bytes after the last") }
        var snapshot = Snapshot()
        snapshot.sequence = sequence
        snapshot.time = head.time
        snapshot.gateway = gateway
        snapshot.totals = totals
        snapshot.nodes = sections.nodes.elements
        snapshot.queues = sections.queues.elements
        snapshot.streams = sections.streams.elements
        snapshot.streamsTotal = head.streamsTotal
        snapshot.decisions = sections.decisions.elements
        snapshot.decisionsTotal = head.decisionsTotal
        snapshot.events = sections.events.elements
        snapshot.shadows = sections.shadows.elements
        snapshot.trials = sections.trials.elements
        snapshot.pins = sections.pins.elements
        snapshot.spending = sections.spending.elements
        snapshot.sessions = sections.sessions.elements
        snapshot.eventsTotal = head.eventsTotal
        return snapshot
    }
}
