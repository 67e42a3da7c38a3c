/// One list of a snapshot on the sending side: what was sent last.
struct SectionEncoder<Element: Encodable & Equatable & Sendable, ID: Hashable>: Sendable {
    private let id: @Sendable (Element) -> ID
    private var elements: [Element] = []
    private var records: [BinaryRecord] = []

    init(id: @escaping @Sendable (Element) -> ID) { self.id = id }

    mutating func forget() {
        elements = []
        records = []
    }

    /// Writes the steps from the list sent last to this one.
    mutating func write(_ new: [Element], into writer: inout ByteWriter) throws {
        var steps = StepWriter()
        var newRecords: [BinaryRecord] = []
        newRecords.reserveCapacity(new.count)
        var places: [ID: Int]?
        /// An old record that follows the last one used is looked at first: most lists keep their order.
        var expected = 0
        for element in new {
            var old =
                elements.indices.contains(expected) && id(elements[expected]) == id(element) ? expected : nil
            if old == nil, !elements.isEmpty {
                let known =
                    places
                    ?? Dictionary(
                        elements.enumerated().map { (id($1), $0) }, uniquingKeysWith: { first, _ in first })
                places = known
                old = known[id(element)]
            }
            if let old {
                expected = old + 1
                newRecords.append(try step(to: element, from: old, &steps))
            } else {
                newRecords.append(try Self.record(element))
                steps.whole(newRecords[newRecords.count - 1])
            }
        }
        steps.finish(into: &writer)
        elements = new
        records = newRecords
    }

    private func step(to element: Element, from old: Int, _ steps: inout StepWriter) throws -> BinaryRecord {
        if elements[old] == element {
            steps.copy(old)
            return records[old]
        }
        let record = try Self.record(element)
        steps.patch(old, from: records[old], to: record)
        return record
    }

    private static func record(_ element: Element) throws -> BinaryRecord {
        let record = try BinaryEncoder.record(of: element)
        guard record.bytes.count <= SnapshotFrame.maxRecordBytes else {
            throw MalformedBytes(offset: 0, message: "a record of \(record.bytes.count) bytes")
        }
        return record
    }
}

/// Collects the steps of one list; runs of copies become one.
private struct StepWriter {
    private var body = ByteWriter()
    private var count = 0
    private var run: Range<Int>?

    mutating func copy(_ old: Int) {
        if let run, run.upperBound == old {
            self.run = run.lowerBound..<(old + 1)
        } else {
            endRun()
            run = old..<(old + 1)
        }
    }

    mutating func whole(_ record: BinaryRecord) {
        begin(.whole, record.bytes.count)
        body.raw(record.bytes)
    }

    /// The fields that differ, each with the distance from the one before it and its length.
    mutating func patch(_ old: Int, from before: BinaryRecord, to after: BinaryRecord) {
        guard before.fieldCount == after.fieldCount else { return whole(after) }
        let changed = (0..<after.fieldCount).filter { before.field($0) != after.field($0) }
        let size = changed.reduce(0) { $0 + 2 + after.field($1).count }
        guard size < after.bytes.count else { return whole(after) }
        begin(.patch, old)
        body.count(changed.count)
        var next = 0
        for index in changed {
            let field = after.field(index)
            body.count(index - next)
            body.count(field.count)
            body.raw(field)
            next = index + 1
        }
    }

    private mutating func begin(_ step: SnapshotFrame.Step, _ argument: Int) {
        endRun()
        add(step, argument)
    }

    private mutating func add(_ step: SnapshotFrame.Step, _ argument: Int) {
        body.number(UInt64(argument) << 2 | step.rawValue)
        count += 1
    }

    private mutating func endRun() {
        guard let run else { return }
        self.run = nil
        add(.copy, run.lowerBound)
        body.count(run.count)
    }

    mutating func finish(into writer: inout ByteWriter) {
        endRun()
        writer.count(count)
        writer.raw(body.bytes)
    }
}
