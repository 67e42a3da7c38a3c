/// Why bytes are not what they should be.
package struct MalformedBytes: Error, Sendable, Equatable, CustomStringConvertible {
    /// Where in the bytes, from 0.
    package var offset: Int
    package var message: String

    package var description: String { "byte \(offset): \(message)" }
}

/// Reads what `ByteWriter` wrote out of bytes that anybody may have sent: every length is checked before it is used.
struct ByteReader {
    private let bytes: [UInt8]
    private(set) var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var remaining: Int { bytes.count - offset }

    func failure(_ message: String) -> MalformedBytes { MalformedBytes(offset: offset, message: message) }

    mutating func byte() throws(MalformedBytes) -> UInt8 {
        guard offset < bytes.count else { throw failure("the bytes end too early") }
        offset += 1
        return bytes[offset - 1]
    }

    mutating func number() throws(MalformedBytes) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 63, by: 7) {
            let next = try byte()
            let bits = UInt64(next & 0x7F)
            guard shift < 63 || bits <= 1 else { break }
            value |= bits << shift
            if next < 0x80 { return value }
        }
        throw failure("a number of more than 64 bits")
    }

    /// A number that counts something of which there can't be more than `limit`.
    mutating func count(upTo limit: Int) throws(MalformedBytes) -> Int {
        let value = try number()
        guard limit >= 0, value <= UInt64(limit) else {
            throw failure("a count of \(value), \(limit) at most")
        }
        return Int(value)
    }

    mutating func whole() throws(MalformedBytes) -> Int {
        let value = try number()
        return Int(bitPattern: UInt(value >> 1)) ^ -Int(value & 1)
    }

    /// A number that fits a narrower type.
    mutating func narrow<T: FixedWidthInteger>(_ type: T.Type) throws(MalformedBytes) -> T {
        let value = try number()
        guard let narrow = T(exactly: value) else { throw failure("\(value) where \(T.max) is the most") }
        return narrow
    }

    mutating func double() throws(MalformedBytes) -> Double {
        let kept = try byte()
        guard kept <= 8 else { throw failure("a number of \(kept) bytes") }
        var bits: UInt64 = 0
        for index in 0..<UInt64(kept) { bits |= UInt64(try byte()) << (56 - 8 * index) }
        return Double(bitPattern: bits)
    }

    mutating func raw(_ count: Int) throws(MalformedBytes) -> ArraySlice<UInt8> {
        guard count >= 0, count <= remaining else {
            throw failure("\(count) bytes wanted, \(remaining) left")
        }
        offset += count
        return bytes[(offset - count)..<offset]
    }

    mutating func text() throws(MalformedBytes) -> String {
        let utf8 = try raw(try count(upTo: remaining))
        guard let text = String(validating: utf8, as: UTF8.self) else {
            throw failure("text that is not UTF-8")
        }
        return text
    }

    mutating func bool() throws(MalformedBytes) -> Bool {
        switch try byte() {
        case 0: return false
        case 1: return true
        case let other: throw failure("\(other) where 0 or 1 belongs")
        }
    }

    mutating func fixedCount() throws(MalformedBytes) -> Int {
        let low = try byte()
        return Int(low) | Int(try byte()) << 8
    }
}
