/// Recursive descent over a JSON5 text that notes an error and goes on behind it.
///
/// Progress is certain: every turn of every loop moves the cursor, which only moves forward; nesting is bounded.
struct JSON5Parser {
    var cursor: JSON5Cursor
    private(set) var errors: [JSON5Error] = []
    /// The opening brackets around the cursor.
    private var open: [Unicode.Scalar] = []
    /// A broken string took the rest of its line, so that a comma missing after it is no error of its own.
    var commaMayBeLost = false

    init(_ scalars: [Unicode.Scalar]) { cursor = JSON5Cursor(scalars) }

    /// Notes an error; the last one allowed ends the reading.
    mutating func fail(at position: SourcePosition, _ message: String, remedy: String) {
        guard errors.count < JSON5.maxErrors else { return }
        errors.append(JSON5Error(at: position, message, remedy: remedy))
        if errors.count == JSON5.maxErrors { cursor.moveToEnd() }
    }

    mutating func parseDocument() -> JSON5Value {
        skipSpace()
        guard !cursor.isAtEnd else {
            fail(at: cursor.position, "the text is empty", remedy: "write a value, {} at least")
            return JSON5Value(.invalid, at: cursor.position)
        }
        let value = parseValue()
        skipSpace()
        if !cursor.isAtEnd, value.kind != .invalid || errors.isEmpty {
            fail(
                at: cursor.position, "text after the end of the value",
                remedy: "remove it, or a closing bracket too many before it")
        }
        return value
    }

    private mutating func parseValue() -> JSON5Value {
        let start = cursor.position
        guard let scalar = cursor.peek() else {
            fail(at: start, "the text ends where a value is expected", remedy: "write the value")
            return JSON5Value(.invalid, at: start)
        }
        switch scalar {
        case "{", "[": return parseContainer(scalar)
        case "\"", "'":
            let text = parseString()
            return JSON5Value(text.map { .string($0) } ?? .invalid, at: start)
        case "0"..."9", "+", "-", ".": return JSON5Value(parseNumber(), at: start)
        case _ where scalar.isJSON5NameStart: return JSON5Value(parseWord(), at: start)
        default:
            fail(at: start, "\(shown(scalar)) where a value is expected", remedy: "write a value")
            return JSON5Value(.invalid, at: start)
        }
    }

    private mutating func parseContainer(_ bracket: Unicode.Scalar) -> JSON5Value {
        let start = cursor.position
        guard open.count < JSON5.maxDepth else {
            fail(
                at: start, "more than \(JSON5.maxDepth) brackets inside each other",
                remedy: "nest less deeply")
            skipBalanced()
            return JSON5Value(.invalid, at: start)
        }
        open.append(bracket)
        defer { open.removeLast() }
        cursor.advance()
        return JSON5Value(bracket == "{" ? parseMembers(from: start) : parseElements(from: start), at: start)
    }

    /// The inside of an object, behind its opening bracket.
    private mutating func parseMembers(from start: SourcePosition) -> JSON5Value.Kind {
        var members: [JSON5Member] = []
        var places: [String: SourcePosition] = [:]
        while !isClosed(by: "}", from: start) {
            let place = cursor.position
            guard let key = parseKey(), takeColon(after: key) else {
                recover()
                continue
            }
            let value = parseValue()
            if let first = places[key] {
                fail(
                    at: place, "the key \(quoted(key)) stands already at \(first)",
                    remedy: "remove one of the two")
            } else {
                places[key] = place
                members.append(JSON5Member(key: key, at: place, value: value))
            }
            endItem(value)
        }
        return .object(members)
    }

    /// The inside of an array, behind its opening bracket.
    private mutating func parseElements(from start: SourcePosition) -> JSON5Value.Kind {
        var elements: [JSON5Value] = []
        while !isClosed(by: "]", from: start) {
            let value = parseValue()
            elements.append(value)
            endItem(value)
        }
        return .array(elements)
    }

