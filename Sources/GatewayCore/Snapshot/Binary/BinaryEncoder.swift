/// The compact form of a `Codable` value: its fields in the order of declaration, without names.
///
/// An optional is a byte 0 or 1 and then the value; numbers are variable in length; a list has a count of 16 bits. Both
/// sides must be of one version: nothing in the bytes says which field is which.
final class BinaryEncoder: Encoder {
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]
    fileprivate var writer = ByteWriter()
    /// Where each field of the outermost value ends.
    fileprivate var fieldEnds: [Int] = []
    /// 0 in the outermost value.
    fileprivate var depth = 0

    static func record(of value: some Encodable) throws -> BinaryRecord {
        let encoder = BinaryEncoder()
        try value.encode(to: encoder)
        return BinaryRecord(bytes: encoder.writer.bytes, fieldEnds: encoder.fieldEnds)
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(BinaryFields(encoder: self, isOutermost: depth == 0))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        BinaryList(encoder: self, place: writer.reserveCount())
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { BinarySingle(encoder: self) }

    fileprivate func write(_ value: some Encodable) throws {
        depth += 1
        try value.encode(to: self)
        depth -= 1
    }
}

/// An encoded value and where its fields end, so that a later one can be told by the fields that differ.
struct BinaryRecord: Equatable, Sendable {
    var bytes: [UInt8]
    var fieldEnds: [Int]

    var fieldCount: Int { fieldEnds.count }

    func field(_ index: Int) -> ArraySlice<UInt8> {
        bytes[(index == 0 ? 0 : fieldEnds[index - 1])..<fieldEnds[index]]
    }
}

private struct BinaryFields<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: BinaryEncoder
    let isOutermost: Bool
    var codingPath: [any CodingKey] { [] }

    private func endField() {
        if isOutermost { encoder.fieldEnds.append(encoder.writer.bytes.count) }
    }

    func encodeNil(forKey key: Key) {
        encoder.writer.byte(0)
        endField()
    }

    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        try encoder.write(value)
        endField()
    }

    func encodeIfPresent<T: Encodable>(_ value: T?, forKey key: Key) throws {
        begin(isNil: value == nil)
        if let value { try encode(value, forKey: key) }
    }

    private func scalar(_ write: (inout ByteWriter) -> Void) {
        write(&encoder.writer)
        endField()
    }

    /// Writes the byte before an optional; without a value the field ends with it.
    private func begin(isNil: Bool) {
        encoder.writer.bool(!isNil)
        if isNil { endField() }
    }

    // One of each for every scalar with a binary form: the generic ones would be slow, and for optionals the standard
    // library's own, which write nothing for nil, would come before a generic one.
    func encode(_ value: Double, forKey key: Key) { scalar { $0.double(value) } }
    func encode(_ value: String, forKey key: Key) { scalar { $0.text(value) } }
    func encode(_ value: Int, forKey key: Key) { scalar { $0.whole(value) } }
    func encode(_ value: UInt64, forKey key: Key) { scalar { $0.number(value) } }
    func encode(_ value: Bool, forKey key: Key) { scalar { $0.bool(value) } }
    func encode(_ value: UInt32, forKey key: Key) { scalar { $0.number(value) } }
    func encode(_ value: UInt16, forKey key: Key) { scalar { $0.number(value) } }
    func encode(_ value: UInt8, forKey key: Key) { scalar { $0.byte(value) } }

    func encodeIfPresent(_ value: Double?, forKey key: Key) {
        begin(isNil: value == nil)
        if let value { encode(value, forKey: key) }
    }
    func encodeIfPresent(_ value: String?, forKey key: Key) {
        begin(isNil: value == nil)
        if let value { encode(value, forKey: key) }
    }
    func encodeIfPresent(_ value: Int?, forKey key: Key) {
        begin(isNil: value == nil)
        if let value { encode(value, forKey: key) }
    }
    func encodeIfPresent(_ value: UInt64?, forKey key: Key) {
        begin(isNil: value == nil)
        if let value { encode(value, forKey: key) }
    }
    func encodeIfPresent(_ value: Bool?, forKey key: Key) {
        begin(isNil: value == nil)
        if let value { encode(value, forKey: key) }
    }
    func encodeIfPresent(_ value: UInt32?, forKey key: Key) {
        begin(isNil: value == nil)
        if let value { encode(value, forKey: key) }
    }
    func encodeIfPresent(_ value: UInt16?, forKey key: Key) {
        begin(isNil: value == nil)
        if let value { encode(value, forKey: key) }
    }
    func encodeIfPresent(_ value: UInt8?, forKey key: Key) {
        begin(isNil: value == nil)
        if let value { encode(value, forKey: key) }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy keyType: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> { encoder.container(keyedBy: keyType) }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        encoder.unkeyedContainer()
    }
    func superEncoder() -> any Encoder { encoder }
    func superEncoder(forKey key: Key) -> any Encoder { encoder }
}

private struct BinaryList: UnkeyedEncodingContainer {
    let encoder: BinaryEncoder
    let place: Int
    var count = 0
    var codingPath: [any CodingKey] { [] }

    mutating func encodeNil() throws {
        try add()
        encoder.writer.byte(0)
    }

    mutating func encode<T: Encodable>(_ value: T) throws {
        try add()
        try encoder.write(value)
    }

    private mutating func add() throws {
        guard count < Int(UInt16.max) else {
            throw MalformedBytes(offset: place, message: "a list of more than \(UInt16.max) values")
        }
        count += 1
        encoder.writer.setCount(UInt16(count), at: place)
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy keyType: Nested.Type
    ) -> KeyedEncodingContainer<Nested> { encoder.container(keyedBy: keyType) }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { encoder.unkeyedContainer() }
    mutating func superEncoder() -> any Encoder { encoder }
}

private struct BinarySingle: SingleValueEncodingContainer {
    let encoder: BinaryEncoder
    var codingPath: [any CodingKey] { [] }

    mutating func encodeNil() { encoder.writer.byte(0) }
    mutating func encode(_ value: Double) { encoder.writer.double(value) }
    mutating func encode(_ value: String) { encoder.writer.text(value) }
    mutating func encode(_ value: Int) { encoder.writer.whole(value) }
    mutating func encode(_ value: UInt64) { encoder.writer.number(value) }
    mutating func encode(_ value: Bool) { encoder.writer.bool(value) }
    mutating func encode(_ value: UInt32) { encoder.writer.number(value) }
    mutating func encode(_ value: UInt16) { encoder.writer.number(value) }
    mutating func encode(_ value: UInt8) { encoder.writer.byte(value) }

    /// What is single and yet no scalar of these would ask for this container again, for ever.
    mutating func encode<T: Encodable>(_ value: T) throws {
        let context = EncodingError.Context(codingPath: [], debugDescription: "\(T.self) has no binary form")
        throw EncodingError.invalidValue(value, context)
    }
}
