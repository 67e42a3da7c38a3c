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
        depth += 1
        let value = try T(from: self)
        depth -= 1
        return value
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

    // One for every scalar with a binary form, as in the encoder. Optionals come here by way of `decodeNil`.
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
        defer { endField() }
        return try decoder.reader.double()
    }
    func decode(_ type: String.Type, forKey key: Key) throws -> String {
        defer { endField() }
        return try decoder.reader.text()
    }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int {
        defer { endField() }
        return try decoder.reader.whole()
    }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 {
        defer { endField() }
        return try decoder.reader.number()
    }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool {
        defer { endField() }
        return try decoder.reader.bool()
    }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 {
        defer { endField() }
        return try decoder.reader.narrow(UInt32.self)
    }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 {
        defer { endField() }
        return try decoder.reader.narrow(UInt16.self)
    }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 {
        defer { endField() }
        return try decoder.reader.byte()
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
    func decode(_ type: Double.Type) throws -> Double { try decoder.reader.double() }
    func decode(_ type: String.Type) throws -> String { try decoder.reader.text() }
    func decode(_ type: Int.Type) throws -> Int { try decoder.reader.whole() }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try decoder.reader.number() }
    func decode(_ type: Bool.Type) throws -> Bool { try decoder.reader.bool() }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try decoder.reader.narrow(UInt32.self) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try decoder.reader.narrow(UInt16.self) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try decoder.reader.byte() }

    /// What is single and yet no scalar of these would ask for this container again, for ever.
    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        throw decoder.reader.failure("\(T.self) has no binary form")
    }
}
