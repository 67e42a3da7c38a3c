/// Reads what `BinaryEncoder` wrote; any bytes give a value or an error, never a trap.
final class BinaryDecoder: Decoder {
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]
    fileprivate var reader: ByteReader
    fileprivate var fieldEnds: [Int] = []
    fileprivate var depth = 0

    private init(_ bytes: [UInt8]) { reader = ByteReader(bytes) }

    /// The value, and the record with its fields found again.
    static func value<T: Decodable>(_ type: T.Type, from bytes: [UInt8]) throws -> (T, BinaryRecord) {
        let decoder = BinaryDecoder(bytes)
        let value = try T(from: decoder)
        guard decoder.reader.remaining == 0 else {
            throw decoder.reader.failure("bytes after the end of a value")
        }
        return (value, BinaryRecord(bytes: bytes, fieldEnds: decoder.fieldEnds))
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(BinaryFields(decoder: self, isOutermost: depth == 0))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        BinaryList(decoder: self, total: try reader.fixedCount())
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { BinarySingle(decoder: self) }

    fileprivate func read<T: Decodable>(_ type: T.Type) throws -> T {
        if let scalar = try readScalar(type) { return scalar }
        depth += 1
        let value = try T(from: self)
        depth -= 1
        return value
    }

    /// nil for types that consist of others.
    fileprivate func readScalar<T: Decodable>(_ type: T.Type) throws -> T? {
        if type == Double.self { return try reader.double() as? T }
        if type == String.self { return try reader.text() as? T }
        if type == Int.self { return Int(try reader.signed()) as? T }
        if type == UInt64.self { return try reader.number() as? T }
        if type == Bool.self { return try reader.bool() as? T }
        if type == UInt32.self { return UInt32(try reader.count(upTo: Int(UInt32.max))) as? T }
        if type == UInt16.self { return UInt16(try reader.count(upTo: Int(UInt16.max))) as? T }
        if type == UInt8.self { return try reader.byte() as? T }
        return nil
    }
}

private struct BinaryFields<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: BinaryDecoder
    let isOutermost: Bool
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }

    private func endField() {
        if isOutermost { decoder.fieldEnds.append(decoder.reader.offset) }
    }

    /// The form is positional: every field is there.
    func contains(_ key: Key) -> Bool { true }

    /// Also the first half of `decodeIfPresent`, which asks this before it decodes.
    func decodeNil(forKey key: Key) throws -> Bool {
        let isNil = try !decoder.reader.bool()
        if isNil { endField() }
        return isNil
    }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        let value = try decoder.read(type)
        endField()
        return value
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { decoder.container(keyedBy: type) }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try decoder.unkeyedContainer()
    }

    func superDecoder() -> any Decoder { decoder }
    func superDecoder(forKey key: Key) -> any Decoder { decoder }
}

private struct BinaryList: UnkeyedDecodingContainer {
    let decoder: BinaryDecoder
    let total: Int
    var currentIndex = 0
    var codingPath: [any CodingKey] { [] }
    /// nil, so that nobody reserves memory for a count that the bytes only claim.
    var count: Int? { nil }
    var isAtEnd: Bool { currentIndex >= total }

    mutating func decodeNil() throws -> Bool { false }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        guard !isAtEnd else { throw decoder.reader.failure("a list ends too early") }
        currentIndex += 1
        return try decoder.read(type)
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> { decoder.container(keyedBy: type) }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try decoder.unkeyedContainer()
    }
    mutating func superDecoder() throws -> any Decoder { decoder }
}

private struct BinarySingle: SingleValueDecodingContainer {
    let decoder: BinaryDecoder
    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool { false }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        guard let scalar = try decoder.readScalar(type) else {
            throw decoder.reader.failure("\(T.self) has no binary form")
        }
        return scalar
    }
}
