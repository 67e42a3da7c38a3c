import Testing

@testable import Collectors

/// Reads a whole value for people.
private func tree(_ bytes: [UInt8]) throws -> String {
    var scan = MessagePackScan()
    let text = try tree(bytes, &scan)
    return scan.offset == bytes.count ? text : text + " and \(bytes.count - scan.offset) bytes"
}

private func tree(_ bytes: [UInt8], _ scan: inout MessagePackScan) throws -> String {
    switch try scan.next(bytes.span) {
    case .null: return "null"
    case .bool(let value): return "\(value)"
    case .unsigned(let value): return "\(value)"
    case .negative(let value): return "\(value)"
    case .real(let value): return "\(value)"
    case .text(let range): return "'\(try MessagePackScan.text(range, bytes.span))'"
    case .bytes(let range): return "bytes(\(bytes[range].map { "\($0)" }.joined(separator: " ")))"
    case .array(let count):
        return "[" + (try (0..<count).map { _ in try tree(bytes, &scan) }).joined(separator: ", ") + "]"
    case .map(let count):
        let pairs = try (0..<count).map { _ in
            let key = try tree(bytes, &scan)
            return "\(key): \(try tree(bytes, &scan))"
        }
        return "{" + pairs.joined(separator: ", ") + "}"
    case .other(let type, let range): return "other \(type) of \(range.count)"
    }
}

private func refusal(_ bytes: [UInt8]) -> MessagePackError? {
    do {
        _ = try tree(bytes)
        return nil
    } catch { return error as? MessagePackError }
}

struct MessagePackTests {
    @Test func `every kind of value of the specification is read`() throws {
        #expect(try tree([0x93, 0x00, 0x7f, 0xe0]) == "[0, 127, -32]")
        #expect(try tree([0xcc, 0xff]) == "255")
        #expect(try tree([0xcd, 0x01, 0x00]) == "256")
        #expect(try tree([0xce, 0xff, 0xff, 0xff, 0xff]) == "4294967295")
        #expect(try tree([0xd0, 0x80]) == "-128")
        #expect(try tree([0xd1, 0xff, 0x00]) == "-256")
        #expect(try tree([0xd2, 0x80, 0, 0, 0]) == "-2147483648")
        #expect(try tree([0xd0, 0x05]) == "5")
        #expect(try tree([0xca, 0x3f, 0x80, 0, 0]) == "1.0")
        #expect(try tree([0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0]) == "1.5")
        #expect(try tree([0xa2, 0x68, 0x69]) == "'hi'")
        #expect(try tree([0xd9, 0x02, 0x68, 0x69]) == "'hi'")
        #expect(try tree([0xc5, 0x00, 0x01, 0x09]) == "bytes(9)")
        #expect(try tree([0x82, 0xa1, 0x61, 0xc0, 0xa1, 0x62, 0xc3]) == "{'a': null, 'b': true}")
        #expect(try tree([0xdc, 0x00, 0x01, 0xc2]) == "[false]")
        #expect(try tree([0xde, 0x00, 0x01, 0x01, 0x02]) == "{1: 2}")
        #expect(try tree([0xd5, 0x01, 0, 0]) == "other 1 of 2")
        #expect(try tree([0xc7, 0x03, 0xff, 0, 0, 0]) == "other -1 of 3")
    }

    @Test func `64-bit numbers are exact at both ends`() throws {
        #expect(try tree([0xcf] + Array(repeating: 0xff, count: 8)) == "\(UInt64.max)")
        #expect(try tree([0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0]) == "\(Int64.min)")
        #expect(try tree([0xcf, 0, 0x20, 0, 0, 0, 0, 0, 1]) == "9007199254740993")
    }

    @Test func `errors name the byte`() {
        #expect(refusal([]) == MessagePackError(reason: .cutOff, offset: 0))
        #expect(refusal([0x92, 0x01]) == MessagePackError(reason: .tooMany, offset: 0))
        #expect(refusal([0x91, 0xcf, 0x01]) == MessagePackError(reason: .cutOff, offset: 1))
        #expect(refusal([0x91, 0xc1]) == MessagePackError(reason: .unused, offset: 1))
        #expect(refusal([0xa2, 0xc3, 0x28]) == MessagePackError(reason: .notText, offset: 1))
        #expect(refusal([0xdd, 0xff, 0xff, 0xff, 0xff]) == MessagePackError(reason: .tooMany, offset: 0))
        #expect(refusal([0xc6, 0xff, 0xff, 0xff, 0xff, 0]) == MessagePackError(reason: .cutOff, offset: 0))
    }

    @Test func `values that lie too deep are refused before the stack ends`() {
        let deep = Array(repeating: UInt8(0x91), count: 100_000) + [0xc0]
        var scan = MessagePackScan()
        #expect(throws: MessagePackError(reason: .tooDeep, offset: MessagePackScan.depthLimit)) {
            try scan.skip(deep.span)
        }
    }
}
