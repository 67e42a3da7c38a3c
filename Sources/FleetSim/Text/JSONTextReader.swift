/// Reads JSON text by recursive descent, at most 64 levels deep.
struct JSONTextReader {
    let bytes: [UInt8]
    private var offset = 0
    private var depth = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func whole() throws(JSONValue.Problem) -> JSONValue {
        let value = try value()
        skipSpace()
        guard offset == bytes.count else { throw problem("the end of the text") }
        return value
    }

    private func problem(_ expected: String) -> JSONValue.Problem {
        JSONValue.Problem(offset: offset, expected: expected)
    }

    private mutating func skipSpace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x09, 0x0A, 0x0D: offset += 1
            default: return
            }
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard offset < bytes.count, bytes[offset] == byte else { return false }
        offset += 1
        return true
    }

    private mutating func value() throws(JSONValue.Problem) -> JSONValue {
        skipSpace()
        guard offset < bytes.count, depth < 64 else { throw problem("a value") }
        depth += 1
        defer { depth -= 1 }
        switch bytes[offset] {
        case 0x7B: return try object()
        case 0x5B: return try array()
        case 0x22: return .string(try text())
        case 0x74: return try word("true", .bool(true))
        case 0x66: return try word("false", .bool(false))
        case 0x6E: return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(JSONValue.Problem) -> JSONValue {
        guard bytes[offset...].starts(with: word.utf8) else { throw problem("a value") }
        offset += word.utf8.count
        return value
    }

    private mutating func object() throws(JSONValue.Problem) -> JSONValue {
        offset += 1
        var members: [JSONValue.Member] = []
        skipSpace()
        if take(0x7D) { return .object(members) }
        while true {
            skipSpace()
            guard offset < bytes.count, bytes[offset] == 0x22 else { throw problem("a key in quotes") }
            let key = try text()
            skipSpace()
            guard take(0x3A) else { throw problem("a colon") }
            members.append(JSONValue.Member(key: key, value: try value()))
            skipSpace()
            if take(0x7D) { return .object(members) }
            guard take(0x2C) else { throw problem("a comma or a closing brace") }
        }
    }

    private mutating func array() throws(JSONValue.Problem) -> JSONValue {
        offset += 1
        var items: [JSONValue] = []
        skipSpace()
        if take(0x5D) { return .array(items) }
        while true {
            items.append(try value())
            skipSpace()
            if take(0x5D) { return .array(items) }
            guard take(0x2C) else { throw problem("a comma or a closing bracket") }
        }
    }

    private mutating func number() throws(JSONValue.Problem) -> Double {
        if let whole = shortInteger() { return Double(whole) }
        let start = offset
        _ = take(0x2D)
        if !take(0x30) { try digits() }
        if take(0x2E) { try digits() }
        if take(0x65) || take(0x45) {
            if !take(0x2B) { _ = take(0x2D) }
            try digits()
        }
        return Double(String(decoding: bytes[start..<offset], as: UTF8.self)) ?? .nan
    }

    /// At most 15 digits without sign, fraction or exponent, which is most of what traces have; nil: something else.
    private mutating func shortInteger() -> Int? {
        var end = offset
        var value = 0
        while end < bytes.count, end - offset <= 15, (0x30...0x39).contains(bytes[end]) {
            value = value * 10 + Int(bytes[end] - 0x30)
            end += 1
        }
        let count = end - offset
        guard count > 0, count <= 15, count == 1 || bytes[offset] != 0x30 else { return nil }
        if end < bytes.count, [0x2E, 0x45, 0x65].contains(bytes[end]) { return nil }
        offset = end
        return value
    }

    private mutating func digits() throws(JSONValue.Problem) {
        let start = offset
        while offset < bytes.count, (0x30...0x39).contains(bytes[offset]) { offset += 1 }
        if offset == start { throw problem("a value") }
    }

    private mutating func text() throws(JSONValue.Problem) -> String {
        offset += 1
        let start = offset
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x22:
                offset += 1
                return try utf8(Array(bytes[start..<(offset - 1)]))
            case 0x5C: return try escapedText(from: start)
            case 0..<0x20: throw problem("an escaped control character")
            default: offset += 1
            }
        }
        throw problem("a closing quote")
    }

    private mutating func escapedText(from start: Int) throws(JSONValue.Problem) -> String {
        var unescaped = Array(bytes[start..<offset])
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            switch byte {
            case 0x22: return try utf8(unescaped)
            case 0x5C: unescaped.append(contentsOf: try escape())
            case 0..<0x20: throw problem("an escaped control character")
            default: unescaped.append(byte)
            }
        }
        throw problem("a closing quote")
    }

    private func utf8(_ raw: [UInt8]) throws(JSONValue.Problem) -> String {
        guard let text = String(validating: raw, as: UTF8.self) else { throw problem("UTF-8") }
        return text
    }

    private mutating func escape() throws(JSONValue.Problem) -> [UInt8] {
        guard offset < bytes.count else { throw problem("an escape") }
        let letter = bytes[offset]
        offset += 1
        switch letter {
        case 0x22, 0x5C, 0x2F: return [letter]
        case 0x62: return [0x08]
        case 0x66: return [0x0C]
        case 0x6E: return [0x0A]
        case 0x72: return [0x0D]
        case 0x74: return [0x09]
        case 0x75: return try unicodeEscape()
        default: throw problem("an escape")
        }
    }

    private mutating func unicodeEscape() throws(JSONValue.Problem) -> [UInt8] {
        var units = [try hexadecimal()]
        if (0xD800..<0xDC00).contains(units[0]), take(0x5C), take(0x75) { units.append(try hexadecimal()) }
        return Array(String(decoding: units, as: UTF16.self).utf8)
    }

    private mutating func hexadecimal() throws(JSONValue.Problem) -> UInt16 {
        guard offset + 4 <= bytes.count,
            let unit = UInt16(String(decoding: bytes[offset..<(offset + 4)], as: UTF8.self), radix: 16)
        else { throw problem("four hexadecimal digits") }
        offset += 4
        return unit
    }
}
