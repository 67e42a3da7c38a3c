/// One list of a snapshot on the receiving side: what was received last.
struct SectionDecoder<Element: Decodable & Sendable>: Sendable {
    private(set) var elements: [Element] = []
    private var records: [BinaryRecord] = []

    mutating func forget() {
        elements = []
        records = []
    }

    /// Reads steps and makes the new list of the old one. The list is unusable after an error.
    mutating func read(from reader: inout ByteReader) throws {
        var new = SectionDecoder()
        var bytes = 0
        for _ in 0..<(try reader.count(upTo: min(reader.remaining, SnapshotFrame.maxRecords))) {
            let first = try reader.number()
            guard let step = SnapshotFrame.Step(rawValue: first & 3) else {
                throw reader.failure("an unknown step")
            }
            let argument = Int(first >> 2)
            switch step {
            case .copy: try new.copy(argument, count: Int(clamping: try reader.number()), of: self, &reader)
            case .patch: bytes += try new.patch(argument, of: self, &reader)
            case .whole:
                guard argument <= SnapshotFrame.maxRecordBytes else {
                    throw reader.failure("too long a record")
                }
                try new.add(Array(try reader.raw(argument)))
            }
            // A patch is short and its record may be long: without this, few bytes would make much work.
            guard new.elements.count <= SnapshotFrame.maxRecords, bytes <= SnapshotFrame.maxBytes else {
                throw reader.failure("too many records")
            }
        }
        self = new
    }

    private mutating func copy(
        _ start: Int, count: Int, of old: SectionDecoder, _ reader: inout ByteReader
    ) throws {
        guard start <= old.elements.count, count <= old.elements.count - start else {
            throw reader.failure("a copy of records that are not there")
        }
        elements += old.elements[start..<(start + count)]
        records += old.records[start..<(start + count)]
    }

    /// The length of the record that it made.
    private mutating func patch(
        _ index: Int, of old: SectionDecoder, _ reader: inout ByteReader
    ) throws -> Int {
        guard old.records.indices.contains(index) else { throw reader.failure("a patch of no record") }
        let before = old.records[index]
        var after = ByteWriter()
        var next = 0
        for _ in 0..<(try reader.count(upTo: before.fieldCount)) {
            let changed = next + (try reader.count(upTo: before.fieldCount - 1 - next))
            for kept in next..<changed { after.raw(before.field(kept)) }
            after.raw(try reader.raw(try reader.count(upTo: SnapshotFrame.maxRecordBytes)))
            next = changed + 1
        }
        for kept in next..<before.fieldCount { after.raw(before.field(kept)) }
        guard after.bytes.count <= SnapshotFrame.maxRecordBytes else {
            throw reader.failure("too long a record")
        }
        try add(after.bytes)
        return after.bytes.count
    }

    private mutating func add(_ bytes: [UInt8]) throws {
        let (element, record) = try BinaryDecoder.value(Element.self, from: bytes)
        elements.append(element)
        records.append(record)
    }
}
