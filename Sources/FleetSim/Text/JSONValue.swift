/// A JSON text as a tree (RFC 8259), read strictly and with the place of a mistake.
package enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([Member])

    package struct Member: Sendable, Equatable {
        package let key: String
        package let value: JSONValue
    }

    /// The text is no JSON at this byte.
    package struct Problem: Error, Sendable, Equatable {
        package let offset: Int
        package let expected: String
    }

    /// Reads a whole text.
    package static func parse(_ bytes: [UInt8]) throws(Problem) -> JSONValue {
        var reader = JSONTextReader(bytes: bytes)
        return try reader.whole()
    }

    /// The value of an object's key; nil for other kinds and absent keys. Of repeated keys the last one counts.
    package subscript(_ key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.key == key }?.value
    }

    package subscript(_ index: Int) -> JSONValue? {
        guard case .array(let items) = self, items.indices.contains(index) else { return nil }
        return items[index]
    }

    package var string: String? { if case .string(let text) = self { text } else { nil } }
    package var number: Double? { if case .number(let value) = self { value } else { nil } }
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var array: [JSONValue]? { if case .array(let items) = self { items } else { nil } }
    package var isNull: Bool { self == .null }

    /// A number without a fraction that fits.
    package var integer: Int? { number.flatMap { Int(exactly: $0) } }

    /// A string in quotes, escaped as RFC 8259 demands.
    package static func quoted(_ text: String) -> String {
        var result = "\""
        result.reserveCapacity(text.utf8.count + 2)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