    /// Moves to the next item; true when there is none because the container ended, rightly or wrongly.
    private mutating func isClosed(by bracket: Unicode.Scalar, from start: SourcePosition) -> Bool {
        while true {
            skipSpace()
            let kind = bracket == "}" ? "object" : "array"
            let remedy = "write \(bracket) where the \(kind) that begins at \(start) ends"
            switch cursor.peek() {
            case bracket:
                cursor.advance()
                return true
            case nil:
                fail(at: start, "this \(kind) has no end", remedy: "write \(bracket) where it ends")
                return true
            case "}", "]":
                fail(at: cursor.position, "a bracket that closes nothing", remedy: remedy)
                // It may close what is further out; then this container ends here.
                if open.dropLast().contains(bracket == "}" ? "[" : "{") { return true }
                cursor.advance()
            case ",":
                fail(at: cursor.position, "a comma with nothing before it", remedy: "remove it")
                cursor.advance()
            default: return false
            }
        }
    }

    /// Moves over the comma after an item, or behind what could not be read.
    private mutating func endItem(_ value: JSON5Value) {
        if value.kind == .invalid {
            recover()
            return
        }
        let end = cursor.position
        skipSpace()
        switch cursor.peek() {
        case ",": cursor.advance()
        case "}", "]", nil: break
        default:
            if !commaMayBeLost { fail(at: end, "no comma after this value", remedy: "write a comma here") }
        }
        commaMayBeLost = false
    }

    private mutating func parseKey() -> String? {
        let start = cursor.position
        switch cursor.peek() {
        case "\"", "'": return parseString()
        case let scalar? where scalar.isJSON5NameStart || scalar == "\\": return parseName()
        case let scalar?:
            fail(
                at: start, "\(shown(scalar)) where a key is expected",
                remedy: "write key: value; a key that is no plain word stands in quotes")
            return nil
        case nil: return nil
        }
    }

    private mutating func takeColon(after key: String) -> Bool {
        skipSpace()
        let place = cursor.position
        if cursor.take(":") {
            skipSpace()
            return true
        }
        fail(at: place, "no colon after the key \(quoted(key))", remedy: "write \(key): value")
        guard cursor.take("=") else { return false }
        skipSpace()
        return true
    }
}

// Getting over what is wrong.
extension JSON5Parser {
    /// Moves behind the next comma of this container, or to its closing bracket. A broken string ends with its line.
    private mutating func recover() {
        if commaMayBeLost {
            commaMayBeLost = false
            return
        }
        while let scalar = cursor.peek() {
            switch scalar {
            case ",":
                cursor.advance()
                return
            case "}", "]": return
            default: skipOne(scalar)
            }
        }
    }

    /// Moves behind the bracket that closes the one at the cursor.
    private mutating func skipBalanced() {
        var depth = 0
        while let scalar = cursor.peek() {
            switch scalar {
            case "{", "[":
                depth += 1
                cursor.advance()
            case "}", "]":
                depth -= 1
                cursor.advance()
                if depth == 0 { return }
            default: skipOne(scalar)
            }
        }
    }

    /// Moves over a scalar, or over the whole comment, string or container that begins with it.
    private mutating func skipOne(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "{", "[": skipBalanced()
        case "/" where cursor.peek(1) == "/" || cursor.peek(1) == "*": skipSpace()
        case "\"", "'": skipQuoted(scalar)
        default: cursor.advance()
        }
    }

    private mutating func skipQuoted(_ quote: Unicode.Scalar) {
        cursor.advance()
        while let scalar = cursor.peek(), scalar != "\n", scalar != "\r" {
            cursor.advance()
            if scalar == quote { return }
            if scalar == "\\" { cursor.advance() }
        }
    }

    /// Moves over white space and comments.
    mutating func skipSpace() {
        while let scalar = cursor.peek() {
            if scalar.isJSON5Space {
                cursor.advance()
            } else if scalar == "/", cursor.peek(1) == "/" {
                while let next = cursor.peek(), next != "\n", next != "\r" { cursor.advance() }
            } else if scalar == "/", cursor.peek(1) == "*" {
                skipBlockComment()
            } else {
                return
            }
        }
    }

    private mutating func skipBlockComment() {
        let start = cursor.position
        cursor.advance(by: 2)
        while let scalar = cursor.advance() {
            if scalar == "*", cursor.take("/") { return }
        }
        fail(at: start, "this comment has no end", remedy: "write */ where it ends")
    }
}
