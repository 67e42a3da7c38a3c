import GatewayCore

/// Makes a value of any `Decodable` type out of a generator, so that a test meets every field a type has or will have.
final class RandomDecoder: Decoder {
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]
    var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(state: seed) }

    func make<T: Decodable>(_ type: T.Type) throws -> T {
        if let listed = type as? any CaseIterable.Type, let cases = allCases(listed) as? [T] {
            return cases[Int.random(in: cases.indices, using: &random)]
        }
        let value: Any? =
            switch type {
            case is Double.Type: double()
            case is String.Type: text()
            case is Int.Type:
                Int(bitPattern: UInt(random.next() >> UInt64.random(in: 0..<64, using: &random)))
            case is UInt64.Type: random.next() >> UInt64.random(in: 0..<64, using: &random)
            case is Bool.Type: Bool.random(using: &random)
            case is UInt32.Type: UInt32.random(in: .min ... .max, using: &random)
            case is UInt16.Type: UInt16.random(in: .min ... .max, using: &random)
            case is UInt8.Type: UInt8.random(in: .min ... .max, using: &random)
            default: nil
            }
        return try value as? T ?? T(from: self)
    }

    private func allCases<C: CaseIterable>(_ type: C.Type) -> [Any] { Array(type.allCases) }

    private func double() -> Double {
        switch Int.random(in: 0..<6, using: &random) {
        case 0: Double(Int.random(in: -1000...1000, using: &random))
        case 1: [0, -0.0, .infinity, -.infinity, .leastNonzeroMagnitude].randomElement(using: &random) ?? 0
        case 2: 1_790_000_000.25
        default: Double.random(in: -1e6...1e6, using: &random)
        }
    }

    private func text() -> String {
        let count = Int.random(in: 0..<12, using: &random)
        return String((0..<count).map { _ in "aé😀\u{0}\"\n7z".randomElement(using: &random) ?? "a" })
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(Fields(decoder: self))
    }
    func unkeyedContainer() -> any UnkeyedDecodingContainer {
        List(decoder: self, total: Int.random(in: 0..<4, using: &random))
    }
    func singleValueContainer() -> any SingleValueDecodingContainer { Single(decoder: self) }

    private struct Fields<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let decoder: RandomDecoder
        var codingPath: [any CodingKey] { [] }
        var allKeys: [Key] { [] }
        func contains(_ key: Key) -> Bool { true }
        func decodeNil(forKey key: Key) -> Bool { Bool.random(using: &decoder.random) }
        func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try decoder.make(type) }
        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type, forKey key: Key
        ) -> KeyedDecodingContainer<Nested> { decoder.container(keyedBy: type) }
        func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedDecodingContainer {
            decoder.unkeyedContainer()
        }
        func superDecoder() -> any Decoder { decoder }
        func superDecoder(forKey key: Key) -> any Decoder { decoder }
    }

    private struct List: UnkeyedDecodingContainer {
        let decoder: RandomDecoder
        let total: Int
        var currentIndex = 0
        var codingPath: [any CodingKey] { [] }
        var count: Int? { total }
        var isAtEnd: Bool { currentIndex >= total }
        mutating func decodeNil() -> Bool { false }
        mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
            currentIndex += 1
            return try decoder.make(type)
        }
        mutating func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type
        ) -> KeyedDecodingContainer<Nested> { decoder.container(keyedBy: type) }
        mutating func nestedUnkeyedContainer() -> any UnkeyedDecodingContainer { decoder.unkeyedContainer() }
        mutating func superDecoder() -> any Decoder { decoder }
    }

    private struct Single: SingleValueDecodingContainer {
        let decoder: RandomDecoder
        var codingPath: [any CodingKey] { [] }
        func decodeNil() -> Bool { false }
        func decode<T: Decodable>(_ type: T.Type) throws -> T { try decoder.make(type) }
    }
}
