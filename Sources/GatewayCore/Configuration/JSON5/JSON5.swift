/// Reads JSON5 (json5.org, version 1.0.0) and keeps the place of every key and value.
///
/// Our own, because an operator needs every mistake of a file in one run, each with line and column, and because a
/// key that stands twice must be an error. It never fails as a whole: what can't be read becomes `.invalid` and an error.
package enum JSON5 {
    /// Longer texts are refused.
    package static let maxBytes = 8 * 1024 * 1024
    /// Objects and arrays inside each other.
    package static let maxDepth = 64
    /// Reading stops after so many errors.
    package static let maxErrors = 50

    /// What a text said. The value is complete when there are no errors.
    package struct Document: Sendable, Equatable {
        package var value: JSON5Value
        /// In the order of the text.
        package var errors: [JSON5Error]
    }

    package static func parse(_ bytes: [UInt8]) -> Document {
        let start = SourcePosition(line: 1, column: 1)
        guard bytes.count <= maxBytes else {
            let error = JSON5Error(
                at: start, "the text has \(bytes.count) bytes, more than \(maxBytes)",
                remedy: "make it shorter")
            return Document(value: JSON5Value(.invalid, at: start), errors: [error])
        }
        let (scalars, encodingError) = decode(bytes)
        if let encodingError {
            return Document(value: JSON5Value(.invalid, at: start), errors: [encodingError])
        }
        var parser = JSON5Parser(scalars)
        let value = parser.parseDocument()
        return Document(value: value, errors: parser.errors.sorted { $0.position < $1.position })
    }

    /// UTF-8 to scalars; a byte order mark at the start is dropped, so that columns are the editor's.
    private static func decode(_ bytes: [UInt8]) -> ([Unicode.Scalar], JSON5Error?) {
        var scalars: [Unicode.Scalar] = []
        scalars.reserveCapacity(bytes.count)
        var iterator = bytes.makeIterator()
        var decoder = UTF8()
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue("\u{FEFF}") where scalars.isEmpty: continue
            case .scalarValue(let scalar): scalars.append(scalar)
            case .emptyInput: return (scalars, nil)
            case .error:
                var cursor = JSON5Cursor(scalars)
                cursor.moveToEnd()
                return (
                    scalars,
                    JSON5Error(
                        at: cursor.position, "a byte that is not UTF-8", remedy: "save the file as UTF-8")
                )
            }
        }
    }
}
