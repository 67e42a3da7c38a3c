/// A piece of code with a body of its own.
struct SwiftFunction: Equatable {
    /// What its declaration begins with: "func decode", "init", "var count".
    var name: String
    /// Of the signature, from 1.
    var line: Int
    /// From the signature to the closing brace.
    var length: Int
}

extension SwiftText {
    /// Functions, initialisers, subscripts, accessors and closures that are the value of a variable.
    var functions: [SwiftFunction] {
        var found: [SwiftFunction] = []
        var line = 1
        var index = 0
        while index < code.count {
            if let keyword = declaration(at: index),
                let body = body(after: index + keyword.utf8.count, keyword)
            {
                let length = code[index...body.end].count { $0 == 0x0A } + 1
                found.append(SwiftFunction(name: name(at: index, keyword), line: line, length: length))
            }
            if code[index] == 0x0A { line += 1 }
            index += 1
        }
        return found
    }

    private static let keywords = ["func", "init", "deinit", "subscript", "var", "let"]

    private func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), 0x80...: true
        default: false
        }
    }

    /// The declaration keyword that stands here as a whole word and is no member, as in `.init(`.
    private func declaration(at index: Int) -> String? {
        if index > 0, isWordByte(code[index - 1]) || code[index - 1] == UInt8(ascii: ".") { return nil }
        return Self.keywords.first { keyword in
            let end = index + keyword.utf8.count
            return code[index...].starts(with: keyword.utf8) && (end == code.count || !isWordByte(code[end]))
        }
    }

    private func name(at index: Int, _ keyword: String) -> String {
        let rest = uncommented[(index + keyword.utf8.count)...].drop { $0 == 0x20 }
        let isInBackticks = rest.first == UInt8(ascii: "`")
        let name = rest.dropFirst(isInBackticks ? 1 : 0)
            .prefix { isInBackticks ? $0 != UInt8(ascii: "`") && $0 != 0x0A : isWordByte($0) }
        return name.isEmpty ? keyword : "\(keyword) \(String(decoding: name, as: UTF8.self))"
    }

    /// The braces that belong to the declaration; nil when it has none, as in a protocol.
    private func body(after start: Int, _ keyword: String) -> (start: Int, end: Int)? {
        let isVariable = keyword == "var" || keyword == "let"
        var depth = 0
        var index = start
        while index < code.count {
            switch code[index] {
            case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"):
                depth -= 1
                if depth < 0 { return nil }
            case UInt8(ascii: "{") where depth == 0: return closing(of: index).map { (index, $0) }
            case UInt8(ascii: "}") where depth == 0, UInt8(ascii: ";") where depth == 0: return nil
            case 0x0A where depth == 0 && isVariable && endsStatement(at: index): return nil
            default: if depth == 0, index > start, declaration(at: index) != nil { return nil }
            }
            index += 1
        }
        return nil
    }

    /// A line's end ends a variable's declaration unless an operator stands before or after it.
    private func endsStatement(at index: Int) -> Bool {
        let before = code[..<index].last { $0 != 0x20 } ?? 0
        let after = code[(index + 1)...].first { $0 != 0x20 && $0 != 0x0A } ?? 0
        return !Array("=,:<&|+-?>".utf8).contains(before) && !Array(".?:{&|+-=".utf8).contains(after)
    }

    private func closing(of open: Int) -> Int? {
        var depth = 0
        for index in open..<code.count {
            if code[index] == UInt8(ascii: "{") { depth += 1 }
            if code[index] == UInt8(ascii: "}") { depth -= 1 }
            if depth == 0 { return index }
        }
        return nil
    }
}
