/// A place in a text: both count from 1; columns count Unicode scalars.
package struct SourcePosition: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package static func < (one: SourcePosition, other: SourcePosition) -> Bool {
        (one.line, one.column) < (other.line, other.column)
    }

    package var description: String { "\(line):\(column)" }
}

/// A value of a JSON5 text with the place where it begins.
package struct JSON5Value: Sendable, Equatable {
    package indirect enum Kind: Sendable, Equatable {
        case null
        case bool(Bool)
        /// Any number, hexadecimal ones, infinities and NaN included.
        case number(Double)
        case string(String)
        case array([JSON5Value])
        /// In the order of the text; a key stands once.
        case object([JSON5Member])
        /// The text is wrong here and an error says so; readers pass over it.
        case invalid
    }

    package var kind: Kind
    package var position: SourcePosition

    package init(_ kind: Kind, at position: SourcePosition) {
        self.kind = kind
        self.position = position
    }

    /// The kind in words, for messages: "a number".
    package var kindName: String {
        switch kind {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        case .invalid: "something unreadable"
        }
    }

    /// The value under a key; nil when there is none or this is no object.
    package subscript(key: String) -> JSON5Value? {
        guard case .object(let members) = kind else { return nil }
        return members.first { $0.key == key }?.value
    }
}

/// A key with its value and the place of the key.
package struct JSON5Member: Sendable, Equatable {
    package var key: String
    package var position: SourcePosition
    package var value: JSON5Value

    package init(key: String, at position: SourcePosition, value: JSON5Value) {
        self.key = key
        self.position = position
        self.value = value
    }
}

/// What is wrong with a JSON5 text, where, and what to do.
package struct JSON5Error: Error, Sendable, Equatable {
    package var position: SourcePosition
    package var message: String
    package var remedy: String

    package init(at position: SourcePosition, _ message: String, remedy: String) {
        self.position = position
        self.message = message
        self.remedy = remedy
    }
}
