/// Why bytes are no MessagePack that is understood, and where.
struct MessagePackError: Error, Equatable, CustomStringConvertible {
    enum Reason: String {
        case cutOff = "the bytes end inside a value"
        case tooMany = "an array or map claims more elements than there are bytes"
        case unused = "0xc1, which MessagePack never uses"
        case tooDeep = "values lie too deep in each other"
        case notText = "a text that is not UTF-8"
        case unexpected = "a value of another kind than belongs here"
    }

    let reason: Reason
    /// Of the value's first byte.
    let offset: Int

    var description: String { "\(reason.rawValue), at byte \(offset)" }
}

/// Reads MessagePack (the specification of msgpack.org, 2013) one value after another, without building a tree.
///
/// An array or map only tells how many values follow; each of them takes at least a byte, so a count beyond what is left
/// is refused before anybody reserves room for it.
struct MessagePackScan {
    enum Value: Equatable {
        case null
        case bool(Bool)
        /// Zero and above, exact to 64 bits.
        case unsigned(UInt64)
        /// Below zero.
        case negative(Int64)
        case real(Double)
        /// Where the UTF-8 bytes are; not checked yet (`text`).
        case text(Range<Int>)
        case bytes(Range<Int>)
        /// So many values follow.
        case array(Int)
        /// So many keys with their values follow.
        case map(Int)
        case other(type: Int8, Range<Int>)
    }

    /// Deeper than this nothing is skipped.
    static let depthLimit = 32

    private(set) var offset: Int

    init(at offset: Int = 0) { self.offset = offset }

    mutating func next(_ bytes: Span<UInt8>) throws(MessagePackError) -> Value {
        let start = offset
        guard offset < bytes.count else { throw MessagePackError(reason: .cutOff, offset: start) }
        let first = bytes[offset]
        offset += 1
        do throws(MessagePackError) {
            return try value(first, bytes)
        } catch {
            offset = start
            throw MessagePackError(reason: error.reason, offset: start)
        }
    }

    private mutating func value(_ first: UInt8, _ bytes: Span<UInt8>) throws(MessagePackError) -> Value {
        switch first {
        case 0x00...0x7f: return .unsigned(UInt64(first))
        case 0x80...0x8f: return .map(try count(Int(first & 0x0f), each: 2, bytes))
        case 0x90...0x9f: return .array(try count(Int(first & 0x0f), each: 1, bytes))
        case 0xa0...0xbf: return .text(try take(Int(first & 0x1f), bytes))
        case 0xc0: return .null
        case 0xc2: return .bool(false)
        case 0xc3: return .bool(true)
        case 0xc4, 0xc5, 0xc6: return .bytes(try take(length(first - 0xc4, bytes), bytes))
        case 0xca: return .real(Double(Float(bitPattern: UInt32(try number(4, bytes)))))
        case 0xcb: return .real(Double(bitPattern: try number(8, bytes)))
        case 0xcc, 0xcd, 0xce, 0xcf: return .unsigned(try number(1 << Int(first - 0xcc), bytes))
        case 0xd0, 0xd1, 0xd2, 0xd3: return try signed(1 << Int(first - 0xd0), bytes)
        case 0xd9, 0xda, 0xdb: return .text(try take(length(first - 0xd9, bytes), bytes))
        case 0xdc, 0xdd: return .array(try count(length(first - 0xdb, bytes), each: 1, bytes))
        case 0xde, 0xdf: return .map(try count(length(first - 0xdd, bytes), each: 2, bytes))
        case 0xe0...0xff: return .negative(Int64(Int8(bitPattern: first)))
        case 0xc1: throw MessagePackError(reason: .unused, offset: offset)
        default: return try typed(first, bytes)
        }
    }

    /// An application's own type: one byte that says which, then its bytes.
    private mutating func typed(_ first: UInt8, _ bytes: Span<UInt8>) throws(MessagePackError) -> Value {
        // 0xc7...0xc9 tell their length, 0xd4...0xd8 have 1, 2, 4, 8, 16 bytes.
        let count = first <= 0xc9 ? try length(first - 0xc7, bytes) : 1 << Int(first - 0xd4)
        let type = Int8(bitPattern: UInt8(try number(1, bytes)))
        return .other(type: type, try take(count, bytes))
    }

    /// A length of 1, 2 or 4 bytes.
    private mutating func length(_ size: UInt8, _ bytes: Span<UInt8>) throws(MessagePackError) -> Int {
        Int(try number(1 << Int(size), bytes))
    }

    private mutating func signed(_ size: Int, _ bytes: Span<UInt8>) throws(MessagePackError) -> Value {
        let unused = 64 - 8 * size
        let value = Int64(bitPattern: try number(size, bytes) << UInt64(unused)) >> Int64(unused)
        return value < 0 ? .negative(value) : .unsigned(UInt64(value))
    }

    /// Big-endian.
    private mutating func number(_ size: Int, _ bytes: Span<UInt8>) throws(MessagePackError) -> UInt64 {
        let range = try take(size, bytes)
        var value: UInt64 = 0
        for index in range { value = value << 8 | UInt64(bytes[index]) }
        return value
    }

    private mutating func take(_ count: Int, _ bytes: Span<UInt8>) throws(MessagePackError) -> Range<Int> {
        guard count <= bytes.count - offset else { throw MessagePackError(reason: .cutOff, offset: offset) }
        offset += count
        return (offset - count)..<offset
    }

    private func count(_ count: Int, each: Int, _ bytes: Span<UInt8>) throws(MessagePackError) -> Int {
        guard count * each <= bytes.count - offset else {
            throw MessagePackError(reason: .tooMany, offset: offset)
        }
        return count
    }

    /// Passes over one whole value.
    mutating func skip(_ bytes: Span<UInt8>) throws(MessagePackError) { try skip(bytes, depth: 0) }

    private mutating func skip(_ bytes: Span<UInt8>, depth: Int) throws(MessagePackError) {
        guard depth < Self.depthLimit else { throw MessagePackError(reason: .tooDeep, offset: offset) }
        let count =
            switch try next(bytes) {
            case .array(let count): count
            case .map(let count): 2 * count
            default: 0
            }
        for _ in 0..<count { try skip(bytes, depth: depth + 1) }
    }

    /// The text of a range that `next` told.
    static func text(_ range: Range<Int>, _ bytes: Span<UInt8>) throws(MessagePackError) -> String {
        var copy: [UInt8] = []
        copy.reserveCapacity(range.count)
        for index in range { copy.append(bytes[index]) }
        guard let text = String(validating: copy, as: UTF8.self) else {
            throw MessagePackError(reason: .notText, offset: range.lowerBound)
        }
        return text
    }

    /// Whether a range has just these bytes.
    static func equals(_ range: Range<Int>, _ text: String, _ bytes: Span<UInt8>) -> Bool {
        let wanted = text.utf8
        guard range.count == wanted.count else { return false }
        for (index, byte) in zip(range, wanted) where bytes[index] != byte { return false }
        return true
    }
}
